//! The links at a page's headings that lead to the form of one section. A page is rendered
//! once for everybody; who may write gets them put in.

use super::request::encode;

/// Where the link of a section goes in a page's HTML.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct SectionPlace {
    /// In bytes: right behind the heading's own link.
    at: usize,
    anchor: String,
}

/// Finds the headings that open sections, in order. One whose link is not where it is
/// expected has no place.
pub(super) fn section_places<'a>(html: &str, anchors: impl Iterator<Item = &'a str>) -> Vec<SectionPlace> {
    let mut places = Vec::new();
    let mut from = 0;
    for anchor in anchors {
        let link = format!("<a class=\"anchor\" href=\"#{anchor}\" aria-label=\"");
        let rest = html.get(from..).unwrap_or_default();
        let Some(start) = rest.find(&link) else { continue };
        let Some(length) = rest.get(start..).and_then(|link| link.find("</a>")) else { continue };
        let at = from + start + length + "</a>".len();
        places.push(SectionPlace { at, anchor: anchor.to_owned() });
        from = at;
    }
    places
}

/// The HTML with a link at each place; `base` is the page's address.
pub(super) fn with_section_links(html: &str, places: &[SectionPlace], base: &str) -> String {
    let mut out = String::with_capacity(html.len() + places.len() * 200);
    let mut from = 0;
    for SectionPlace { at, anchor } in places {
        out.push_str(html.get(from..*at).unwrap_or_default());
        from = *at;
        // Nothing in it needs escaping: the address is percent-encoded.
        out.push_str(&format!(
            "<a class=\"edit-section\" href=\"{base}/edit?section={}\" rel=\"nofollow\" aria-label=\"Edit this section\" title=\"Edit this section\"><svg class=\"icon\" aria-hidden=\"true\" focusable=\"false\"><use href=\"#i-edit\"/></svg></a>",
            encode(anchor)
        ));
    }
    out.push_str(html.get(from..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markdown::{LinkOrder, NoSources, RenderContext, render};
    use crate::model::PagePath;

    #[test]
    fn every_section_has_a_link_at_its_heading() {
        let page = PagePath::parse("Home").unwrap();
        let context =
            RenderContext { page: &page, order: LinkOrder::default(), find_page: &|_| None, sources: &NoSources };
        let text = "# A\n\n> ## Quoted\n\n## B *c*\n\n<a class=\"anchor\" href=\"#d\" aria-label=\"x\">no</a>\n\n## 日本 & more\n\n## B c\n";
        let output = render(text, &context);
        let places = section_places(&output.html, output.contents.iter().map(|heading| heading.anchor.as_str()));
        let anchors: Vec<&str> = places.iter().map(|place| place.anchor.as_str()).collect();
        assert_eq!(anchors, ["a", "b-c", "日本-more", "b-c-1"]);
        let html = with_section_links(&output.html, &places, "/Home");
        assert_eq!(html.matches("class=\"edit-section\"").count(), 4);
        assert!(html.contains("#</a><a class=\"edit-section\" href=\"/Home/edit?section=b-c-1\""), "{html}");
        assert!(html.contains("?section=%E6%97%A5%E6%9C%AC-more\""), "{html}");
        assert_eq!(with_section_links(&output.html, &[], "/Home"), output.html);
    }
}
