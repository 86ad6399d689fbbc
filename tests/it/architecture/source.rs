//! Just enough of Rust's grammar to tell code from comments, strings and tests.

#[derive(Clone, Copy)]
pub(super) struct Token<'t> {
    /// 1-based.
    pub(super) line: usize,
    pub(super) text: &'t str,
}

/// Words, `::` and single characters; no comments, strings, characters or lifetimes' quotes.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let (mut tokens, mut rest, mut line) = (Vec::new(), text, 1);
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let quoted = rest[word..].trim_start_matches('#').starts_with('"');
        let hashes = rest[word..].len() - rest[word..].trim_start_matches('#').len();
        let (skipped, kept) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), false)
        } else if rest.starts_with("/*") {
            (block_comment(rest), false)
        } else if matches!(&rest[..word], "r" | "br" | "cr") && quoted {
            let start = word + hashes + 1;
            let end = format!("\"{}", "#".repeat(hashes));
            (rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len()), false)
        } else if let Some(name) = rest.strip_prefix("r#") {
            (2 + name.find(|c| !is_word(c)).unwrap_or(name.len()), true)
        } else if word > 0 {
            (word, true)
        } else if first == '"' {
            (quoted_end(rest, '"'), false)
        } else if first == '\'' {
            let is_char = rest[1..].starts_with('\\') || rest.chars().nth(2) == Some('\'');
            (if is_char { quoted_end(rest, '\'') } else { 1 }, false)
        } else if rest.starts_with("::") {
            (2, true)
        } else {
            (first.len_utf8(), !first.is_whitespace())
        };
        if kept {
            tokens.push(Token { line, text: &rest[..skipped] });
        }
        line += rest[..skipped].matches('\n').count();
        rest = &rest[skipped..];
    }
    tokens
}

fn quoted_end(text: &str, quote: char) -> usize {
    let mut escaped = true; // the opening quote
    for (at, c) in text.char_indices() {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

fn block_comment(text: &str) -> usize {
    let (mut at, mut open) = (0, 0_usize);
    while let Some(next) = text[at..].find("/*").into_iter().chain(text[at..].find("*/")).min() {
        open = if text[at + next..].starts_with("/*") { open + 1 } else { open - 1 };
        at += next + 2;
        if open == 0 {
            return at;
        }
    }
    text.len()
}

/// Leaves out the items behind `#[cfg(test)]`.
pub(super) fn without_tests<'t>(tokens: &[Token<'t>]) -> Vec<Token<'t>> {
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        if !tokens[at..].iter().map(|token| token.text).take(6).eq(["#", "[", "cfg", "(", "test", ")"]) {
            kept.push(tokens[at]);
            at += 1;
            continue;
        }
        let mut open = 0_usize;
        for token in &tokens[at..] {
            match token.text {
                "{" | "(" | "[" => open += 1,
                "}" | ")" | "]" if open == 0 => break,
                "}" | ")" | "]" => open -= 1,
                _ => {}
            }
            at += 1;
            let ends_use = token.text == "}" && tokens.get(at).is_some_and(|next| next.text == ";");
            if open == 0 && (token.text == ";" || token.text == "}" && !ends_use) {
                break;
            }
        }
    }
    kept
}
