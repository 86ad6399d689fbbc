use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{PreferenceError, by_text, named};
use crate::model::UnixSeconds;

/// What is asked of people who save in a browser: a note on what they changed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MessagePolicy {
    pub demand: MessageDemand,
    /// What a change is called when nothing was typed.
    pub template: MessageTemplate,
}

/// Whether a note is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageDemand {
    #[default]
    Optional,
    /// Nothing is saved without one.
    Required,
    /// There is no field for it.
    Hidden,
}

named!(MessageDemand, "message_policy", Optional = "optional", Required = "required", Hidden = "hidden");

/// A message with placeholders, of at most 200 characters; empty for what the product says
/// itself (`Update Page`). `%P` is the page's name; `%Y %m %d %H %M` are the time, UTC;
/// `%%` is a percent sign.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageTemplate(String);

impl MessageTemplate {
    pub const LONGEST: usize = 200;
    const FIELD: &'static str = "message_template";

    /// # Errors
    /// When it is too long, is more than one line, or has a placeholder that nobody knows.
    pub fn parse(text: &str) -> Result<Self, PreferenceError> {
        let text = text.trim();
        if text.chars().count() > Self::LONGEST {
            return Err(PreferenceError::too_long(Self::FIELD, Self::LONGEST));
        }
        if text.chars().any(char::is_control) {
            return Err(PreferenceError::new(Self::FIELD, "must be one line without control characters"));
        }
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            if c == '%' {
                let code = rest.next();
                if !matches!(code, Some('P' | 'Y' | 'm' | 'd' | 'H' | 'M' | '%')) {
                    let code = code.map(String::from).unwrap_or_default();
                    let problem =
                        format!("has the unknown placeholder '%{code}'; known are %P, %Y, %m, %d, %H, %M and %%");
                    return Err(PreferenceError::new(Self::FIELD, problem));
                }
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// The message for a page at a time; none when the template is empty.
    #[must_use]
    pub fn expand(&self, page: &str, now: UnixSeconds) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let time = Timestamp::from_second(now).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC);
        let mut message = String::with_capacity(self.0.len() + page.len());
        let mut rest = self.0.chars();
        while let Some(c) = rest.next() {
            match (c, if c == '%' { rest.next() } else { None }) {
                ('%', Some('P')) => message.push_str(page),
                ('%', Some('Y')) => message.push_str(&format!("{:04}", time.year())),
                ('%', Some('m')) => message.push_str(&format!("{:02}", time.month())),
                ('%', Some('d')) => message.push_str(&format!("{:02}", time.day())),
                ('%', Some('H')) => message.push_str(&format!("{:02}", time.hour())),
                ('%', Some('M')) => message.push_str(&format!("{:02}", time.minute())),
                (c, _) => message.push(c),
            }
        }
        Some(message)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

by_text!(MessageTemplate);
