use std::fmt::Write as _;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::answer::ask;
use super::page_view::slug;
use super::request::{WebRequest, page_href};
use crate::http::dates;
use crate::http::state::AppState;
use crate::model::PagePath;
use crate::wiki::{self, ChangelogEntry, ChangelogQuery, PageQuery, SortBy};

/// Changes in a feed.
const CHANGES: usize = 50;
/// Pages in a sitemap: what its protocol allows in one file.
const SITEMAP: usize = 50_000;
/// Changed pages that an entry names.
const NAMED: usize = 20;

/// A wiki's changes, with what a feed needs to know beside them.
struct Changes {
    name: String,
    /// Without a slash at the end: `https://docs.wiki.example.org`.
    origin: String,
    entries: Vec<ChangelogEntry>,
}

async fn changes(state: &AppState, request: &WebRequest) -> Result<Changes, Response> {
    ask(state, request, |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        let query = ChangelogQuery { limit: CHANGES, ..ChangelogQuery::default() };
        Ok(Changes {
            name: access.name().to_string(),
            origin: origin(state, request),
            entries: wiki::changelog(&access, &query)?.entries,
        })
    })
    .await
}

/// The address of this host, which the tenant check has found to be ours.
pub(super) fn origin(state: &AppState, request: &WebRequest) -> String {
    let scheme = if state.config().https { "https" } else { "http" };
    let host = request.headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    format!("{scheme}://{host}")
}

/// `GET /-/feed.atom` (RFC 4287).
pub(super) async fn atom(State(state): State<AppState>, request: WebRequest) -> Response {
    let Changes { name, origin, entries } = match changes(&state, &request).await {
        Ok(changes) => changes,
        Err(refused) => return refused,
    };
    let mut xml =
        String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n");
    let updated = entries.first().map_or(0, |entry| entry.change.time);
    // Writing to a string cannot fail.
    let _always = write!(
        xml,
        "<title>Changes of {}</title>\n<id>{origin}/</id>\n<link href=\"{origin}/-/changelog\"/>\n\
         <link rel=\"self\" href=\"{origin}/-/feed.atom\"/>\n<updated>{}</updated>\n",
        escaped(&name),
        dates::date_time(updated, 0)
    );
    for entry in &entries {
        let _always = write!(
            xml,
            "<entry>\n<title>{}</title>\n<id>{origin}/-/commit/{revision}</id>\n\
             <link href=\"{origin}/-/commit/{revision}\"/>\n<updated>{}</updated>\n\
             <author><name>{}</name></author>\n<content type=\"text\">{}</content>\n</entry>\n",
            escaped(&title(entry)),
            dates::date_time(entry.change.time, 0),
            escaped(&entry.change.author),
            escaped(&what(entry)),
            revision = entry.change.revision,
        );
    }
    xml.push_str("</feed>\n");
    ([(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")], xml).into_response()
}

/// `GET /-/feed.rss` (RSS 2.0).
pub(super) async fn rss(State(state): State<AppState>, request: WebRequest) -> Response {
    let Changes { name, origin, entries } = match changes(&state, &request).await {
        Ok(changes) => changes,
        Err(refused) => return refused,
    };
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\"><channel>\n");
    let name = escaped(&name);
    let _always = write!(
        xml,
        "<title>Changes of {name}</title>\n<link>{origin}/-/changelog</link>\n<description>What changed in {name}</description>\n"
    );
    for entry in &entries {
        let _always = write!(
            xml,
            "<item>\n<title>{}</title>\n<link>{origin}/-/commit/{revision}</link>\n\
             <guid>{origin}/-/commit/{revision}</guid>\n<pubDate>{}</pubDate>\n<description>{}</description>\n</item>\n",
            escaped(&title(entry)),
            dates::rfc2822(entry.change.time),
            escaped(&format!("{}: {}", entry.change.author, what(entry))),
            revision = entry.change.revision,
        );
    }
    xml.push_str("</channel></rss>\n");
    ([(header::CONTENT_TYPE, "application/rss+xml; charset=utf-8")], xml).into_response()
}

fn title(entry: &ChangelogEntry) -> String {
    let first = entry.change.message.lines().next().unwrap_or_default().trim();
    if first.is_empty() { "No summary".to_owned() } else { first.to_owned() }
}

/// The pages and files that a commit changed.
fn what(entry: &ChangelogEntry) -> String {
    let names: Vec<&str> = entry.files.iter().take(NAMED).map(|file| file.path.as_str()).collect();
    let more = entry.files.len().saturating_sub(NAMED) + usize::from(entry.more_files);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names.join(", "))
}

/// `GET /sitemap.xml`: the pages of a public wiki, for search engines. A private one has none.
pub(super) async fn sitemap(State(state): State<AppState>, request: WebRequest) -> Response {
    let found = ask(&state, &request, |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        let query = PageQuery { sort: SortBy::Path, limit: Some(SITEMAP), ..PageQuery::default() };
        let pages = wiki::list_pages(&access, &query)?.pages;
        let rows: Vec<(PagePath, Option<i64>)> =
            pages.into_iter().map(|page| (page.path, page.updated.map(|(seconds, _)| seconds))).collect();
        Ok((origin(state, request), rows))
    });
    let (origin, pages) = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
    );
    for (path, updated) in &pages {
        let changed = updated.map(|at| format!("<lastmod>{}</lastmod>", dates::date(at, 0))).unwrap_or_default();
        let _always = writeln!(xml, "<url><loc>{origin}{}</loc>{changed}</url>", page_href(path));
    }
    xml.push_str("</urlset>\n");
    ([(header::CONTENT_TYPE, "application/xml; charset=utf-8")], xml).into_response()
}

/// `GET /robots.txt` (RFC 9309): pages of a public wiki may be indexed unless its owner says
/// otherwise; what is made of them need not.
pub(super) async fn robots(State(state): State<AppState>, request: WebRequest) -> Response {
    let found = ask(&state, &request, |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        Ok((access.public() && access.preferences().indexed, origin(state, request)))
    });
    let text = match found.await {
        Ok((true, origin)) => format!(
            "User-agent: *\nDisallow: /-/\nDisallow: /*/edit$\nDisallow: /*/history\nDisallow: /*/diff\n\
             Disallow: /*/blame\nDisallow: /*?revision=\nSitemap: {origin}/sitemap.xml\n"
        ),
        _ => "User-agent: *\nDisallow: /\n".to_owned(),
    };
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// A text in XML 1.0, without the characters that it cannot hold.
fn escaped(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => output.push_str("&amp;"),
            '<' => output.push_str("&lt;"),
            '>' => output.push_str("&gt;"),
            '"' => output.push_str("&quot;"),
            '\t' | '\n' => output.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => output.push(c),
        }
    }
    output
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_xml_cannot_hold_is_left_out() {
        assert_eq!(escaped("a<b> & \"c\"\u{0}\u{b}\u{ffff}d"), "a&lt;b&gt; &amp; &quot;c&quot;d");
    }
}
