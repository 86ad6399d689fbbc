use cssparser::{Parser, Token, TokenSerializationType as Before};

use super::{Refused, refused, separated};

/// Larger values of `z-index`, up or down, are refused.
const LARGEST_Z: f32 = 1_000.0;

/// Functions that a value may call. None of them loads anything.
const FUNCTIONS: &str = "\
    abs acos asin atan atan2 attr blur brightness calc circle clamp color color-mix conic-gradient contrast cos \
    counter counters cubic-bezier drop-shadow ellipse env exp fit-content grayscale hsl hsla hue-rotate hwb hypot \
    inset invert lab lch light-dark linear linear-gradient log matrix matrix3d max min minmax mod oklab oklch \
    opacity perspective polygon pow radial-gradient rect rem repeat repeating-conic-gradient \
    repeating-linear-gradient repeating-radial-gradient rgb rgba rotate rotate3d rotatex rotatey rotatez round \
    saturate scale scale3d scalex scaley scalez sepia sign sin skew skewx skewy sqrt steps symbols tan translate \
    translate3d translatex translatey translatez var xywh";

/// Whether a value may call a function of this name, in small letters.
pub(super) fn may_call(name: &str) -> bool {
    FUNCTIONS.split(' ').any(|known| known == name)
}

/// The value of a property.
pub(super) struct Value<'p> {
    pub(super) property: &'p str,
}

impl Value<'_> {
    /// Checks the tokens of a value and writes them.
    pub(super) fn copy(&self, input: &mut Parser<'_>, css: &mut String) -> Result<(), Refused> {
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
        if may_call(&lower) {
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
