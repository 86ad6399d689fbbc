//! The operations of a wiki's API, a table a family; a row a method and address.
//!
//! What the rows have in common is here: parameters, and what most operations are like.

mod files;
mod lists;
mod reading;
mod search;
mod writing;

use schemars::{Schema, SchemaGenerator};

use super::operation::{Api, Field, Needs, Operation, Place, SchemaOf, Scheme, of, ok, up_to};
use crate::http::api::schema::Health;

/// `/api/v1` of every wiki.
pub(in crate::http) static WIKI: Api = Api {
    title: "robotwiki",
    description: "The pages of one wiki, on the wiki's own host. Every page is a Markdown file in a git repository; \
        every write is a commit. A page's `revision` is the last commit that changed it: whoever changes a page says \
        which revision they have read, and is refused when it is no longer the current one.\n\n\
        A path names a page in any spelling: case does not count, and underscore and space are the same. Answers \
        show paths as they are stored. The slashes of a path may stay as they are or be encoded (`%2F`).\n\n\
        Lists have a `total`. With `limit` they come in parts: `next_cursor` of one part is `cursor` of the next, \
        and absent from the last.\n\n\
        A change that is sent with an `Idempotency-Key` is made once, however often it is sent.\n\n\
        Errors are JSON: `error` is a text for people, `code` a stable word for programs, and what helps is beside.",
    base: "/api/v1",
    schemes: &[Scheme::Bearer("A token of this wiki (`rw_` and 43 characters).")],
    groups: &[
        ("Lists", "Which pages there are, and what happened to them."),
        ("Links", "How pages lead to each other."),
        ("Search", "Finding pages by their words and by what they mean."),
        ("Reading", "A page, a part of it, its versions."),
        ("Writing", "Making, changing, moving and deleting pages."),
        ("Attachments", "Files beside a page."),
        ("Server", "Whether it is there, and what it can do."),
    ],
    operations: &[lists::LISTS, search::SEARCH, reading::READING, writing::WRITING, files::FILES, SERVER],
};

const SERVER: &[Operation] = &[
    Operation {
        path: "/health",
        id: "health",
        group: "Server",
        summary: "Whether the server answers",
        description: "Says `ok` when it does.",
        needs: Needs::Nothing,
        answers: &[ok("It does.", of::<Health>)],
        errors: &[],
        ..READ
    },
    Operation {
        path: "/openapi.json",
        id: "describe",
        group: "Server",
        summary: "This description",
        description: "An OpenAPI 3.1 document.",
        needs: Needs::Nothing,
        answers: &[ok("The description.", of::<serde_json::Map<String, serde_json::Value>>)],
        errors: &[],
        ..READ
    },
];

/// What operations that read are like.
const READ: Operation = Operation {
    method: "get",
    path: "",
    id: "",
    group: "Reading",
    summary: "",
    description: "",
    needs: Needs::Read,
    fields: &[],
    body: None,
    answers: &[],
    errors: &[422],
};

/// What operations that change something are like.
const WRITE: Operation = Operation {
    method: "post",
    group: "Writing",
    needs: Needs::Write,
    fields: &[PAGE, IDEMPOTENCY_KEY],
    errors: &[408, 409, 413, 422, 503],
    ..READ
};

const PAGE: Field = Field {
    name: "path",
    place: Place::Path,
    description: "The page's path, in any spelling.",
    schema: of::<String>,
    example: "Guides/First_Steps",
};

const COMMIT: Field = Field {
    name: "revision",
    place: Place::Path,
    description: "The commit, as 7 to 40 hexadecimal digits.",
    schema: of::<String>,
    example: "8876065ea3f9",
};

const REVISION: Field = query("revision", "A commit, as 7 to 40 hexadecimal digits.", "8876065ea3f9", of::<String>);

const LIMIT: Field = query("limit", "How many at most; everything when absent.", "20", up_to::<1000>);

const CURSOR: Field = query("cursor", "The `next_cursor` of the part before.", "R3VpZGVz", of::<String>);

const PREFIX: Field = query("prefix", "What the path begins with.", "Guides/", of::<String>);

const LINES: Field = query("lines", "`12`, `12-40` or `12-`, counted from 1.", "1-40", of::<String>);

const AS_OF: Field = query(
    "as_of",
    "As it was at that time, or at the end of that day (ISO 8601; UTC when it has no offset). Not with `revision`.",
    "2026-11-20",
    of::<String>,
);

const IF_NONE_MATCH: Field = header(
    "If-None-Match",
    "The `ETag` of an earlier answer: 304 when it would be the same.",
    "\"0123456789abcdef\"",
    of::<String>,
);

const IDEMPOTENCY_KEY: Field = header(
    "Idempotency-Key",
    "A word of your choice, new for each change. Sent again with the same request, it answers what the first one \
        did, with `Idempotency-Replayed: true`, and changes nothing more; with another request it is refused.",
    "8d1f6c0e-1",
    visible,
);

/// 1 to 200 visible ASCII characters.
fn visible(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "type": "string", "pattern": "^[!-~]{1,200}$" })
}

const fn query(name: &'static str, description: &'static str, example: &'static str, schema: SchemaOf) -> Field {
    Field { name, place: Place::Query, description, schema, example }
}

const fn header(name: &'static str, description: &'static str, example: &'static str, schema: SchemaOf) -> Field {
    Field { name, place: Place::Header, description, schema, example }
}
