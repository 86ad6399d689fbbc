use std::collections::HashMap;
use std::io::Read as _;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
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

/// `GET /static/{name}`, with the hash in the name or without. A file that is kept compressed
/// (`.gz`) is what is inside of it.
pub(super) async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let hashed = ADDRESSES.iter().find(|(_, address)| **address == name).map(|(plain, _)| plain.as_str());
    let Some(file) = Assets::get(hashed.unwrap_or(&name)) else {
        return (StatusCode::NOT_FOUND, "There is no such file.\n").into_response();
    };
    let keep = if hashed.is_some() { "public, max-age=31536000, immutable" } else { "no-cache" };
    let EmbeddedFile { data, .. } = file;
    let plain = hashed.unwrap_or(&name);
    let (plain, compressed) = plain.strip_suffix(".gz").map_or((plain, false), |inside| (inside, true));
    let kind = mime_guess::from_path(plain).first_or_octet_stream();
    let kind = if kind.type_() == "text" { format!("{kind}; charset=utf-8") } else { kind.to_string() };
    let answer = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep.to_owned())];
    if !compressed {
        return (answer, data).into_response();
    }
    let mut response = if takes_gzip(&headers) {
        ([(header::CONTENT_ENCODING, "gzip")], answer, data).into_response()
    } else {
        let mut inside = Vec::new();
        match flate2::read::GzDecoder::new(data.as_ref()).read_to_end(&mut inside) {
            Ok(_) => (answer, inside).into_response(),
            Err(_broken) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}

/// Whether an answer may be compressed with gzip (RFC 9110, section 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let listed = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    listed.flat_map(|list| list.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight.trim().strip_prefix("q=").and_then(|q| q.parse().ok()).is_some_and(|q: f32| q <= 0.0);
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_compressed_file_is_served_as_what_is_inside() {
        let name = ADDRESSES.get("diagram-drawing.js.gz").expect("web/build makes it");
        let mut headers = HeaderMap::new();
        let plain = serve(Path(name.clone()), headers.clone()).await;
        assert_eq!(plain.status(), StatusCode::OK);
        assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("br;q=1, gzip;q=0.5"));
        let short = serve(Path(name.clone()), headers.clone()).await;
        assert_eq!(short.headers()[header::CONTENT_ENCODING], "gzip");
        assert_eq!(short.headers()[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip;q=0"));
        assert!(!takes_gzip(&headers));
    }

    /// What every page that is only read loads; the rest comes when somebody asks for it.
    #[test]
    fn style_and_script_of_a_page_that_is_only_read_stay_below_60_kb() {
        let read = ["app.css", "wiki.js", "tree.js"];
        let sizes = read.map(|name| Assets::get(name).unwrap().data.len());
        assert!(sizes.iter().sum::<usize>() < 60 << 10, "{read:?} have {sizes:?} bytes");
    }
}
