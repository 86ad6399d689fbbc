//! The scanner. It never looks back, and ahead only to the end of the token, so that its time is
//! a multiple of the length: what is left open ends with the line or with the code.

use std::collections::HashSet;

use super::languages::{Kind, Language, Quote, Traits};
use super::{Output, Token, markup};

/// How far ahead is looked for the end of what may be something else, in bytes.
const LOOK_AHEAD: usize = 300;

pub(super) fn code(output: &mut Output<'_>, language: &'static Language, words: &HashSet<&'static str>) {
    match language.kind {
        Kind::Markup => markup::tags(output),
        Kind::Lines => markup::changes(output),
        Kind::Words => {
            let mut scanner = Scanner {
                code: output.code,
                at: 0,
                language,
                words,
                unclosed: HashSet::new(),
                starts_line: true,
                value: true,
            };
            while scanner.at < scanner.code.len() {
                scanner.step(output);
            }
        }
    }
}

struct Scanner<'c> {
    code: &'c str,
    at: usize,
    language: &'static Language,
    words: &'c HashSet<&'static str>,
    /// Signs that end nowhere in the rest of the code: not looked for again.
    unclosed: HashSet<&'static str>,
    /// Only blanks stand before this place on its line.
    starts_line: bool,
    /// A value may come here, so that `/` opens a pattern.
    value: bool,
}

