use crate::markdown::{LinkOrder, Moves, linked_page, links as links_of, rewrite_links, wikilinks};
use crate::model::PagePath;
use crate::{find_page, order, page};

const OLD: &str = "Guide";
const NEW: &str = "Manual|Part #2/50% [x]";

/// The links of a page, and the page after `Guide` has been renamed with all below it.
pub fn links(text: &str) {
    let order = order(text);
    for link in wikilinks(text, order) {
        let source = text.get(link.span.clone()).expect("a span lies on characters");
        assert!(source.starts_with("[[") && source.ends_with("]]"), "{source:?}");
    }
    for link in links_of(text, order) {
        assert!(text.get(link.span.clone()).is_some(), "{link:?}");
        if let Some(place) = &link.destination {
            assert!(text.get(place.clone()).is_some(), "{link:?}");
            assert!(link.span.start < place.start && place.end < link.span.end, "{link:?}");
        }
    }
    let below = format!("{NEW}/Use");
    let (before, after) = [("Home", "Home"), ("Guide/Use", below.as_str()), ("A|B", "A|B")][text.len() / 2 % 3];
    renamed(text, order, &page(before), &page(after));
}

/// Every link leads where it led, whatever that is called now; and then nothing is left to do.
fn renamed(text: &str, order: LinkOrder, before: &PagePath, after: &PagePath) {
    let moves = Moves {
        page_before: &find_page,
        page_after: &find_after,
        moved: &moved,
        file: &|path| file(path),
        file_after: &file_after,
    };
    // A link whose address is written with escapes is left as it is; the old address leads on.
    let plain = links_of(text, order).into_iter().filter(|link| link.destination.is_some());
    let led: Vec<_> = plain.map(|link| linked_page(&link, before, &find_page)).collect();
    let Some(rewritten) = rewrite_links(text, order, before, after, &moves) else { return };
    let leads: Vec<_> = links_of(&rewritten, order).iter().map(|link| linked_page(link, after, &find_after)).collect();
    let wanted: Vec<_> = led.iter().map(|page| page.as_ref().map(moved)).collect();
    for page in wanted.iter().flatten() {
        let count = |pages: &[Option<PagePath>]| pages.iter().flatten().filter(|other| *other == page).count();
        assert!(count(&leads) >= count(&wanted), "{page} of {text:?} got lost in {rewritten:?}: {leads:?}");
    }

    let still = Moves {
        page_before: &find_after,
        page_after: &find_after,
        moved: &Clone::clone,
        file: &|path| file_after(path),
        file_after: &file_after,
    };
    assert_eq!(rewrite_links(&rewritten, order, after, after, &still), None, "again, after {text:?}: {rewritten:?}");
}

fn moved(page_before: &PagePath) -> PagePath {
    match page_before.as_str().strip_prefix(OLD) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => page(&format!("{NEW}{rest}")),
        _ => page_before.clone(),
    }
}

/// The wiki after the rename.
fn find_after(name: &str) -> Option<PagePath> {
    let key = PagePath::parse(name).ok()?.fold();
    crate::PAGES.iter().map(|path| moved(&page(path))).find(|page| page.fold() == key)
}

fn file(path: &str) -> Option<String> {
    let rest = path.strip_prefix(OLD).filter(|rest| rest.starts_with('/'))?;
    file_name(rest).then(|| format!("{NEW}{rest}"))
}

fn file_after(path: &str) -> Option<String> {
    path.strip_prefix(NEW).is_some_and(file_name).then(|| path.to_owned())
}

fn file_name(rest: &str) -> bool {
    matches!(rest, "/a.png" | "/Use/map 1.pdf")
}
