use std::fmt::Write as _;
use std::ops::Range;

use gix::diff::blob::{Algorithm, Diff, InternedInput, sources};

/// Unchanged lines shown around a change, as everywhere.
const CONTEXT: usize = 3;

/// A longer change, in bytes, is not compared word by word.
const MOST_IN_WORDS: usize = 64 << 10;

/// What differs between two texts, line by line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TextDiff {
    pub hunks: Vec<TextHunk>,
    /// Lines that were added and removed, those of hunks that were left out included.
    pub added: usize,
    pub removed: usize,
    /// Whether hunks were left out because there are too many lines.
    pub truncated: bool,
}

/// Changes that lie close together, with the lines around them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextHunk {
    /// First line and number of lines; a hunk without lines begins after the line named,
    /// which may be 0 (POSIX `diff -u`).
    pub old_start: usize,
    pub old_lines: usize,
    pub new_start: usize,
    pub new_lines: usize,
    pub lines: Vec<DiffLine>,
    /// The whole hunk word by word; empty unless asked for, or when a change is too long.
    pub words: Vec<DiffWord>,
}

/// Whether something is on both sides, or on one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    Both,
    Removed,
    Added,
}

/// One line of a hunk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DiffLine {
    pub side: Side,
    /// Its number before and after, counted from 1.
    pub old: Option<usize>,
    pub new: Option<usize>,
    /// Without its line feed.
    pub text: String,
    /// Whether it ends with a line feed; only the last line of a text may not.
    pub ended: bool,
}

/// A run of text that is on both sides, or on one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DiffWord {
    pub side: Side,
    pub text: String,
}

/// Lines `old` of one text stand where `new` of another do; counted from 0. One may be empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct LineChange {
    pub(super) old: Range<usize>,
    pub(super) new: Range<usize>,
}

/// What differs, found as git does by default: Myers' algorithm, and changes moved to where
/// indentation suggests.
pub(super) fn line_changes(old: &[u8], new: &[u8]) -> Vec<LineChange> {
    let input = InternedInput::new(old, new);
    let mut diff = Diff::compute(Algorithm::Myers, &input);
    diff.postprocess_lines(&input);
    diff.hunks().map(|hunk| LineChange { old: range(&hunk.before), new: range(&hunk.after) }).collect()
}

fn range(tokens: &Range<u32>) -> Range<usize> {
    tokens.start as usize..tokens.end as usize
}

impl TextDiff {
    /// Compares two texts. At most `most_lines` lines are in the hunks; at least one hunk is
    /// there if anything changed, cut if it must be.
    #[must_use]
    pub fn between(old: &str, new: &str, words: bool, most_lines: usize) -> Self {
        let changes = line_changes(old.as_bytes(), new.as_bytes());
        let (old, new): (Vec<&str>, Vec<&str>) = (lines(old), lines(new));
        let mut diff = Self::default();
        for change in &changes {
            diff.added += change.new.len();
            diff.removed += change.old.len();
        }
        let mut room = most_lines;
        for group in changes.chunk_by(|a, b| b.old.start - a.old.end <= 2 * CONTEXT) {
            if room == 0 {
                diff.truncated = true;
                break;
            }
            let mut hunk = hunk(&old, &new, group, words);
            if hunk.lines.len() > room {
                diff.truncated = true;
                hunk.cut(room);
            }
            room -= hunk.lines.len();
            diff.hunks.push(hunk);
        }
        diff
    }

    /// As `diff -u` writes it, with the names that git gives both sides; a side that is not
    /// there is `/dev/null`. Nothing when the texts are equal.
    #[must_use]
    pub fn unified(&self, old_path: Option<&str>, new_path: Option<&str>) -> String {
        if self.hunks.is_empty() {
            return String::new();
        }
        let name = |prefix: &str, path: Option<&str>| {
            path.map_or_else(|| "/dev/null".to_owned(), |path| format!("{prefix}/{path}"))
        };
        let mut text = format!("--- {}\n+++ {}\n", name("a", old_path), name("b", new_path));
        for hunk in &self.hunks {
            let count = |lines: usize| if lines == 1 { String::new() } else { format!(",{lines}") };
            // Writing to a string cannot fail.
            let _always = writeln!(
                text,
                "@@ -{}{} +{}{} @@",
                hunk.old_start,
                count(hunk.old_lines),
                hunk.new_start,
                count(hunk.new_lines)
            );
            for line in &hunk.lines {
                text.push(match line.side {
                    Side::Both => ' ',
                    Side::Removed => '-',
                    Side::Added => '+',
                });
                text.push_str(&line.text);
                text.push_str(if line.ended { "\n" } else { "\n\\ No newline at end of file\n" });
            }
        }
        text
    }
}

