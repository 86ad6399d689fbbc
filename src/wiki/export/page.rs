use std::fmt::Write as _;

use crate::model::display_name;

/// What every page of a static site says.
pub(super) struct SiteFrame<'a> {
    pub(super) wiki: &'a str,
    /// `20 November 2026`, and the revision.
    pub(super) exported: String,
}

/// One page of a static site. Addresses are relative to it, and encoded.
pub(super) struct SitePage<'a> {
    pub(super) title: &'a str,
    /// Shown above the text; none when the text opens with a heading of its own.
    pub(super) heading: Option<&'a str>,
    pub(super) style_href: String,
    pub(super) home_href: String,
    pub(super) all_href: String,
    /// Name and address of the pages above; no address where there is only a folder.
    pub(super) above: Vec<(String, Option<String>)>,
    /// Safe HTML.
    pub(super) body: &'a str,
    /// Name, address and length of the page's files.
    pub(super) files: Vec<(String, String, u64)>,
}

/// A whole HTML document, which needs no script.
pub(super) fn html(frame: &SiteFrame<'_>, page: &SitePage<'_>) -> String {
    let mut out = String::with_capacity(page.body.len() + 2048);
    let SitePage { style_href, home_href, all_href, .. } = page;
    let (wiki, title) = (escaped(frame.wiki), escaped(page.title));
    let _infallible = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} · {wiki}</title>\n\
         <link rel=\"stylesheet\" href=\"{style_href}\">\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the text</a>\n\
         <header class=\"top\"><div class=\"top-inner\">\n\
         <a class=\"brand\" href=\"{home_href}\"><span class=\"brand-name\">{wiki}</span></a>\n\
         <nav class=\"top-actions\" aria-label=\"Wiki\"><a class=\"button quiet\" href=\"{all_href}\">All pages</a></nav>\n\
         </div></header>\n<main id=\"main\" tabindex=\"-1\">\n<div class=\"sheet\"><div class=\"column\">\n"
    );
    if !page.above.is_empty() {
        out.push_str("<nav class=\"crumbs\" aria-label=\"Breadcrumbs\"><ol>\n");
        for (name, href) in &page.above {
            let name = escaped(name);
            let _infallible = match href {
                Some(href) => writeln!(out, "<li><a href=\"{href}\">{name}</a></li>"),
                None => writeln!(out, "<li><span>{name}</span></li>"),
            };
        }
        let _infallible = write!(out, "<li aria-current=\"page\">{title}</li>\n</ol></nav>\n");
    }
    if let Some(heading) = page.heading {
        let _infallible = writeln!(out, "<h1 class=\"page-title\">{}</h1>", escaped(heading));
    }
    let _infallible = write!(out, "<article class=\"prose\">\n{}\n</article>\n", page.body);
    if !page.files.is_empty() {
        out.push_str("<section class=\"attachments\" aria-labelledby=\"attachments\">\n");
        let _infallible = writeln!(
            out,
            "<h2 id=\"attachments\">Attachments <span class=\"count\">{}</span></h2>\n<ul>",
            page.files.len()
        );
        for (name, href, bytes) in &page.files {
            let _infallible = writeln!(
                out,
                "<li><a href=\"{href}\"><span class=\"file-name\">{}</span><span class=\"file-size\">{}</span></a></li>",
                escaped(name),
                size(*bytes)
            );
        }
        out.push_str("</ul>\n</section>\n");
    }
    let _infallible = write!(
        out,
        "</div></div>\n</main>\n<footer class=\"site-foot\"><p>{wiki}, exported {} · Made with robotwiki</p></footer>\n\
         </body>\n</html>\n",
        escaped(&frame.exported)
    );
    out
}

/// The list of all pages, as the text of a page: names for people, and addresses.
pub(super) fn list(pages: &[(&str, String)]) -> String {
    let mut out = String::from("<ul>\n");
    for (path, href) in pages {
        let name = escaped(&display_name(&path.replace('/', " / ")));
        let _infallible = writeln!(out, "<li><a href=\"{href}\">{name}</a></li>");
    }
    out.push_str("</ul>");
    out
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// `12 KB`: powers of 1000, as file managers show them.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} KB", bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}
