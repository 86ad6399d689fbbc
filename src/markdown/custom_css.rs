//! The style sheet that the owner of a wiki wrote, made fit to be served: parsed by the
//! grammar of CSS Syntax Level 3 and written anew from its tokens, every selector below
//! [`SCOPE`], nothing in it that loads, and no rule that was not understood.
//!
//! Selectors stay inside the text of a page: each one begins with `.prose`, and none goes on
//! from there to a neighbour. What could be painted outside of it is cut off by a rule of our
//! own: `!important` in a layer is stronger than all that is in none (CSS Cascading and
//! Inheritance Level 5, 6.1), and a style sheet with layers is refused.

use std::fmt::Write as _;

use cssparser::{
    AtRuleParser, BasicParseErrorKind, CowRcStr, DeclarationParser, ParseError, ParseErrorKind, Parser, ParserState,
    QualifiedRuleParser, RuleBodyItemParser, RuleBodyParser, SourceLocation, StyleSheetParser, ToCss as _, Token,
    TokenSerializationType as Before,
};

/// The element that holds the text of a page.
const SCOPE: &str = "prose";
/// At-rules within at-rules.
const MOST_NESTED: usize = 4;
/// Problems that are told; more are of no use.
const MOST_PROBLEMS: usize = 20;
/// Larger values of `z-index`, up or down, are refused.
const LARGEST_Z: f32 = 1_000.0;

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
        condition(input, &mut prelude)?;
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

/// Functions that a value may call. None of them loads anything.
const FUNCTIONS: &[&str] = &[
    "abs",
    "acos",
    "asin",
    "atan",
    "atan2",
    "attr",
    "blur",
    "brightness",
    "calc",
    "circle",
    "clamp",
    "color",
    "color-mix",
    "conic-gradient",
    "contrast",
    "cos",
    "counter",
    "counters",
    "cubic-bezier",
    "drop-shadow",
    "ellipse",
    "env",
    "exp",
    "fit-content",
    "grayscale",
    "hsl",
    "hsla",
    "hue-rotate",
    "hwb",
    "hypot",
    "inset",
    "invert",
    "lab",
    "lch",
    "light-dark",
    "linear",
    "linear-gradient",
    "log",
    "matrix",
    "matrix3d",
    "max",
    "min",
    "minmax",
    "mod",
    "oklab",
    "oklch",
    "opacity",
    "perspective",
    "polygon",
    "pow",
    "radial-gradient",
    "rect",
    "rem",
    "repeat",
    "repeating-conic-gradient",
    "repeating-linear-gradient",
    "repeating-radial-gradient",
    "rgb",
    "rgba",
    "rotate",
    "rotate3d",
    "rotatex",
    "rotatey",
    "rotatez",
    "round",
    "saturate",
    "scale",
    "scale3d",
    "scalex",
    "scaley",
    "scalez",
    "sepia",
    "sign",
    "sin",
    "skew",
    "skewx",
    "skewy",
    "sqrt",
    "steps",
    "symbols",
    "tan",
    "translate",
    "translate3d",
    "translatex",
    "translatey",
    "translatez",
    "var",
    "xywh",
];

struct Value<'p> {
    property: &'p str,
}

impl Value<'_> {
    /// Checks the tokens of a value and writes them.
    fn copy(&self, input: &mut Parser<'_>, css: &mut String) -> Result<(), Refused> {
        let mut before = Before::Nothing;
        while let Ok(token) = input.next_including_whitespace().cloned() {
            let close = match &token {
                Token::WhiteSpace(_) => {
                    css.push(' ');
                    before = Before::Nothing;
                    continue;
                }
                Token::Ident(name) => {
                    self.ident(name)?;
                    None
                }
                Token::Number { value, .. } => {
                    if self.property == "z-index" && value.abs() > LARGEST_Z {
                        return Err(refused(format!("z-index must be between -{LARGEST_Z} and {LARGEST_Z}")));
                    }
                    None
                }
                // Written anew, such a unit would be an exponent.
                Token::Dimension { unit, .. }
                    if unit.starts_with(['e', 'E']) && !unit.chars().nth(1).is_some_and(char::is_alphabetic) =>
                {
                    return Err(refused(format!("the value of {} is not understood", self.property)));
                }
                Token::Function(name) => {
                    self.function(name)?;
                    Some(')')
                }
                Token::ParenthesisBlock => Some(')'),
                Token::SquareBracketBlock => Some(']'),
                Token::UnquotedUrl(_) | Token::BadUrl(_) => {
                    return Err(refused("url() is not allowed: nothing is loaded"));
                }
                Token::CurlyBracketBlock
                | Token::Semicolon
                | Token::AtKeyword(_)
                | Token::CDO
                | Token::CDC
                | Token::BadString(_)
                | Token::CloseParenthesis
                | Token::CloseSquareBracket
                | Token::CloseCurlyBracket
                | Token::Delim('\\' | '<' | '>') => {
                    return Err(refused(format!("the value of {} is not understood", self.property)));
                }
                _ => None,
            };
            separated(&token, &mut before, css)?;
            if let Some(close) = close {
                input.parse_nested_block(|inner| self.copy(inner, css))?;
                css.push(close);
                before = Before::Nothing;
            }
        }
        Ok(())
    }

    fn ident(&self, name: &str) -> Result<(), Refused> {
        let name = name.to_ascii_lowercase();
        if self.property == "position" && matches!(name.as_str(), "fixed" | "sticky" | "-webkit-sticky") {
            return Err(refused(format!("position: {name} is not allowed")));
        }
        Ok(())
    }

    fn function(&self, name: &str) -> Result<(), Refused> {
        let lower = name.to_ascii_lowercase();
        if self.property == "z-index" || self.property == "position" {
            return Err(refused(format!("the value of {} must be written out", self.property)));
        }
        if FUNCTIONS.binary_search(&lower.as_str()).is_ok() {
            return Ok(());
        }
        Err(refused(match lower.as_str() {
            "url" | "src" | "image-set" | "-webkit-image-set" | "image" | "element" | "cross-fade" => {
                format!("{lower}() is not allowed: nothing is loaded")
            }
            _ => format!("{lower}() is not allowed"),
        }))
    }
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