impl TextHunk {
    /// Keeps the first lines; what remains is a hunk that is right as far as it goes.
    fn cut(&mut self, most: usize) {
        self.lines.truncate(most);
        self.words.clear();
        let count = |of: fn(&DiffLine) -> Option<usize>| self.lines.iter().filter(|line| of(line).is_some()).count();
        let (old_lines, new_lines) = (count(|line| line.old), count(|line| line.new));
        // A side of which no line is left stands after the line before it.
        if old_lines == 0 && self.old_lines > 0 {
            self.old_start -= 1;
        }
        if new_lines == 0 && self.new_lines > 0 {
            self.new_start -= 1;
        }
        (self.old_lines, self.new_lines) = (old_lines, new_lines);
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn hunk(old: &[&str], new: &[&str], group: &[LineChange], words: bool) -> TextHunk {
    let (first, last) = match (group.first(), group.last()) {
        (Some(first), Some(last)) => (first, last),
        _ => (&EMPTY, &EMPTY),
    };
    let lead = first.old.start.min(CONTEXT);
    let trail = (old.len() - last.old.end).min(CONTEXT);
    let (old_all, new_all) =
        (first.old.start - lead..last.old.end + trail, first.new.start - lead..last.new.end + trail);
    let mut building = Building { old, new, lines: Vec::new(), words: words.then(Vec::new) };
    let (mut at_old, mut at_new) = (old_all.start, new_all.start);
    for change in group {
        building.same(at_old..change.old.start, at_new);
        building.changed(change);
        (at_old, at_new) = (change.old.end, change.new.end);
    }
    building.same(at_old..old_all.end, at_new);
    let start = |range: &Range<usize>| if range.is_empty() { range.start } else { range.start + 1 };
    TextHunk {
        old_start: start(&old_all),
        old_lines: old_all.len(),
        new_start: start(&new_all),
        new_lines: new_all.len(),
        lines: building.lines,
        words: building.words.unwrap_or_default(),
    }
}

const EMPTY: LineChange = LineChange { old: 0..0, new: 0..0 };

struct Building<'t> {
    old: &'t [&'t str],
    new: &'t [&'t str],
    lines: Vec<DiffLine>,
    /// None when not wanted, or no longer possible.
    words: Option<Vec<DiffWord>>,
}

impl Building<'_> {
    fn same(&mut self, old: Range<usize>, new_start: usize) {
        for (offset, text) in self.old.get(old.clone()).unwrap_or_default().iter().enumerate() {
            self.line(Side::Both, Some(old.start + offset + 1), Some(new_start + offset + 1), text);
            if let Some(words) = &mut self.words {
                push_word(words, Side::Both, text);
            }
        }
    }

    fn changed(&mut self, change: &LineChange) {
        let removed = self.old.get(change.old.clone()).unwrap_or_default();
        let added = self.new.get(change.new.clone()).unwrap_or_default();
        for (offset, text) in removed.iter().enumerate() {
            self.line(Side::Removed, Some(change.old.start + offset + 1), None, text);
        }
        for (offset, text) in added.iter().enumerate() {
            self.line(Side::Added, None, Some(change.new.start + offset + 1), text);
        }
        if let Some(words) = &mut self.words {
            let (removed, added) = (removed.concat(), added.concat());
            if removed.len() + added.len() > MOST_IN_WORDS {
                self.words = None;
            } else {
                word_changes(&removed, &added, words);
            }
        }
    }

    fn line(&mut self, side: Side, old: Option<usize>, new: Option<usize>, text: &str) {
        let (text, ended) = text.strip_suffix('\n').map_or((text, false), |text| (text, true));
        self.lines.push(DiffLine { side, old, new, text: text.to_owned(), ended });
    }
}

fn word_changes(old: &str, new: &str, words: &mut Vec<DiffWord>) {
    let input = InternedInput::new(sources::words(old), sources::words(new));
    let mut diff = Diff::compute(Algorithm::Myers, &input);
    diff.postprocess_no_heuristic(&input);
    let text =
        |tokens: &[gix::diff::blob::Token]| -> String { tokens.iter().map(|token| input.interner[*token]).collect() };
    let mut at = 0;
    for hunk in diff.hunks() {
        let (before, after) = (range(&hunk.before), range(&hunk.after));
        push_word(words, Side::Both, &text(input.before.get(at..before.start).unwrap_or_default()));
        push_word(words, Side::Removed, &text(input.before.get(before.clone()).unwrap_or_default()));
        push_word(words, Side::Added, &text(input.after.get(after).unwrap_or_default()));
        at = before.end;
    }
    push_word(words, Side::Both, &text(input.before.get(at..).unwrap_or_default()));
}

