use comrak::nodes::NodeValue;

use super::document;
use super::wikilink::LinkOrder;

/// The text with one of its tasks done or open again: the `index`-th box of the rendered
/// page, counted from 0. None when there is no such box, or it has that state already.
#[must_use]
pub fn set_task(text: &str, index: usize, done: bool) -> Option<String> {
    let line = document::read(text, LinkOrder::default(), |document| {
        let is_task = |node: &&comrak::nodes::AstNode<'_>| matches!(node.data().value, NodeValue::TaskItem(_));
        let node = document.root.descendants().filter(|node| is_task(node)).nth(index)?;
        let start = node.data().sourcepos;
        Some(document.line_start(start))
    })??;
    let end = text.get(line..)?.find('\n').map_or(text.len(), |at| line + at);
    // The first box on the line is the item's own: before it only the list's marker stands.
    let at = line + text.get(line..end)?.find('[')?;
    let now = text.get(at..at + 3)?;
    let (is_so, wanted) = if done { (now != "[ ]", "[x]") } else { (now == "[ ]", "[ ]") };
    if is_so || !now.ends_with(']') {
        return None;
    }
    let mut changed = text.to_owned();
    changed.replace_range(at..at + 3, wanted);
    Some(changed)
}

#[cfg(test)]
mod tests {
    use super::set_task;

    const TEXT: &str =
        "---\na: 1\n---\n- [ ] one\n- [x] two [ ]\n  1. [X] three\n\n```\n- [ ] code\n```\n> - [ ] four\n";

    #[test]
    fn boxes_are_counted_as_they_are_shown() {
        assert!(set_task(TEXT, 0, true).unwrap().contains("- [x] one"));
        assert!(set_task(TEXT, 1, false).unwrap().contains("- [ ] two [ ]"));
        assert!(set_task(TEXT, 2, false).unwrap().contains("1. [ ] three"));
        let four = set_task(TEXT, 3, true).unwrap();
        assert!(four.contains("> - [x] four") && four.contains("- [ ] code"), "{four}");
    }

    #[test]
    fn what_is_so_already_or_not_there_changes_nothing() {
        assert_eq!(set_task(TEXT, 0, false), None);
        assert_eq!(set_task(TEXT, 9, true), None);
        assert_eq!(set_task("", 0, true), None);
    }
}
