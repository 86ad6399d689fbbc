//! The smallest pieces that chunks are made of: paragraphs, and of longer ones sentences or
//! runs of words, none of which is more than the model reads.

use std::ops::Range;

use super::chunk::{TARGET_WORDS, WHOLE_WORDS};

/// A stretch of the plain text without a line break inside, unless its line fits as a whole.
#[derive(Clone, Debug)]
pub(super) struct Atom {
    pub(super) range: Range<usize>,
    pub(super) words: usize,
    pub(super) tokens: usize,
    /// What separates it from the atom before: a line break, a space or nothing.
    pub(super) glue: &'static str,
}

type Count<'c> = &'c dyn Fn(&str) -> usize;

/// The atoms of a part of the text. Each stretch is counted once, and once more where it has
/// to be split.
pub(super) fn atoms(text: &str, part: Range<usize>, room: usize, count: Count<'_>, into: &mut Vec<Atom>) {
    let mut at = part.start;
    for line in text.get(part).unwrap_or_default().split_inclusive('\n') {
        let range = trimmed(text, at..at + line.len());
        at += line.len();
        if range.is_empty() {
            continue;
        }
        if words(text, &range) <= WHOLE_WORDS {
            let atom = measured(text, range.clone(), "\n", count);
            if atom.tokens <= room {
                into.push(atom);
                continue;
            }
        }
        let first = into.len();
        let mut end = range.start;
        for sentence in sentences(text, &range) {
            let atom = measured(text, sentence.clone(), if sentence.start == end { "" } else { " " }, count);
            end = sentence.end;
            if atom.tokens <= room && atom.words <= TARGET_WORDS {
                into.push(atom);
            } else {
                runs(text, &sentence, room, count, into);
            }
        }
        if let Some(atom) = into.get_mut(first) {
            atom.glue = "\n";
        }
    }
}

fn measured(text: &str, range: Range<usize>, glue: &'static str, count: Count<'_>) -> Atom {
    Atom { words: words(text, &range), tokens: count(text.get(range.clone()).unwrap_or_default()), range, glue }
}

fn words(text: &str, range: &Range<usize>) -> usize {
    crate::markdown::word_count(text.get(range.clone()).unwrap_or_default())
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let all = text.get(range.clone()).unwrap_or_default();
    let start = range.start + (all.len() - all.trim_start().len());
    start..start + all.trim().len()
}

/// Sentences end with `.`, `!` or `?`, perhaps a closing mark, and white space before what is
/// not a small letter; or with the full stops of East Asian scripts.
fn sentences(text: &str, range: &Range<usize>) -> Vec<Range<usize>> {
    let line = text.get(range.clone()).unwrap_or_default();
    let mut found = Vec::new();
    let mut start = 0;
    // After a full stop, and whether it is one that needs no space.
    let mut ended: Option<bool> = None;
    for (at, c) in line.char_indices() {
        let full_width = matches!(c, '\u{3002}' | '\u{ff01}' | '\u{ff1f}' | '\u{ff0e}');
        if full_width || matches!(c, '.' | '!' | '?') {
            ended = Some(full_width || ended == Some(true));
            continue;
        }
        let Some(anywhere) = ended else { continue };
        if is_closing(c) {
            continue;
        }
        ended = None;
        let follows = line.get(at..).unwrap_or_default().trim_start().chars().next();
        if anywhere || (c.is_whitespace() && follows.is_some_and(|next| !next.is_lowercase())) {
            found.push(trimmed(text, range.start + start..range.start + at));
            start = at;
        }
    }
    found.push(trimmed(text, range.start + start..range.end));
    found.retain(|sentence| !sentence.is_empty());
    found
}

fn is_closing(c: char) -> bool {
    matches!(c, '"' | '\'' | ')' | ']' | '\u{201d}' | '\u{2019}' | '\u{bb}' | '\u{300d}' | '\u{300f}' | '\u{ff09}')
}