fn push_word(words: &mut Vec<DiffWord>, side: Side, text: &str) {
    match words.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.side == side => last.text.push_str(text),
        _ => words.push(DiffWord { side, text: text.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unified(old: &str, new: &str) -> String {
        TextDiff::between(old, new, false, 1000).unified(Some("p.md"), Some("p.md"))
    }

    #[test]
    fn a_change_is_shown_with_three_lines_around_it() {
        let old: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let new = old.replace("10\n", "ten\nand\n");
        assert_eq!(
            unified(&old, &new),
            "--- a/p.md\n+++ b/p.md\n@@ -7,7 +7,8 @@\n 7\n 8\n 9\n-10\n+ten\n+and\n 11\n 12\n 13\n"
        );
        assert_eq!(unified(&old, &old), "");
    }

    #[test]
    fn ends_without_line_feed_and_sides_without_lines_are_as_in_git() {
        assert_eq!(unified("a", "a\n"), "--- a/p.md\n+++ b/p.md\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
        let created = TextDiff::between("", "x\ny\n", false, 1000);
        assert_eq!(created.unified(None, Some("p.md")), "--- /dev/null\n+++ b/p.md\n@@ -0,0 +1,2 @@\n+x\n+y\n");
        assert_eq!((created.added, created.removed), (2, 0));
    }

    #[test]
    fn lines_carry_their_numbers_on_both_sides() {
        let diff = TextDiff::between("a\nb\nc\n", "a\nc\nd\n", false, 1000);
        let lines: Vec<_> =
            diff.hunks[0].lines.iter().map(|line| (line.side, line.old, line.new, line.text.as_str())).collect();
        assert_eq!(
            lines,
            [
                (Side::Both, Some(1), Some(1), "a"),
                (Side::Removed, Some(2), None, "b"),
                (Side::Both, Some(3), Some(2), "c"),
                (Side::Added, None, Some(3), "d"),
            ]
        );
    }

    #[test]
    fn words_tell_what_changed_within_a_line() {
        let diff = TextDiff::between("one two three\n", "one 2 three\n", true, 1000);
        let words: Vec<_> = diff.hunks[0].words.iter().map(|word| (word.side, word.text.as_str())).collect();
        assert_eq!(words, [(Side::Both, "one "), (Side::Removed, "two"), (Side::Added, "2"), (Side::Both, " three\n")]);
    }

    #[test]
    fn a_long_difference_is_cut_and_says_so() {
        let old: String = (0..100).map(|n| format!("{n}\n")).collect();
        let new: String = (0..100).map(|n| format!("new {n}\n")).collect();
        let diff = TextDiff::between(&old, &new, true, 10);
        assert!(diff.truncated);
        assert_eq!((diff.added, diff.removed), (100, 100));
        let hunk = &diff.hunks[0];
        assert_eq!((hunk.old_start, hunk.old_lines, hunk.new_start, hunk.new_lines), (1, 10, 0, 0));
        assert!(hunk.words.is_empty());
    }

    proptest::proptest! {
        #[test]
        fn hunks_turn_one_text_into_the_other(old in "([ab c]{0,3}\n){0,12}[ab]?", new in "([ab c]{0,3}\n){0,12}[ab]?") {
            let diff = TextDiff::between(&old, &new, true, usize::MAX);
            let old_lines = lines(&old);
            let mut made = String::new();
            let mut at = 0;
            for hunk in &diff.hunks {
                let start = if hunk.old_lines == 0 { hunk.old_start } else { hunk.old_start - 1 };
                made.extend(old_lines[at..start].iter().copied());
                for line in hunk.lines.iter().filter(|line| line.side != Side::Removed) {
                    made.push_str(&line.text);
                    made.push_str(if line.ended { "\n" } else { "" });
                }
                at = start + hunk.old_lines;
                let side = |left_out| -> String {
                    hunk.words.iter().filter(|word| word.side != left_out).map(|word| word.text.as_str()).collect()
                };
                let whole = |left_out| -> String {
                    let kept = hunk.lines.iter().filter(|line| line.side != left_out);
                    kept.map(|line| format!("{}{}", line.text, if line.ended { "\n" } else { "" })).collect()
                };
                assert_eq!(side(Side::Added), whole(Side::Added));
                assert_eq!(side(Side::Removed), whole(Side::Removed));
            }
            made.extend(old_lines[at..].iter().copied());
            assert_eq!(made, new);
        }
    }
}
