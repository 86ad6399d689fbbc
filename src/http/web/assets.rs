use std::collections::HashMap;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use rust_embed::{Embed, EmbeddedFile};

/// Style, script and images of the web UI, inside the binary.
#[derive(Embed)]
#[folder = "web/assets/"]
struct Assets;

/// Addresses of the embedded files: the name with a part of the content's hash, so that
/// browsers may keep them for ever.
static ADDRESSES: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    Assets::iter()
        .filter_map(|name| {
            let file = Assets::get(&name)?;
            let hash: String = file.metadata.sha256_hash().iter().take(6).map(|b| format!("{b:02x}")).collect();
            let (stem, extension) = name.rsplit_once('.')?;
            Some((name.to_string(), format!("{stem}.{hash}.{extension}")))
        })
        .collect()
});

/// The address of an embedded file: `/static/app.3f2a9c11d0e7.css`.
pub(super) fn asset(name: &str) -> String {
    format!("/static/{}", ADDRESSES.get(name).map_or(name, String::as_str))
}

/// `GET /static/{name}`, with the hash in the name or without.
pub(super) async fn serve(Path(name): Path<String>) -> Response {
    let hashed = ADDRESSES.iter().find(|(_, address)| **address == name).map(|(plain, _)| plain.as_str());
    let Some(file) = Assets::get(hashed.unwrap_or(&name)) else {
        return (StatusCode::NOT_FOUND, "There is no such file.\n").into_response();
    };
    let keep = if hashed.is_some() { "public, max-age=31536000, immutable" } else { "no-cache" };
    let EmbeddedFile { data, .. } = file;
    let kind = mime_guess::from_path(hashed.unwrap_or(&name)).first_or_octet_stream();
    let kind = if kind.type_() == "text" { format!("{kind}; charset=utf-8") } else { kind.to_string() };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep.to_owned())], data).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What every page that is only read loads; the rest comes when somebody asks for it.
    #[test]
    fn style_and_script_of_a_page_that_is_only_read_stay_below_60_kb() {
        let read = ["app.css", "wiki.js", "tree.js"];
        let sizes = read.map(|name| Assets::get(name).unwrap().data.len());
        assert!(sizes.iter().sum::<usize>() < 60 << 10, "{read:?} have {sizes:?} bytes");
    }
}