/// A sentence that is too long, in runs of words that are not; a word that is too long itself
/// is cut between characters.
fn runs(text: &str, sentence: &Range<usize>, room: usize, count: Count<'_>, into: &mut Vec<Atom>) {
    let begun = into.len();
    let mut at = sentence.start;
    while at < sentence.end {
        // About what a token of most languages takes.
        let mut length = room.saturating_mul(3);
        let piece = loop {
            let end = cut(text, at, sentence.end, length);
            let piece = measured(text, trimmed(text, at..end), " ", count);
            let single = text.get(at..end).is_some_and(|piece| piece.chars().nth(1).is_none());
            if (piece.tokens <= room && piece.words <= TARGET_WORDS) || single {
                at = end;
                break piece;
            }
            length /= 2;
        };
        if piece.range.is_empty() {
            continue;
        }
        let into_sentence = into.len() > begun;
        let glue = match into.last() {
            Some(last) if into_sentence && last.range.end == piece.range.start => "",
            _ => " ",
        };
        match into.last_mut() {
            Some(last)
                if into_sentence
                    && last.tokens + (piece.range.start - last.range.end) + piece.tokens <= room
                    && last.words + piece.words <= TARGET_WORDS =>
            {
                last.tokens += piece.range.start - last.range.end + piece.tokens;
                last.range.end = piece.range.end;
                last.words += piece.words;
            }
            _ => into.push(Atom { glue, ..piece }),
        }
    }
}

/// The end of a piece of at most `length` bytes, but at least a character: after white space
/// if there is any.
fn cut(text: &str, start: usize, end: usize, length: usize) -> usize {
    let rest = text.get(start..end).unwrap_or_default();
    let least = rest.chars().next().map_or(0, char::len_utf8);
    if rest.len() <= length.max(least) {
        return end;
    }
    let most = rest.floor_char_boundary(length).max(least);
    let piece = rest.get(..most).unwrap_or_default();
    match piece.char_indices().rev().find(|(_, c)| c.is_whitespace()) {
        Some((at, c)) => start + at + c.len_utf8(),
        None => start + most,
    }
}

/// The last words of a text on one line: at most `words`, and no more than `tokens`.
pub(super) fn last_words(text: &str, words: usize, tokens: usize, count: Count<'_>) -> String {
    let mut last: Vec<&str> = text.split_whitespace().rev().take(words).collect();
    last.reverse();
    // A script without spaces has long words.
    let mut bytes = tokens.saturating_mul(4);
    loop {
        let joined = last.join(" ");
        let end = joined.get(joined.ceil_char_boundary(joined.len().saturating_sub(bytes))..).unwrap_or_default();
        let whole = if end.len() < joined.len() && end.contains(' ') {
            end.split_once(' ').map_or(end, |(_, rest)| rest)
        } else {
            end
        };
        if whole.is_empty() || count(whole) <= tokens {
            return whole.to_owned();
        }
        bytes = whole.len() / 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<&str> {
        sentences(text, &(0..text.len())).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn sentences_end_at_full_stops_of_any_script() {
        assert_eq!(
            split("One. Two! \"Three?\" Four e.g. this. 5 is five."),
            ["One.", "Two!", "\"Three?\"", "Four e.g. this.", "5 is five."]
        );
        assert_eq!(split("v1.2 and a.b"), ["v1.2 and a.b"]);
        assert_eq!(
            split("\u{6771}\u{4eac}\u{3002}\u{300c}\u{5927}\u{962a}\u{3002}\u{300d}\u{4eac}\u{90fd}"),
            ["\u{6771}\u{4eac}\u{3002}", "\u{300c}\u{5927}\u{962a}\u{3002}\u{300d}", "\u{4eac}\u{90fd}"]
        );
    }

    #[test]
    fn what_is_repeated_is_short_in_every_script() {
        let characters = |text: &str| text.chars().count();
        assert_eq!(last_words("a b\nc  d", 3, 100, &characters), "b c d");
        assert_eq!(last_words("aaaa bbbb cccc", 3, 10, &characters), "cccc");
        let long = "\u{6771}".repeat(1_000);
        let repeated = last_words(&long, 35, 20, &characters);
        assert!((5..=20).contains(&characters(&repeated)), "{repeated}");
        assert_eq!(last_words("", 35, 20, &characters), "");
    }
}
