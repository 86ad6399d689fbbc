//! Exact replacements in a text, and what helps when one does not fit.

use super::WikiError;

/// Lines that a near miss is looked for in, at most.
const MOST_LINES: usize = 20_000;
/// Most places that an ambiguous text is said to be at.
const MOST_PLACES: usize = 100;

/// One exact replacement within a page.
#[derive(Clone, Debug)]
pub struct Replacement<'a> {
    pub old: &'a str,
    pub new: &'a str,
    /// Replace every occurrence; else there must be exactly one.
    pub all: bool,
    /// How many occurrences there must be.
    pub expected: Option<usize>,
}

/// What comes closest to a text that was not found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NearMiss {
    /// 1-based.
    pub line: usize,
    /// What stands there.
    pub text: String,
    /// What is different, when it is one thing alone.
    pub hint: Option<&'static str>,
}

/// Applies the replacements in order, each to what the ones before it left.
///
/// # Errors
/// [`WikiError::OldStringMissing`], [`WikiError::OldStringAmbiguous`] or
/// [`WikiError::OccurrencesDiffer`]; `edit` in them counts from 0.
pub(super) fn replace(content: &str, edits: &[Replacement<'_>]) -> Result<String, WikiError> {
    let mut text = content.to_owned();
    for (at, edit) in edits.iter().enumerate() {
        text = replace_one(&text, edit, at)?;
    }
    Ok(text)
}

fn replace_one(content: &str, edit: &Replacement<'_>, at: usize) -> Result<String, WikiError> {
    let (mut old, mut new) = (edit.old.to_owned(), edit.new.to_owned());
    // A page with CRLF line ends is edited by clients that send LF: speak its dialect,
    // unless it ends this line in another way.
    if content.contains("\r\n") && !old.contains('\r') {
        let theirs = old.replace('\n', "\r\n");
        if content.contains(&theirs) {
            (old, new) = (theirs, new.replace("\r\n", "\n").replace('\n', "\r\n"));
        }
    }
    let (count, lines) = occurrences(content, &old);
    if count == 0 {
        return Err(WikiError::OldStringMissing { edit: at, near: near_miss(content, &old) });
    }
    if let Some(expected) = edit.expected
        && expected != count
    {
        return Err(WikiError::OccurrencesDiffer { edit: at, expected, count, lines });
    }
    if count > 1 && !edit.all {
        return Err(WikiError::OldStringAmbiguous { edit: at, count, lines });
    }
    Ok(content.replace(&old, &new))
}

/// How often a text occurs, and the lines on which the first occurrences begin. One pass,
/// however often that is.
fn occurrences(content: &str, text: &str) -> (usize, Vec<usize>) {
    let (mut count, mut lines, mut line, mut seen) = (0, Vec::new(), 1, 0);
    for (at, _) in content.match_indices(text) {
        count += 1;
        if lines.len() < MOST_PLACES {
            line += content.get(seen..at).map_or(0, |text| text.matches('\n').count());
            seen = at;
            lines.push(line);
        }
    }
    (count, lines)
}

/// The place that `old` most likely means: where it stands but for one thing that is
/// easily got wrong, else the line most like its first one.
fn near_miss(content: &str, old: &str) -> Option<NearMiss> {
    type Fold = fn(&str) -> String;
    let folds: [(Fold, &'static str); 4] = [
        (|text| text.replace('\r', ""), "the line ends differ"),
        (fold_space, "white space differs"),
        (fold_quotes, "quotes or dashes differ (“ ” ‘ ’ – and \" ' -)"),
        (|text| text.to_lowercase(), "upper and lower case differ"),
    ];
    let shown: Vec<&str> = content.lines().take(MOST_LINES).collect();
    let first = old.lines().find(|line| !line.trim().is_empty())?;
    let length = old.trim_end().lines().count().max(1);
    for (fold, hint) in folds {
        let wanted: Vec<String> = old.trim_end().lines().map(fold).collect();
        let place = shown.windows(length.min(shown.len().max(1))).position(|window| {
            window.len() == wanted.len() && window.iter().zip(&wanted).all(|(line, wanted)| fold(line).contains(wanted))
        });
        if let Some(at) = place {
            let text = shown.get(at..at + length).unwrap_or_default().join("\n");
            return Some(NearMiss { line: at + 1, text, hint: Some(hint) });
        }
    }
    let (mut best, mut place) = (0.6, None);
    for (at, line) in shown.iter().enumerate().filter(|(_, line)| line.len() < 2_000 && !line.trim().is_empty()) {
        let score = strsim::normalized_levenshtein(line.trim(), first.trim());
        if score > best {
            (best, place) = (score, Some((at, *line)));
        }
    }
    place.map(|(at, line)| NearMiss { line: at + 1, text: line.to_owned(), hint: None })
}

fn fold_space(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn fold_quotes(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '“' | '”' | '„' | '«' | '»' => '"',
            '‘' | '’' | '‚' => '\'',
            '–' | '—' | '−' | '‑' => '-',
            '\u{a0}' => ' ',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit<'a>(old: &'a str, new: &'a str) -> Replacement<'a> {
        Replacement { old, new, all: false, expected: None }
    }

    #[test]
    fn each_replacement_sees_what_the_one_before_left() {
        let edits = [edit("one", "two"), edit("two two", "three")];
        assert_eq!(replace("one two\n", &edits).unwrap(), "three\n");
    }

    #[test]
    fn occurrences_are_counted_and_their_lines_named() {
        let all = |expected| [Replacement { all: true, expected, ..edit("x", "y") }];
        assert_eq!(replace("x\nx\nx", &all(None)).unwrap(), "y\ny\ny");
        assert_eq!(replace("x\nx\nx", &all(Some(3))).unwrap(), "y\ny\ny");
        let refused = replace("x\na\nx", &all(Some(3))).unwrap_err();
        assert!(
            matches!(refused, WikiError::OccurrencesDiffer { edit: 0, expected: 3, count: 2, lines } if lines == [1, 3])
        );
        let refused = replace("a x\nx", &[edit("a", "b"), edit("x", "y")]).unwrap_err();
        assert!(matches!(refused, WikiError::OldStringAmbiguous { edit: 1, count: 2, lines } if lines == [1, 2]));
    }

    #[test]
    fn a_page_with_crlf_is_edited_with_lf() {
        assert_eq!(replace("a\r\nb\r\nc\r\n", &[edit("a\nb", "x\ny")]).unwrap(), "x\r\ny\r\nc\r\n");
    }

    #[test]
    fn what_comes_close_is_shown_with_what_is_wrong() {
        let near = |content: &str, old: &str| match replace(content, &[edit(old, "new")]) {
            Err(WikiError::OldStringMissing { near, .. }) => near,
            other => panic!("{other:?}"),
        };
        let content = "# Title\n\nSay “hello” to\tthe world.\nThe Otter swims.\n";
        let hint = |old| near(content, old).and_then(|near| near.hint.map(|hint| (near.line, hint)));
        assert_eq!(hint("to the  world."), Some((3, "white space differs")));
        assert!(hint("Say \"hello\" to").is_some_and(|(line, hint)| line == 3 && hint.starts_with("quotes")));
        assert_eq!(hint("the otter"), Some((4, "upper and lower case differ")));
        let miss = near(content, "The Otter swam.").unwrap();
        assert_eq!((miss.line, miss.text.as_str(), miss.hint), (4, "The Otter swims.", None));
        assert_eq!(near(content, "entirely unrelated to anything"), None);
        assert_eq!(near("", "x"), None);
    }
}
