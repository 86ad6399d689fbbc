//! Tags, and changes line by line.

use super::{Output, Token};

/// HTML, XML and their kin.
pub(super) fn tags(output: &mut Output<'_>) {
    let code = output.code;
    let mut at = 0;
    let mut unclosed = false;
    while let Some(start) = code.get(at..).and_then(|rest| rest.find('<')).map(|found| at + found) {
        let rest = code.get(start..).unwrap_or_default();
        if rest.starts_with("<!--") && !unclosed {
            let end = rest.find("-->").map(|found| start + found + 3);
            unclosed = end.is_none();
            at = end.unwrap_or(code.len());
            output.token(start, at, Token::Comment);
            continue;
        }
        let sign = 1 + usize::from(rest.as_bytes().get(1).is_some_and(|b| matches!(b, b'/' | b'!' | b'?')));
        let name = rest
            .bytes()
            .skip(sign)
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b':' | b'_' | b'.'))
            .count();
        if name == 0 {
            at = start + 1;
            continue;
        }
        at = start + sign + name;
        let closing = sign == 2 && rest.starts_with("</") && code.as_bytes().get(at) == Some(&b'>');
        output.token(start, at + usize::from(closing), Token::Name);
        at = if closing { at + 1 } else { attributes(output, at) };
    }
}

/// Colours what is in a tag from behind its name, and returns where the tag ends.
fn attributes(output: &mut Output<'_>, mut at: usize) -> usize {
    let bytes = output.code.as_bytes();
    while let Some(byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        let take = |wanted: fn(u8) -> bool| rest.iter().take_while(|b| wanted(**b)).count();
        match byte {
            b'<' => break,
            b'>' => {
                output.token(at, at + 1, Token::Name);
                return at + 1;
            }
            b'/' | b'?' if rest.get(1) == Some(&b'>') => {
                output.token(at, at + 2, Token::Name);
                return at + 2;
            }
            quote @ (b'"' | b'\'') => {
                let end = rest.iter().skip(1).position(|b| b == quote).map_or(bytes.len(), |length| at + length + 2);
                output.token(at, end, Token::Text);
                at = end;
            }
            b'=' => at += 1,
            byte if byte.is_ascii_whitespace() => at += 1,
            _ => {
                let length =
                    take(|b| !b.is_ascii_whitespace() && !matches!(b, b'=' | b'>' | b'<' | b'"' | b'\'' | b'/')).max(1);
                let token = if at.checked_sub(1).and_then(|at| bytes.get(at)) == Some(&b'=') {
                    Token::Text
                } else {
                    Token::Key
                };
                output.token(at, at + length, token);
                at += length;
            }
        }
    }
    at
}

/// What was added and removed, as `diff -u` writes it.
pub(super) fn changes(output: &mut Output<'_>) {
    let mut at = 0;
    for line in output.code.split_inclusive('\n') {
        let end = at + line.trim_end_matches(['\n', '\r']).len();
        let token = match line.as_bytes() {
            [b'+', b'+', b'+', b' ', ..] | [b'-', b'-', b'-', b' ', ..] => Token::Keyword,
            [b'+', ..] => Token::Inserted,
            [b'-', ..] => Token::Deleted,
            [b'@', b'@', ..] => Token::Key,
            [b'd', b'i', b'f', b'f', b' ', ..] | [b'i', b'n', b'd', b'e', b'x', b' ', ..] => Token::Keyword,
            _ => Token::Plain,
        };
        output.token(at, end, token);
        at += line.len();
    }
}
