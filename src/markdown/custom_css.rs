//! The style sheet that the owner of a wiki wrote, made fit to be served: parsed by the
//! grammar of CSS Syntax Level 3 and written anew from its tokens, every selector below
//! [`SCOPE`], nothing in it that loads, and no rule that was not understood.
//!
//! Selectors stay inside the text of a page: each one begins with `.prose`, and none goes on
//! from there to a neighbour. What could be painted outside of it is cut off by a rule of our
//! own: `!important` in a layer is stronger than all that is in none (CSS Cascading and
//! Inheritance Level 5, 6.1), and a style sheet with layers is refused.

mod selectors;
mod values;

use cssparser::{
    AtRuleParser, BasicParseErrorKind, CowRcStr, DeclarationParser, ParseError, ParseErrorKind, Parser, ParserState,
    QualifiedRuleParser, RuleBodyItemParser, RuleBodyParser, SourceLocation, StyleSheetParser, ToCss as _, Token,
    TokenSerializationType as Before,
};

use selectors::selectors;
use values::Value;

/// The element that holds the text of a page.
const SCOPE: &str = "prose";
/// At-rules within at-rules.
const MOST_NESTED: usize = 4;
/// Problems that are told; more are of no use.
const MOST_PROBLEMS: usize = 20;

/// Keeps what is painted inside of the text, also what is positioned. Containment needs a box.
const CONFINED: &str = "@layer confined{@media screen{.prose{contain:paint!important;display:block!important}}}\n";

/// A style sheet that can be served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomStyle {
    /// Empty when there is no rule in it.
    pub css: String,
    /// What is not in it, in the order of the source.
    pub problems: Vec<StyleProblem>,
}

/// A part of a style sheet that is not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StyleProblem {
    /// Counted from 1.
    pub line: u32,
    /// In words: `url() is not allowed here`.
    pub text: String,
}

/// Makes a style sheet fit to be served.
#[must_use]
pub fn custom_css(source: &str) -> CustomStyle {
    let mut sheet = Sheet { depth: 0, problems: Vec::new() };
    let css = sheet.rules(&mut Parser::new(source));
    sheet.problems.sort_by_key(|problem| problem.line);
    let css = if css.is_empty() { css } else { css + CONFINED };
    CustomStyle { css, problems: sheet.problems }
}

type Refused = ParseError<String>;

fn refused(text: impl Into<String>) -> Refused {
    ParseError { kind: ParseErrorKind::Custom(text.into()) }
}

struct Sheet {
    depth: usize,
    problems: Vec<StyleProblem>,
}

impl Sheet {
    /// The rules up to the end of the input, as they are served.
    fn rules(&mut self, input: &mut Parser<'_>) -> String {
        let mut css = String::new();
        let mut failed = Vec::new();
        for rule in StyleSheetParser::new(input, self) {
            match rule {
                Ok(rule) => css.push_str(&rule),
                Err((error, _, place)) => failed.push((error, place)),
            }
        }
        for (error, place) in failed {
            self.problem(error, place);
        }
        css
    }

    fn problem(&mut self, error: Refused, place: SourceLocation) {
        if self.problems.len() >= MOST_PROBLEMS {
            return;
        }
        let text = match error.kind {
            ParseErrorKind::Custom(text) => text,
            ParseErrorKind::Basic(BasicParseErrorKind::EndOfInput) => "something is missing at the end".to_owned(),
            ParseErrorKind::Basic(BasicParseErrorKind::TooManyNestedBlocks) => "is nested too deeply".to_owned(),
            ParseErrorKind::Basic(_) => "is not CSS that is understood here".to_owned(),
        };
        self.problems.push(StyleProblem { line: place.line.saturating_add(1), text });
    }
}

impl<'i> AtRuleParser<'i> for Sheet {
    type Prelude = String;
    type AtRule = String;
    type Error = String;

    fn parse_prelude(&mut self, name: CowRcStr<'i>, input: &mut Parser<'i>) -> Result<String, Refused> {
        let name = name.to_ascii_lowercase();
        if !matches!(name.as_str(), "media" | "supports") {
            return Err(refused(format!("@{name} is not allowed; only @media and @supports are")));
        }
        if self.depth >= MOST_NESTED {
            return Err(refused(format!("@{name} is nested too deeply")));
        }
        let mut prelude = format!("@{name} ");
        copy(input, &mut prelude, in_condition, "the condition is not understood")?;
        Ok(prelude)
    }

    fn parse_block(
        &mut self,
        prelude: String,
        _start: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<String, Refused> {
        self.depth += 1;
        let rules = self.rules(input);
        self.depth -= 1;
        Ok(if rules.is_empty() { rules } else { format!("{prelude}{{\n{rules}}}\n") })
    }
}

impl<'i> QualifiedRuleParser<'i> for Sheet {
    type Prelude = String;
    type QualifiedRule = String;
    type Error = String;