impl<'c> Scanner<'c> {
    fn rest(&self) -> &'c str {
        self.code.get(self.at..).unwrap_or_default()
    }

    fn byte(&self, at: usize) -> u8 {
        self.code.as_bytes().get(at).copied().unwrap_or_default()
    }

    fn has(&self, of: Traits) -> bool {
        self.language.traits.has(of)
    }

    fn take(&mut self, output: &mut Output<'_>, length: usize, token: Token) {
        let length = whole(self.rest(), length);
        output.token(self.at, self.at + length, token);
        self.at += length;
        self.starts_line = false;
        self.value = matches!(token, Token::Keyword | Token::Comment);
    }

    fn step(&mut self, output: &mut Output<'_>) {
        let rest = self.rest();
        let first = self.byte(self.at);
        if matches!(first, b' ' | b'\t' | b'\n' | b'\r') {
            self.starts_line |= first == b'\n';
            self.at += 1;
            return;
        }
        if self.starts_line
            && let Some((length, token)) = self.line(rest)
        {
            return self.take(output, length, token);
        }
        if let Some(length) = self.comment(rest) {
            let starts_line = self.starts_line;
            self.take(output, length, Token::Comment);
            self.starts_line = starts_line;
            return;
        }
        if let Some(length) = self.text(rest) {
            let token = if self.is_key(length) { Token::Key } else { Token::Text };
            return self.take(output, length, token);
        }
        if let Some((length, token)) = self.sign(rest) {
            return self.take(output, length, token);
        }
        if first.is_ascii_digit() {
            return self.take(output, number(rest), Token::Number);
        }
        let length = self.word(rest);
        if length > 0 {
            let token = self.token(rest, length);
            let value = token == Token::Keyword && !matches!(rest.get(..length), Some("this" | "super" | "self"));
            let length = length + usize::from(token == Token::Name && rest.as_bytes().get(length) == Some(&b'!'));
            self.take(output, length, token);
            self.value = value;
            return;
        }
        self.value = !matches!(first, b')' | b']' | b'}');
        // The sign of a list in YAML: a key may follow.
        self.starts_line &= first == b'-' && self.has(Traits::COLON_LINES);
        self.at += rest.chars().next().map_or(1, char::len_utf8);
    }

    /// What counts only at the start of a line.
    fn line(&self, rest: &str) -> Option<(usize, Token)> {
        let line = line(rest);
        if self.has(Traits::DIRECTIVES) && rest.starts_with('#') {
            let blank = 1 + rest.bytes().skip(1).take_while(|b| *b == b' ').count();
            let length = rest.bytes().skip(blank).take_while(u8::is_ascii_alphabetic).count();
            return (length > 0).then_some((blank + length, Token::Keyword));
        }
        if self.has(Traits::EQUALS_LINES) && rest.starts_with('[') && line.trim_end().ends_with(']') {
            return Some((line.trim_end().len(), Token::Name));
        }
        let sign = if self.has(Traits::EQUALS_LINES) {
            '='
        } else if self.has(Traits::COLON_LINES) {
            ':'
        } else {
            return None;
        };
        // Of a list in YAML, the sign is not part of the key.
        if line.starts_with("- ") || line.starts_with(['#', ';', '&', '*', '{', '[', '|', '>', '@']) {
            return None;
        }
        let mut quoted = None;
        for (at, c) in line.char_indices() {
            match (c, quoted) {
                (c, Some(open)) if c == open => quoted = None,
                (_, Some(_)) => {}
                ('"' | '\'', None) if at == 0 => quoted = Some(c),
                (c, None) if c == sign => {
                    let ends = sign == '='
                        || line.get(at + 1..).is_none_or(|after| after.is_empty() || after.starts_with(' '));
                    let key = line.get(..at).unwrap_or_default().trim_end();
                    return (ends && !key.is_empty()).then_some((key.len(), Token::Key));
                }
                ('#', None) => return None,
                _ => {}
            }
        }
        None
    }

    fn comment(&mut self, rest: &'c str) -> Option<usize> {
        let language = self.language;
        for (open, close) in language.block_comments {
            let at_line = !open.starts_with('=') || self.starts_line;
            if at_line && rest.starts_with(open) && !self.unclosed.contains(close) {
                let found = if language.nested { nested(rest, open, close) } else { after(rest, open.len(), close) };
                if found.is_none() {
                    self.unclosed.insert(close);
                }
                return Some(found.unwrap_or(rest.len()));
            }
        }
        let sign = language.line_comments.iter().find(|sign| rest.starts_with(**sign))?;
        let is_word = sign.starts_with(|c: char| c.is_ascii_alphabetic());
        // `$#`, `a#b` and `http://` are none, nor is a sign of assembly inside a word.
        let before = self.at.checked_sub(1).map(|at| self.byte(at));
        let apart =
            before.is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b';' | b')' | b'}' | b'{' | b',' | b'('));
        let needs_room = matches!(*sign, "#" | ";" | "!" | "%" | "'");
        if (needs_room && !apart)
            || (is_word && !self.starts_line)
            || (*sign == "//" && before == Some(b':'))
            || (*sign == "#" && self.has(Traits::RUST))
            || (language.names.starts_with("php") && rest.starts_with("#["))
        {
            return None;
        }
        Some(rest.find('\n').unwrap_or(rest.len()))
    }

    fn text(&mut self, rest: &'c str) -> Option<usize> {
        if self.has(Traits::CHARACTERS) && rest.starts_with('\'') {
            return character(rest);
        }
        if self.has(Traits::RUST)
            && let Some(length) = self.raw(rest)
        {
            return Some(length);
        }
        if self.has(Traits::PATTERNS) && self.value && rest.starts_with('/') {
            return pattern(rest);
        }
        let quote = self.language.strings.iter().find(|quote| rest.starts_with(quote.open))?;
        if self.unclosed.contains(quote.close) && quote.lines {
            return Some(quote.open.len());
        }
        let (length, closed) = quoted(rest, quote);
        if !closed && quote.lines {
            self.unclosed.insert(quote.close);
        }
        Some(length)
    }

    /// `r"..."`, `r#"..."#`.
    fn raw(&mut self, rest: &'c str) -> Option<usize> {
        let after_r = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
        let signs = after_r.bytes().take_while(|b| *b == b'#').count();
        if signs > 8 || !after_r.get(signs..)?.starts_with('"') || self.unclosed.contains("r\"") {
            return None;
        }
        let start = rest.len() - after_r.len() + signs + 1;
        let close = "\"########".get(..=signs)?;
        let found = after(rest, start, close);
        if found.is_none() {
            self.unclosed.insert("r\"");
        }
        Some(found.unwrap_or(rest.len()))
    }

    /// Whether a text, or in style sheets a word, of that length is a key: a colon follows.
    fn is_key(&self, length: usize) -> bool {
        let rest = self.rest();
        self.has(Traits::KEYS)
            && rest.get(length..).is_some_and(|after| after.trim_start_matches([' ', '\t']).starts_with(':'))
    }

    /// Signs that make something of the word after them.
    fn sign(&self, rest: &str) -> Option<(usize, Token)> {
        let bytes = rest.as_bytes();
        let name =
            |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        match bytes {
            [b'$', b'{', ..] if self.has(Traits::DOLLARS) => Some((line(rest).find('}')? + 1, Token::Key)),
            [b'$', next, ..] if self.has(Traits::DOLLARS) && (next.is_ascii_alphanumeric() || *next == b'_') => {
                Some((1 + name(1), Token::Key))
            }
            [b'#', b'[', ..] | [b'#', b'!', b'[', ..] if self.has(Traits::RUST) => {
                Some((line(rest).find(']')? + 1, Token::Key))
            }
            [b'@', next, ..] if self.has(Traits::AT) && (next.is_ascii_alphabetic() || *next == b'_') => {
                let token = if self.has(Traits::STYLES) { Token::Keyword } else { Token::Key };
                let length =
                    bytes.iter().skip(1).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
                Some((1 + length.count(), token))
            }
            [b'#', next, ..] if self.has(Traits::STYLES) && next.is_ascii_hexdigit() => {
                let length = name(1);
                let hex = bytes.iter().skip(1).take(length).all(u8::is_ascii_hexdigit);
                (hex && matches!(length, 3 | 4 | 6 | 8)).then_some((1 + length, Token::Number))
            }
            [b'\\', next, ..] if self.has(Traits::BACKSLASH) => {
                let length = bytes.iter().skip(1).take_while(|b| b.is_ascii_alphabetic()).count();
                Some((1 + length.max(usize::from(next.is_ascii())), Token::Keyword))
            }
            _ => None,
        }
    }

    /// How long the word is that starts here.
    fn word(&self, rest: &str) -> usize {
        let hyphens = self.has(Traits::STYLES) || self.has(Traits::HYPHENS);
        let starts = |c: char| c.is_alphabetic() || c == '_' || (c == '!' && self.has(Traits::STYLES));
        if !rest.starts_with(starts) {
            return 0;
        }
        let goes_on = |c: char| c.is_alphanumeric() || c == '_' || (hyphens && c == '-');
        rest.char_indices().skip(1).find(|(_, c)| !goes_on(*c)).map_or(rest.len(), |(at, _)| at)
    }

    fn token(&self, rest: &str, length: usize) -> Token {
        let word = rest.get(..length).unwrap_or_default();
        let after = rest.get(length..).unwrap_or_default();
        let before = self.at.checked_sub(1).map(|at| self.byte(at));
        if self.has(Traits::STYLES) {
            let is_key = after.trim_start_matches(' ').starts_with(':')
                && after
                    .trim_start_matches(' ')
                    .get(1..2)
                    .is_none_or(|next| next.trim().is_empty() || !next.starts_with(|c: char| c.is_ascii_alphabetic()));
            return match (is_key, word.starts_with('!')) {
                (true, _) => Token::Key,
                (_, true) => Token::Keyword,
                _ if after.starts_with('(') => Token::Name,
                _ => Token::Plain,
            };
        }
        let known = if self.language.any_case {
            length <= 32 && self.words.contains(word.to_ascii_lowercase().as_str())
        } else {
            self.words.contains(word)
        };
        if known && before != Some(b'.') && (self.starts_line || !self.has(Traits::FIRST_WORD)) {
            return Token::Keyword;
        }
        if after.starts_with('(') || (self.has(Traits::RUST) && after.starts_with('!') && !after.starts_with("!=")) {
            return Token::Name;
        }
        let large = word.starts_with(char::is_uppercase) && word.contains(char::is_lowercase);
        if self.has(Traits::TYPES) && large { Token::Name } else { Token::Plain }
    }
}

