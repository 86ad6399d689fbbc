use std::ops::Range;

use gix::diff::blob::sources::lines;
use gix::diff::blob::{Algorithm, Diff, InternedInput};

/// Two changes of one text that cannot both be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clash {
    /// 1-based line of the base on which the two changes begin.
    pub line: usize,
    pub base: String,
    pub ours: String,
    pub theirs: String,
}

/// What a three-way merge came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Merged {
    Clean(String),
    /// In the order of the base; never empty.
    Clashes(Vec<Clash>),
}

/// A piece of two changes of one text put together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MergePart {
    /// What both sides have, or one of them alone has changed.
    Agreed(String),
    /// What somebody has to decide on.
    Clash(Clash),
}

/// Merges two changes of `base`, line by line. Changes of the same or of adjacent lines
/// clash, as in git, unless both sides made the very same change.
#[must_use]
pub fn merge(base: &str, ours: &str, theirs: &str) -> Merged {
    if ours == theirs || base == theirs {
        return Merged::Clean(ours.to_owned());
    }
    if base == ours {
        return Merged::Clean(theirs.to_owned());
    }
    let mut merged = String::with_capacity(ours.len().max(theirs.len()));
    let mut clashes = Vec::new();
    for part in merge_parts(base, ours, theirs) {
        match part {
            MergePart::Agreed(text) => merged.push_str(&text),
            MergePart::Clash(clash) => clashes.push(clash),
        }
    }
    if clashes.is_empty() { Merged::Clean(merged) } else { Merged::Clashes(clashes) }
}

/// As [`merge`], with what was merged around the clashes, in order.
#[must_use]
pub fn merge_parts(base: &str, ours: &str, theirs: &str) -> Vec<MergePart> {
    let sides = [Side::new(base, ours), Side::new(base, theirs)];
    let lines: Vec<&str> = base.split_inclusive('\n').collect();
    let mut parts = Parts::default();
    let mut at = 0;
    for group in groups(&sides) {
        parts.agreed(&lines.get(at..group.base.start).unwrap_or_default().concat());
        at = group.base.end;
        let original = lines.get(group.base.clone()).unwrap_or_default().concat();
        let [ours, theirs] = [0, 1].map(|side| group.text(side, &sides, &original));
        if ours == theirs || theirs == original {
            parts.agreed(&ours);
        } else if ours == original {
            parts.agreed(&theirs);
        } else {
            parts.clash(Clash { line: group.base.start + 1, base: original, ours, theirs });
        }
    }
    parts.agreed(&lines.get(at..).unwrap_or_default().concat());
    parts.0
}

/// Two texts without a common origin: every place where they differ is a clash, with lines
/// counted in `ours`.
#[must_use]
pub fn differing_parts(ours: &str, theirs: &str) -> Vec<MergePart> {
    let side = Side::new(ours, theirs);
    let lines: Vec<&str> = ours.split_inclusive('\n').collect();
    let text = |lines: &[&str], range: Range<usize>| lines.get(range).unwrap_or_default().concat();
    let mut parts = Parts::default();
    let mut at = 0;
    for (before, after) in &side.hunks {
        parts.agreed(&text(&lines, at..before.start));
        at = before.end;
        let (ours, theirs) = (text(&lines, before.clone()), text(&side.lines, after.clone()));
        parts.clash(Clash { line: before.start + 1, base: String::new(), ours, theirs });
    }
    parts.agreed(&lines.get(at..).unwrap_or_default().concat());
    parts.0
}

#[derive(Default)]
struct Parts(Vec<MergePart>);

impl Parts {
    fn agreed(&mut self, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(MergePart::Agreed(before)) => before.push_str(text),
            _ => self.0.push(MergePart::Agreed(text.to_owned())),
        }
    }

    fn clash(&mut self, clash: Clash) {
        self.0.push(MergePart::Clash(clash));
    }
}

/// Lines of the base, and the lines that take their place.
type Change = (Range<usize>, Range<usize>);

/// One text as changes of the base, in lines.
struct Side<'t> {
    lines: Vec<&'t str>,
    hunks: Vec<Change>,
}

impl<'t> Side<'t> {
    fn new(base: &str, text: &'t str) -> Self {
        let input = InternedInput::new(lines(base), lines(text));
        let diff = Diff::compute(Algorithm::Histogram, &input);
        let range = |range: Range<u32>| range.start as usize..range.end as usize;
        let hunks = diff.hunks().map(|hunk| (range(hunk.before), range(hunk.after))).collect();
        Self { lines: text.split_inclusive('\n').collect(), hunks }
    }
}

/// A part of the base that changes of either side touch, with nothing kept inside.
struct Group {
    base: Range<usize>,
    /// The changes of each side in it.
    hunks: [Vec<Change>; 2],
}

