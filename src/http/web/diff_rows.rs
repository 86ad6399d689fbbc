//! Hunks of a comparison as the rows that a page shows: removed and added lines beside each
//! other, with the words that differ marked.

use super::views::{DiffRow, Half};
use crate::repo::{DiffWord, Side, TextHunk};

/// Lines of a change that are put beside each other; what is beyond stands alone.
pub(super) fn rows(hunk: &TextHunk) -> Vec<DiffRow> {
    let mut marked = Marked::new(&hunk.words);
    let mut rows = Vec::new();
    let (mut removed, mut added): (Vec<Half>, Vec<Half>) = (Vec::new(), Vec::new());
    for line in &hunk.lines {
        match line.side {
            Side::Removed => removed.push(Half { number: line.old.unwrap_or(0), parts: marked.old(&line.text) }),
            Side::Added => added.push(Half { number: line.new.unwrap_or(0), parts: marked.new_side(&line.text) }),
            Side::Both => {
                flush(&mut rows, &mut removed, &mut added);
                marked.both(&line.text);
                let half = |number: Option<usize>| Half {
                    number: number.unwrap_or(0),
                    parts: vec![(line.text.clone(), false)],
                };
                rows.push(DiffRow { old: Some(half(line.old)), new: Some(half(line.new)), same: true });
            }
        }
    }
    flush(&mut rows, &mut removed, &mut added);
    rows
}

fn flush(rows: &mut Vec<DiffRow>, removed: &mut Vec<Half>, added: &mut Vec<Half>) {
    let mut old = removed.drain(..);
    let mut new = added.drain(..);
    loop {
        let row = DiffRow { old: old.next(), new: new.next(), same: false };
        if row.old.is_none() && row.new.is_none() {
            return;
        }
        rows.push(row);
    }
}

/// Each side of a hunk as runs of text, with whether each differs.
struct Marked {
    old: Vec<(String, bool)>,
    new: Vec<(String, bool)>,
    any: bool,
}

impl Marked {
    fn new(words: &[DiffWord]) -> Self {
        let side = |gone: Side| {
            words
                .iter()
                .rev()
                .filter(|word| word.side != gone)
                .map(|word| (word.text.clone(), word.side != Side::Both))
                .collect()
        };
        Self { old: side(Side::Added), new: side(Side::Removed), any: !words.is_empty() }
    }

    fn old(&mut self, line: &str) -> Vec<(String, bool)> {
        if self.any { take(&mut self.old, line) } else { vec![(line.to_owned(), false)] }
    }

    fn new_side(&mut self, line: &str) -> Vec<(String, bool)> {
        if self.any { take(&mut self.new, line) } else { vec![(line.to_owned(), false)] }
    }

    fn both(&mut self, line: &str) {
        if self.any {
            take(&mut self.old, line);
            take(&mut self.new, line);
        }
    }
}

/// Takes a line, and the line feed behind it, off the runs (which lie in reverse). A line that
/// changed as a whole is not marked: then the colour of the line says enough.
fn take(runs: &mut Vec<(String, bool)>, line: &str) -> Vec<(String, bool)> {
    let mut left = line.len();
    let mut parts: Vec<(String, bool)> = Vec::new();
    while left > 0
        && let Some((text, changed)) = runs.pop()
    {
        let cut = text.floor_char_boundary(left.min(text.len()));
        let (now, later) = text.split_at(cut);
        if !later.is_empty() {
            runs.push((later.to_owned(), changed));
        }
        if now.is_empty() {
            break;
        }
        left -= now.len();
        match parts.last_mut() {
            Some((last, same)) if *same == changed => last.push_str(now),
            _ => parts.push((now.to_owned(), changed)),
        }
    }
    if let Some((text, changed)) = runs.pop() {
        match text.strip_prefix('\n') {
            Some("") => {}
            Some(rest) => runs.push((rest.to_owned(), changed)),
            None => runs.push((text, changed)),
        }
    }
    if parts.iter().all(|(_, changed)| *changed) {
        return vec![(line.to_owned(), false)];
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::TextDiff;

    fn shown(old: &str, new: &str) -> Vec<String> {
        let diff = TextDiff::between(old, new, true, 1000);
        let half = |half: Option<Half>| match half {
            None => "-".to_owned(),
            Some(half) => {
                let text: String = half
                    .parts
                    .iter()
                    .map(|(text, changed)| if *changed { format!("<{text}>") } else { text.clone() })
                    .collect();
                format!("{} {text}", half.number)
            }
        };
        let rows = diff.hunks.iter().flat_map(rows);
        rows.map(|row| format!("{} | {}", half(row.old), half(row.new))).collect()
    }

    #[test]
    fn changed_words_are_marked_beside_each_other() {
        let rows = shown("a\nthe red fox\nb\n", "a\nthe blue fox\nb\n");
        assert_eq!(rows, ["1 a | 1 a", "2 the <red> fox | 2 the <blue> fox", "3 b | 3 b"]);
    }

    #[test]
    fn lines_that_are_new_stand_alone() {
        assert_eq!(shown("a\n", "a\nb\nc\n"), ["1 a | 1 a", "- | 2 b", "- | 3 c"]);
        assert_eq!(shown("a\nb", "a\n"), ["1 a | 1 a", "2 b | -"]);
    }

    #[test]
    fn several_lines_keep_their_marks() {
        let rows = shown("one two\nthree four\n", "one 2\nthree 4\n");
        assert_eq!(rows, ["1 one <two> | 1 one <2>", "2 three <four> | 2 three <4>"]);
    }
}