/// The line that a text starts with, or the beginning of a long one.
fn line(rest: &str) -> &str {
    let start = rest.get(..rest.floor_char_boundary(LOOK_AHEAD)).unwrap_or_default();
    start.split(['\n', '\r']).next().unwrap_or_default()
}

/// The length in whole characters of at least one.
fn whole(rest: &str, length: usize) -> usize {
    rest.ceil_char_boundary(length.clamp(1, rest.len().max(1)))
}

/// Where what follows the next `sign` starts.
fn after(rest: &str, from: usize, sign: &str) -> Option<usize> {
    Some(from + rest.get(from..)?.find(sign)? + sign.len())
}

fn nested(rest: &str, open: &str, close: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let (mut at, mut depth) = (0, 0usize);
    while at < bytes.len() {
        let here = bytes.get(at..)?;
        if here.starts_with(open.as_bytes()) {
            depth += 1;
            at += open.len();
        } else if here.starts_with(close.as_bytes()) {
            depth = depth.saturating_sub(1);
            at += close.len();
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += 1;
        }
    }
    None
}

/// The length of a text, and whether it is closed.
fn quoted(rest: &str, quote: &Quote) -> (usize, bool) {
    let bytes = rest.as_bytes();
    let mut at = quote.open.len();
    while let Some(byte) = bytes.get(at) {
        if *byte == b'\\' && quote.escapes {
            at += 2;
        } else if bytes.get(at..).is_some_and(|here| here.starts_with(quote.close.as_bytes())) {
            return (at + quote.close.len(), true);
        } else if matches!(byte, b'\n' | b'\r') && !quote.lines {
            return (at, false);
        } else {
            at += 1;
        }
    }
    (rest.len(), false)
}