impl Group {
    /// What a side made of the group's lines; `original` where it changed nothing.
    fn text(&self, side: usize, sides: &[Side<'_>; 2], original: &str) -> String {
        let (Some(hunks), Some(side)) = (self.hunks.get(side), sides.get(side)) else { return original.to_owned() };
        let (Some(first), Some(last)) = (hunks.first(), hunks.last()) else { return original.to_owned() };
        // Lines that this side kept lie around its changes; they are as long on both sides.
        let start = first.1.start - (first.0.start - self.base.start);
        let end = last.1.end + (self.base.end - last.0.end);
        side.lines.get(start..end).unwrap_or_default().concat()
    }
}

fn groups(sides: &[Side<'_>; 2]) -> Vec<Group> {
    let mut all: Vec<(usize, &Change)> =
        sides.iter().enumerate().flat_map(|(at, side)| side.hunks.iter().map(move |hunk| (at, hunk))).collect();
    all.sort_by_key(|(_, (base, _))| (base.start, base.end));
    let mut groups: Vec<Group> = Vec::new();
    for (side, hunk) in all {
        // Hunks of one side never touch each other, so this joins only what both changed.
        let joins = groups.last().is_some_and(|group| hunk.0.start <= group.base.end);
        if !joins {
            groups.push(Group { base: hunk.0.clone(), hunks: [Vec::new(), Vec::new()] });
        }
        if let Some(group) = groups.last_mut() {
            group.base.end = group.base.end.max(hunk.0.end);
            if let Some(own) = group.hunks.get_mut(side) {
                own.push(hunk.clone());
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clean(base: &str, ours: &str, theirs: &str) -> String {
        match merge(base, ours, theirs) {
            Merged::Clean(text) => text,
            Merged::Clashes(clashes) => panic!("{clashes:?}"),
        }
    }

    const BASE: &str = "one\ntwo\nthree\nfour\nfive\n";

    #[test]
    fn changes_of_different_lines_are_both_kept() {
        let merged = clean(BASE, "ONE\ntwo\nthree\nfour\nfive\n", "one\ntwo\nthree\nfour\nFIVE\nsix\n");
        assert_eq!(merged, "ONE\ntwo\nthree\nfour\nFIVE\nsix\n");
        let merged = clean(BASE, "one\nthree\nfour\nfive\n", "one\ntwo\nthree\nfour\nand a half\nfive\n");
        assert_eq!(merged, "one\nthree\nfour\nand a half\nfive\n");
    }

    #[test]
    fn changes_of_the_same_line_clash_and_say_where() {
        let Merged::Clashes(clashes) = merge(BASE, "one\nTWO\nthree\nfour\nfive\n", "one\n2\nthree\nfour\nfive\n")
        else {
            panic!("merged");
        };
        let clash = Clash { line: 2, base: "two\n".into(), ours: "TWO\n".into(), theirs: "2\n".into() };
        assert_eq!(clashes, [clash]);
        // Two texts at the same place, and at the end of a text without line break.
        assert!(matches!(merge("a\nb\n", "a\nx\nb\n", "a\ny\nb\n"), Merged::Clashes(_)));
        assert!(matches!(merge("a", "a\nx", "a\ny"), Merged::Clashes(_)));
        assert!(matches!(merge("", "x", "y"), Merged::Clashes(_)));
    }

    #[test]
    fn the_same_change_on_both_sides_is_made_once() {
        let both = "one\nTWO\nthree\nfour\nfive\n";
        assert_eq!(clean(BASE, both, "one\nTWO\nthree\nfour\n5\n"), "one\nTWO\nthree\nfour\n5\n");
        assert_eq!(clean(BASE, both, both), both);
        assert_eq!(clean(BASE, BASE, both), both);
        assert_eq!(clean(BASE, both, BASE), both);
    }

    #[test]
    fn what_was_merged_stands_around_the_clashes() {
        let parts = merge_parts(BASE, "ONE\ntwo\n3\nfour\nfive\n", "one\ntwo\ndrei\nfour\nFIVE\n");
        let clash = Clash { line: 3, base: "three\n".into(), ours: "3\n".into(), theirs: "drei\n".into() };
        let agreed = |text: &str| MergePart::Agreed(text.to_owned());
        assert_eq!(parts, [agreed("ONE\ntwo\n"), MergePart::Clash(clash), agreed("four\nFIVE\n")]);
    }

    #[test]
    fn texts_without_an_origin_clash_wherever_they_differ() {
        let parts = differing_parts("a\nb\nc\n", "a\nB\nc\nd\n");
        let clash = |line, ours: &str, theirs: &str| {
            MergePart::Clash(Clash { line, base: String::new(), ours: ours.into(), theirs: theirs.into() })
        };
        let agreed = |text: &str| MergePart::Agreed(text.to_owned());
        assert_eq!(parts, [agreed("a\n"), clash(2, "b\n", "B\n"), agreed("c\n"), clash(4, "", "d\n")]);
    }

    proptest! {
        /// Whatever is merged, each side's new lines are in the result or in a clash.
        #[test]
        fn no_text_is_lost(base in lines_of("[a-e]"), ours in lines_of("[a-h]"), theirs in lines_of("[a-eq-t]")) {
            let news = |text: &str| -> Vec<String> {
                text.lines().filter(|line| !base.contains(*line)).map(str::to_owned).collect()
            };
            match merge(&base, &ours, &theirs) {
                Merged::Clean(text) => {
                    for line in news(&ours).into_iter().chain(news(&theirs)) {
                        prop_assert!(text.contains(&line), "{line:?} in {text:?}");
                    }
                }
                Merged::Clashes(clashes) => {
                    prop_assert!(!clashes.is_empty());
                    prop_assert!(clashes.iter().all(|c| c.ours != c.theirs && c.ours != c.base && c.theirs != c.base));
                }
            }
            let mirrored = matches!(merge(&base, &theirs, &ours), Merged::Clean(_));
            prop_assert_eq!(matches!(merge(&base, &ours, &theirs), Merged::Clean(_)), mirrored);
        }
    }

    fn lines_of(line: &'static str) -> impl Strategy<Value = String> {
        proptest::collection::vec(line, 0..8).prop_map(|lines| lines.iter().map(|line| format!("{line}\n")).collect())
    }
}
