use std::collections::BTreeSet;

use crate::markdown::{
    NoSources, RenderContext, find_section, front_matter, headings, outline, plain, plain_text, render, set_task,
    word_count,
};
use crate::safe::assert_safe;
use crate::{find_page, order, page};

/// To find each section the page is read again; more would take too long.
const MOST_SECTIONS: usize = 12;
/// More than any page may become.
const MOST_HTML: usize = 9 << 20;

/// A page as HTML, as plain text, as sections and as tasks.
pub fn markdown(text: &str) {
    rendered(text);
    sections(text);
    plain_texts(text);
    tasks(text);
}

fn rendered(text: &str) {
    let guide = page("Guide");
    let context = RenderContext { page: &guide, order: order(text), find_page: &find_page, sources: &NoSources };
    let done = render(text, &context);
    assert!(done.html.len() <= MOST_HTML, "{} bytes", done.html.len());
    let ids = assert_safe(&done.html);
    let different: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(different.len(), ids.len(), "an id stands twice in {}", done.html);
    // The title of the front matter stands above the text, and has no anchor.
    for entry in done.contents.iter().filter(|entry| !entry.anchor.is_empty()) {
        assert!(different.contains(&entry.anchor), "#{} leads nowhere in {}", entry.anchor, done.html);
    }
}

fn sections(text: &str) {
    let body = front_matter(text).body_offset;
    let headings = headings(text, order(text));
    let mut before = body;
    for heading in &headings {
        assert!(text.is_char_boundary(heading.start), "{heading:?}");
        assert!(heading.start >= before, "{heading:?} stands before {before}");
        assert!((1..=6).contains(&heading.level) && !heading.anchor.is_empty(), "{heading:?}");
        before = heading.start;
    }
    let anchors: BTreeSet<&str> = headings.iter().map(|heading| heading.anchor.as_str()).collect();
    assert_eq!(anchors.len(), headings.len(), "an anchor stands twice: {headings:?}");

    let outline = outline(text, order(text));
    assert_eq!(outline.len(), headings.len());
    if outline.len() > MOST_SECTIONS {
        return;
    }
    let mut parts = Vec::new();
    for (entry, heading) in outline.iter().zip(&headings) {
        let found = find_section(text, order(text), &entry.path).unwrap_or_else(|error| panic!("{entry:?}: {error:?}"));
        assert_eq!((found.span.start, found.line), (heading.start, entry.line), "{entry:?}");
        assert!(text.get(found.span.clone()).is_some(), "{found:?}");
        assert!(found.end_line >= found.line, "{found:?}");
        parts.push(found.span);
    }
    // From each section's end another begins, up to the end of the page: together they are the page.
    let mut at = headings.first().map_or(text.len(), |first| first.start);
    let mut together = text[..at].to_owned();
    while let Some(part) = parts.iter().find(|part| part.start == at && part.end > at) {
        together += &text[part.clone()];
        at = part.end;
    }
    assert_eq!(together, text);
}

fn plain_texts(text: &str) {
    let plain = plain(text, order(text));
    assert_eq!(plain_text(text, order(text)), plain.text);
    for (heading, place) in &plain.headings {
        assert!(plain.text.get(place.clone()).is_some(), "{heading:?} at {place:?} in {:?}", plain.text);
    }
    let lines = plain.line_count(text);
    for (at, _) in plain.text.char_indices() {
        let line = plain.line(at);
        assert!(text.is_char_boundary(plain.line_start(line, text)), "line {line} of {lines}");
    }
    assert!(word_count(text) <= text.len());
}

fn tasks(text: &str) {
    for index in 0..8 {
        let Some(done) = set_task(text, index, true) else { break };
        let open = set_task(&done, index, false).expect("the box is still there");
        assert_eq!(set_task(&open, index, true).as_ref(), Some(&done), "box {index}");
        let differs = text.chars().zip(done.chars()).filter(|(before, after)| before != after).count();
        assert!(differs <= 1 && text.chars().count() == done.chars().count(), "box {index}: {done:?}");
    }
}