/// `'x'` and `'\n'`; none for a lifetime or a label.
fn character(rest: &str) -> Option<usize> {
    let inside = rest.get(1..)?;
    if inside.starts_with('\\') {
        let length = inside.bytes().skip(1).take(12).take_while(|b| *b != b'\n').skip(1).position(|b| b == b'\'')?;
        return Some(1 + 2 + length + 1);
    }
    let first = inside.chars().next().filter(|c| !matches!(c, '\'' | '\n' | '\r'))?;
    inside.get(first.len_utf8()..)?.starts_with('\'').then_some(1 + first.len_utf8() + 1)
}

/// `/.../flags` on one line.
fn pattern(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let (mut at, mut class) = (1, false);
    loop {
        match bytes.get(at).filter(|_| at < LOOK_AHEAD)? {
            b'\n' | b'\r' => return None,
            b'\\' => at += 1,
            b'[' => class = true,
            b']' => class = false,
            b'/' if !class => break,
            _ => {}
        }
        at += 1;
    }
    let flags = bytes.iter().skip(at + 1).take_while(|b| b.is_ascii_lowercase()).count();
    (at > 1).then_some(at + 1 + flags)
}

fn number(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let goes_on = match byte {
            b'.' => bytes.get(at + 1).is_some_and(u8::is_ascii_digit),
            b'+' | b'-' => {
                matches!(bytes.get(at - 1), Some(b'e' | b'E'))
                    && !rest.starts_with("0x")
                    && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
            }
            b'%' => at > 0,
            byte => byte.is_ascii_alphanumeric() || *byte == b'_',
        };
        if !goes_on {
            break;
        }
        at += 1;
        if *byte == b'%' {
            break;
        }
    }
    at
}
