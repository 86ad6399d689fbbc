use schemars::{JsonSchema, Schema, SchemaGenerator};

/// An API: what its document says at the top, and its operations.
pub(in crate::http) struct Api {
    pub(in crate::http) title: &'static str,
    pub(in crate::http) description: &'static str,
    /// What the paths are below, on the API's own host.
    pub(in crate::http) base: &'static str,
    /// How a request says who asks.
    pub(in crate::http) schemes: &'static [Scheme],
    /// The groups of operations, in the order in which they are shown: name and description.
    pub(in crate::http) groups: &'static [(&'static str, &'static str)],
    pub(in crate::http) operations: &'static [&'static [Operation]],
}

impl Api {
    pub(super) fn operations(&self) -> impl Iterator<Item = &'static Operation> {
        self.operations.iter().copied().flatten()
    }
}

/// One way to say who asks.
pub(in crate::http) enum Scheme {
    /// `Authorization: Bearer`.
    Bearer(&'static str),
    /// A cookie with this name.
    Cookie { name: &'static str, description: &'static str },
}

/// One method at one address.
pub(in crate::http) struct Operation {
    /// Lower case, as OpenAPI writes it.
    pub(in crate::http) method: &'static str,
    pub(in crate::http) path: &'static str,
    /// Unique in the API; what generated clients call the function.
    pub(in crate::http) id: &'static str,
    pub(in crate::http) group: &'static str,
    /// A few words.
    pub(in crate::http) summary: &'static str,
    /// Sentences, Markdown.
    pub(in crate::http) description: &'static str,
    pub(in crate::http) needs: Needs,
    pub(in crate::http) fields: &'static [Field],
    pub(in crate::http) body: Option<Body>,
    pub(in crate::http) answers: &'static [Answer],
    /// The statuses of errors, beside those that `needs` brings.
    pub(in crate::http) errors: &'static [u16],
}

/// What the caller must be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Needs {
    Nothing,
    /// Reading is open on a public wiki.
    Read,
    Write,
    SignedIn,
    Owner,
}

impl Needs {
    /// For people.
    pub(in crate::http) const fn text(self) -> &'static str {
        match self {
            Self::Nothing => "open to everyone",
            Self::Read => "needs the right to read, which everyone has on a public wiki",
            Self::Write => "needs the right to write",
            Self::SignedIn => "needs an account",
            Self::Owner => "needs to be an owner of the wiki",
        }
    }

    /// The errors that it brings.
    pub(super) const fn errors(self) -> &'static [u16] {
        match self {
            Self::Nothing => &[],
            Self::SignedIn => &[401],
            Self::Read | Self::Write | Self::Owner => &[401, 403, 404],
        }
    }
}

/// A parameter.
pub(in crate::http) struct Field {
    pub(in crate::http) name: &'static str,
    pub(in crate::http) place: Place,
    pub(in crate::http) description: &'static str,
    pub(in crate::http) schema: SchemaOf,
    pub(in crate::http) example: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Place {
    Path,
    Query,
    Header,
}

/// What describes a type.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// A request's body.
pub(in crate::http) struct Body {
    pub(in crate::http) media: &'static str,
    pub(in crate::http) schema: SchemaOf,
    pub(in crate::http) required: bool,
    /// JSON.
    pub(in crate::http) example: &'static str,
}

/// An answer, which is an error of this API only where there is nothing to say about it.
pub(in crate::http) struct Answer {
    pub(in crate::http) status: u16,
    pub(in crate::http) description: &'static str,
    /// The type of the content; empty when there is none.
    pub(in crate::http) media: &'static str,
    pub(in crate::http) schema: SchemaOf,
}

pub(super) const JSON: &str = "application/json";

/// A body of JSON that must be there.
pub(super) const fn json(schema: SchemaOf, example: &'static str) -> Body {
    Body { media: JSON, schema, required: true, example }
}

pub(super) const fn ok(description: &'static str, schema: SchemaOf) -> Answer {
    Answer { status: 200, description, media: JSON, schema }
}

pub(super) const fn created(description: &'static str, schema: SchemaOf) -> Answer {
    Answer { status: 201, description, media: JSON, schema }
}

/// An answer without content.
pub(super) const fn nothing(status: u16, description: &'static str) -> Answer {
    Answer { status, description, media: "", schema: anything }
}

/// The schema of a type, by reference to the document's components.
pub(super) fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// A number from 1 to `MOST`.
pub(super) fn up_to<const MOST: u64>(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "type": "integer", "minimum": 1, "maximum": MOST })
}

/// Bytes of any kind.
pub(super) fn anything(_: &mut SchemaGenerator) -> Schema {
    Schema::default()
}