    fn parse_prelude(&mut self, input: &mut Parser<'i>) -> Result<String, Refused> {
        selectors(input)
    }

    fn parse_block(
        &mut self,
        selectors: String,
        _start: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<String, Refused> {
        let mut css = String::new();
        let mut failed = Vec::new();
        for declaration in RuleBodyParser::new(input, &mut Declarations) {
            match declaration {
                Ok(declaration) => css.push_str(&declaration),
                Err((error, _, place)) => failed.push((error, place)),
            }
        }
        for (error, place) in failed {
            self.problem(error, place);
        }
        Ok(if css.is_empty() { css } else { format!("{selectors}{{{css}}}\n") })
    }
}

/// What stands between a rule's braces: declarations alone. A rule within a rule could
/// leave the scope (`.x:not(&)`).
struct Declarations;

impl<'i> DeclarationParser<'i> for Declarations {
    type Declaration = String;
    type Error = String;

    fn parse_value(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i>,
        _start: &ParserState,
    ) -> Result<String, Refused> {
        let property = if name.starts_with("--") { name.to_string() } else { name.to_ascii_lowercase() };
        allowed(&property)?;
        let mut css = String::new();
        write(&Token::Ident(property.clone().into()), &mut css)?;
        css.push(':');
        Value { property: &property }.copy(input, &mut css)?;
        css.push(';');
        Ok(css)
    }
}

impl<'i> AtRuleParser<'i> for Declarations {
    type Prelude = ();
    type AtRule = String;
    type Error = String;

    fn parse_prelude(&mut self, name: CowRcStr<'i>, _input: &mut Parser<'i>) -> Result<(), Refused> {
        Err(refused(format!("@{name} must not stand inside of a rule")))
    }
}

impl<'i> QualifiedRuleParser<'i> for Declarations {
    type Prelude = ();
    type QualifiedRule = String;
    type Error = String;
}

impl RuleBodyItemParser<'_, String, String> for Declarations {
    fn parse_declarations(&self) -> bool {
        true
    }

    fn parse_qualified(&self) -> bool {
        false
    }
}

/// Properties that run something, or that reach beyond the page's text.
fn allowed(property: &str) -> Result<(), Refused> {
    let stem = property.trim_start_matches(['-', '*', '_']);
    let stem = ["webkit-", "moz-", "ms-", "o-"].iter().find_map(|vendor| stem.strip_prefix(vendor)).unwrap_or(stem);
    let barred = matches!(stem, "behavior" | "binding" | "contain" | "src") || stem.starts_with("view-transition");
    if barred && !property.starts_with("--") {
        return Err(refused(format!("the property {property} is not allowed")));
    }
    Ok(())
}

/// Writes a token, and a comment before it where two would become one.
fn separated(token: &Token<'_>, before: &mut Before, css: &mut String) -> Result<(), Refused> {
    let kind = token.serialization_type();
    if before.needs_separator_when_before(kind) {
        css.push_str("/**/");
    }
    *before = kind;
    write(token, css)
}

fn write(token: &Token<'_>, css: &mut String) -> Result<(), Refused> {
    token.to_css(css).map_err(|_no_room| refused("cannot be written"))
}

/// What a token is where a few kinds of them are allowed.
enum Kind {
    Plain,
    /// It opens parentheses or brackets, with such tokens in them.
    Opening(fn(&Token<'_>) -> Kind),
    Foreign,
}

/// Writes the tokens up to the end of the input, if all are of a kind that is allowed.
fn copy(
    input: &mut Parser<'_>,
    css: &mut String,
    kind_of: fn(&Token<'_>) -> Kind,
    problem: &str,
) -> Result<(), Refused> {
    let mut before = Before::Nothing;
    while let Ok(token) = input.next_including_whitespace().cloned() {
        if let Token::WhiteSpace(_) = token {
            css.push(' ');
            before = Before::Nothing;
            continue;
        }
        match kind_of(&token) {
            Kind::Plain => separated(&token, &mut before, css)?,
            Kind::Opening(inside) => {
                separated(&token, &mut before, css)?;
                input.parse_nested_block(|inner| copy(inner, css, inside, problem))?;
                css.push(if token == Token::SquareBracketBlock { ']' } else { ')' });
                before = Before::Nothing;
            }
            Kind::Foreign => return Err(refused(problem)),
        }
    }
    Ok(())
}

/// The condition of `@media` and `@supports`: words, numbers, comparisons and parentheses.
fn in_condition(token: &Token<'_>) -> Kind {
    match token {
        Token::ParenthesisBlock => Kind::Opening(in_condition),
        Token::Ident(_)
        | Token::Number { .. }
        | Token::Percentage { .. }
        | Token::Dimension { .. }
        | Token::Colon
        | Token::Comma
        | Token::Delim('<' | '>' | '=' | '/') => Kind::Plain,
        _ => Kind::Foreign,
    }
}

#[cfg(test)]
mod tests;
