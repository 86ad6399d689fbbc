use askama::Template;

use super::Frame;

/// A text in parts, and whether each is code.
pub(crate) type ApiText = Vec<(String, bool)>;

/// The reference of an API.
#[derive(Template)]
#[template(path = "api.html")]
pub(crate) struct ApiReference<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) description: Vec<ApiText>,
    /// The OpenAPI document.
    pub(crate) document_href: String,
    /// The platform's reference, for a page of a wiki.
    pub(crate) other_href: String,
    pub(crate) groups: Vec<ApiGroup>,
}

/// Operations that belong together.
pub(crate) struct ApiGroup {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) operations: Vec<ApiOperation>,
}

/// One method at one address.
pub(crate) struct ApiOperation {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) summary: String,
    pub(crate) description: Vec<ApiText>,
    pub(crate) parameters: Vec<ApiField>,
    pub(crate) body: Vec<ApiField>,
    pub(crate) answer: Vec<ApiField>,
    /// Statuses, and what they mean.
    pub(crate) answers: Vec<(String, String)>,
    pub(crate) errors: Vec<(String, String)>,
    /// A command line.
    pub(crate) example: String,
}

/// A parameter, or a field of a body or an answer.
pub(crate) struct ApiField {
    pub(crate) name: String,
    /// What it is, in a few words.
    pub(crate) kind: String,
    pub(crate) required: bool,
    pub(crate) description: ApiText,
}

impl ApiField {
    /// As part of an answer.
    pub(crate) fn given(self) -> Self {
        Self { required: false, ..self }
    }
}

impl ApiOperation {
    /// The tables of fields that have any, with their captions.
    fn tables(&self) -> impl Iterator<Item = (&'static str, &[ApiField])> {
        let all = [("Parameters", &self.parameters), ("Body", &self.body), ("Answer", &self.answer)];
        all.into_iter().filter(|(_, fields)| !fields.is_empty()).map(|(title, fields)| (title, fields.as_slice()))
    }
}
