use std::fmt::Write as _;

use cssparser::{Parser, Token, TokenSerializationType as Before};

use super::{Kind, Refused, SCOPE, copy, refused, separated};

const NOT_UNDERSTOOD: &str = "the selector is not understood";

/// A list of selectors, each within the scope.
pub(super) fn selectors(input: &mut Parser<'_>) -> Result<String, Refused> {
    let mut list = String::new();
    let mut selector = Selector::default();
    while let Ok(token) = input.next_including_whitespace().cloned() {
        if token == Token::Comma {
            selector.finish(&mut list)?;
            selector = Selector::default();
            continue;
        }
        selector.take(&token, input)?;
    }
    selector.finish(&mut list)?;
    Ok(list)
}

/// One complex selector while it is read.
#[derive(Default)]
struct Selector {
    css: String,
    before: Before,
    /// How it begins: with the scope itself, or with something in it.
    at_scope: bool,
    /// Whether what was read ends in a `.`, so that a class follows.
    class: bool,
    /// Whether a combinator has been read.
    combined: bool,
    begun: bool,
    /// White space that may be a combinator.
    space: bool,
}

impl Selector {
    fn take(&mut self, token: &Token<'_>, input: &mut Parser<'_>) -> Result<(), Refused> {
        let class = std::mem::take(&mut self.class);
        match token {
            Token::WhiteSpace(_) => {
                self.space = self.begun;
                return Ok(());
            }
            Token::Delim(combinator @ ('>' | '+' | '~')) => {
                if !self.begun {
                    return Err(refused(format!("a selector must not begin with {combinator}")));
                }
                if self.at_scope && !self.combined && *combinator != '>' {
                    return Err(refused(format!(".{SCOPE} {combinator} would be outside of the text")));
                }
                self.combined = true;
                self.space = false;
                self.before = Before::Nothing;
                self.css.push_str(&format!(" {combinator} "));
                return Ok(());
            }
            _ => {}
        }
        if std::mem::take(&mut self.space) && !self.css.ends_with(' ') {
            self.combined = true;
            self.css.push(' ');
            self.before = Before::Nothing;
        }
        let first = !std::mem::replace(&mut self.begun, true);
        match token {
            Token::Ident(name) => {
                let whole = first && matches!(name.to_ascii_lowercase().as_str(), "html" | "body" | "head" | "main");
                if whole {
                    return Err(refused(format!("'{name}' is outside of the text; write .{SCOPE} for all of it")));
                }
                if class && !self.combined && name.as_ref() == SCOPE && self.css == "." {
                    self.at_scope = true;
                }
            }
            Token::Delim('.') => self.class = true,
            Token::Delim('*') | Token::IDHash(_) | Token::Hash(_) | Token::Colon => {}
            Token::Function(name) => {
                let lower = name.to_ascii_lowercase();
                if !PSEUDO_FUNCTIONS.contains(&lower.as_str()) || !self.css.ends_with(':') {
                    return Err(refused(format!("'{name}()' is not allowed in a selector")));
                }
                self.css.push_str(&lower);
                self.css.push('(');
                input.parse_nested_block(|inner| copy(inner, &mut self.css, in_arguments, NOT_UNDERSTOOD))?;
                self.css.push(')');
                self.before = Before::Nothing;
                return Ok(());
            }
            Token::SquareBracketBlock => {
                self.css.push('[');
                input.parse_nested_block(|inner| copy(inner, &mut self.css, in_attribute, NOT_UNDERSTOOD))?;
                self.css.push(']');
                self.before = Before::Nothing;
                return Ok(());
            }
            _ => return Err(refused(NOT_UNDERSTOOD)),
        }
        separated(token, &mut self.before, &mut self.css)
    }

    fn finish(self, list: &mut String) -> Result<(), Refused> {
        if !self.begun || self.css.trim_end().ends_with(['>', '+', '~', '.', ':']) {
            return Err(refused("a selector is not complete"));
        }
        if self.css.starts_with(":root") || self.css.starts_with(":host") || self.css.starts_with("::view") {
            return Err(refused(format!("'{}' is outside of the text; write .{SCOPE} for all of it", self.css)));
        }
        if !list.is_empty() {
            list.push(',');
        }
        let written = if self.at_scope { write!(list, "{}", self.css) } else { write!(list, ".{SCOPE} {}", self.css) };
        written.map_err(|_no_room| refused("cannot be written"))
    }
}

/// What a selector may call after a colon.
const PSEUDO_FUNCTIONS: &[&str] =
    &["is", "where", "not", "has", "nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type", "lang", "dir"];

/// What stands in a selector's parentheses. Whatever it matches, its subject is in the scope.
fn in_arguments(token: &Token<'_>) -> Kind {
    match token {
        Token::SquareBracketBlock => Kind::Opening(in_attribute),
        Token::Function(name) if PSEUDO_FUNCTIONS.contains(&name.to_ascii_lowercase().as_str()) => {
            Kind::Opening(in_arguments)
        }
        Token::Ident(_)
        | Token::IDHash(_)
        | Token::Hash(_)
        | Token::Colon
        | Token::Comma
        | Token::Number { .. }
        | Token::Dimension { .. }
        | Token::QuotedString(_)
        | Token::Delim('.' | '*' | '>' | '+' | '~' | '-') => Kind::Plain,
        _ => Kind::Foreign,
    }
}

fn in_attribute(token: &Token<'_>) -> Kind {
    match token {
        Token::Ident(_)
        | Token::QuotedString(_)
        | Token::Delim('=')
        | Token::IncludeMatch
        | Token::DashMatch
        | Token::PrefixMatch
        | Token::SuffixMatch
        | Token::SubstringMatch => Kind::Plain,
        _ => Kind::Foreign,
    }
}