/// The condition of `@media` and `@supports`: words, numbers, comparisons and parentheses.
fn condition(input: &mut Parser<'_>, css: &mut String) -> Result<(), Refused> {
    let mut before = Before::Nothing;
    while let Ok(token) = input.next_including_whitespace().cloned() {
        match &token {
            Token::WhiteSpace(_) => {
                css.push(' ');
                before = Before::Nothing;
            }
            Token::ParenthesisBlock => {
                css.push('(');
                input.parse_nested_block(|inner| condition(inner, css))?;
                css.push(')');
                before = Before::Nothing;
            }
            Token::Ident(_)
            | Token::Number { .. }
            | Token::Percentage { .. }
            | Token::Dimension { .. }
            | Token::Colon
            | Token::Comma
            | Token::Delim('<' | '>' | '=' | '/') => separated(&token, &mut before, css)?,
            _ => return Err(refused("the condition is not understood")),
        }
    }
    Ok(())
}

/// A list of selectors, each within the scope.
fn selectors(input: &mut Parser<'_>) -> Result<String, Refused> {
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
                input.parse_nested_block(|inner| arguments(inner, &mut self.css))?;
                self.css.push(')');
                self.before = Before::Nothing;
                return Ok(());
            }
            Token::SquareBracketBlock => {
                self.css.push('[');
                input.parse_nested_block(|inner| attribute(inner, &mut self.css))?;
                self.css.push(']');
                self.before = Before::Nothing;
                return Ok(());
            }
            _ => return Err(refused("the selector is not understood")),
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
fn arguments(input: &mut Parser<'_>, css: &mut String) -> Result<(), Refused> {
    let mut before = Before::Nothing;
    while let Ok(token) = input.next_including_whitespace().cloned() {
        match &token {
            Token::WhiteSpace(_) => {
                css.push(' ');
                before = Before::Nothing;
            }
            Token::SquareBracketBlock => {
                css.push('[');
                input.parse_nested_block(|inner| attribute(inner, css))?;
                css.push(']');
                before = Before::Nothing;
            }
            Token::Function(name) if PSEUDO_FUNCTIONS.contains(&name.to_ascii_lowercase().as_str()) => {
                separated(&token, &mut before, css)?;
                input.parse_nested_block(|inner| arguments(inner, css))?;
                css.push(')');
                before = Before::Nothing;
            }
            Token::Ident(_)
            | Token::IDHash(_)
            | Token::Hash(_)
            | Token::Colon
            | Token::Comma
            | Token::Number { .. }
            | Token::Dimension { .. }
            | Token::QuotedString(_)
            | Token::Delim('.' | '*' | '>' | '+' | '~' | '-') => separated(&token, &mut before, css)?,
            _ => return Err(refused("the selector is not understood")),
        }
    }
    Ok(())
}

fn attribute(input: &mut Parser<'_>, css: &mut String) -> Result<(), Refused> {
    let mut before = Before::Nothing;
    while let Ok(token) = input.next_including_whitespace().cloned() {
        match &token {
            Token::WhiteSpace(_) => {
                css.push(' ');
                before = Before::Nothing;
            }
            Token::Ident(_)
            | Token::QuotedString(_)
            | Token::Delim('=')
            | Token::IncludeMatch
            | Token::DashMatch
            | Token::PrefixMatch
            | Token::SuffixMatch
            | Token::SubstringMatch => separated(&token, &mut before, css)?,
            _ => return Err(refused("the selector is not understood")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
