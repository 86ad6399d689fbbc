use super::operation::{Answer, Api, Body, Field, Needs, Operation, Place, Scheme, of};
use crate::http::api::schema::{
    AttachmentAnswer, AttachmentList, DeleteBody, DeletedAnswer, EditBody, Health, HistoryAnswer, PageAnswer, PageList,
    SavedAnswer, SearchAnswer, WriteBody, WrittenAnswer,
};

/// `/api/v1` of every wiki.
pub(in crate::http) static WIKI: Api = Api {
    title: "robotwiki",
    description: "The pages of one wiki, on the wiki's own host. Every page is a Markdown file in a git repository; \
        every write is a commit. A page's `revision` is the last commit that changed it: whoever changes a page says \
        which revision they have read, and is refused when it is no longer the current one.\n\n\
        A path names a page in any spelling: case does not count, and underscore and space are the same. Answers \
        show paths as they are stored. The slashes of a path may stay as they are or be encoded (`%2F`).\n\n\
        Errors are JSON: `error` is a text for people, `code` a stable word for programs, and what helps is beside.",
    base: "/api/v1",
    schemes: &[Scheme::Bearer("A token of this wiki (`rw_` and 43 characters).")],
    groups: &[
        ("Pages", "Listing, reading and changing pages."),
        ("Attachments", "Files beside a page."),
        ("Search", "Finding pages by their words."),
        ("Server", "Whether it is there, and what it can do."),
    ],
    operations: &[
        Operation {
            method: "get",
            path: "/pages",
            id: "listPages",
            group: "Pages",
            summary: "List pages",
            description: "The pages that pass all filters that are given, ordered by path.",
            needs: Needs::Read,
            fields: &[
                query("prefix", "What the path begins with.", "Guides/", of::<String>),
                query("category", "The front matter's `category`, case ignored.", "manual", of::<String>),
                query("tag", "One of the front matter's `tags`, case ignored.", "guide", of::<String>),
                query(
                    "updated_since",
                    "A date or date and time (ISO 8601; UTC when it has no offset): last changed then or later.",
                    "2026-11-01",
                    of::<String>,
                ),
            ],
            body: None,
            answers: &[ok("The pages.", of::<PageList>)],
            errors: &[422],
        },
        Operation {
            method: "get",
            path: "/pages/{path}",
            id: "readPage",
            group: "Pages",
            summary: "Read a page",
            description: "The page as it is, or with `revision` as it was at that commit.",
            needs: Needs::Read,
            fields: &[PAGE, REVISION],
            body: None,
            answers: &[ok("The page.", of::<PageAnswer>)],
            errors: &[422],
        },
        Operation {
            method: "put",
            path: "/pages/{path}",
            id: "writePage",
            group: "Pages",
            summary: "Create or replace a page",
            description: "Creates the page, or replaces the one whose current `revision` is given. Content that is \
                the same makes no commit.",
            needs: Needs::Write,
            fields: &[PAGE],
            body: Some(Body {
                schema: of::<WriteBody>,
                required: true,
                example: r##"{"content": "# First steps\n\nWelcome.\n", "commit_message": "Say hello"}"##,
            }),
            answers: &[
                ok("The page was replaced, or was so already.", of::<WrittenAnswer>),
                Answer { status: 201, description: "The page was created.", schema: of::<WrittenAnswer> },
            ],
            errors: &[409, 413, 422],
        },
        Operation {
            method: "patch",
            path: "/pages/{path}",
            id: "editPage",
            group: "Pages",
            summary: "Replace one string of a page",
            description: "Replaces `old_string`, which must occur exactly once in the file, front matter included.",
            needs: Needs::Write,
            fields: &[PAGE],
            body: Some(Body {
                schema: of::<EditBody>,
                required: true,
                example: r#"{"revision": "8876065ea3f9", "old_string": "Welcome.", "new_string": "Welcome aboard."}"#,
            }),
            answers: &[ok("The page was changed.", of::<SavedAnswer>)],
            errors: &[409, 413, 422],
        },
        Operation {
            method: "delete",
            path: "/pages/{path}",
            id: "deletePage",
            group: "Pages",
            summary: "Delete a page",
            description: "Deletes the page; its history, and everything in it, stays readable by revision.",
            needs: Needs::Write,
            fields: &[PAGE],
            body: Some(Body {
                schema: of::<DeleteBody>,
                required: false,
                example: r#"{"revision": "8876065ea3f9", "commit_message": "No longer true"}"#,
            }),
            answers: &[ok("The page is gone.", of::<DeletedAnswer>)],
            errors: &[409, 413, 422],
        },
        Operation {
            method: "get",
            path: "/pages/{path}/history",
            id: "pageHistory",
            group: "Pages",
            summary: "The commits that changed a page",
            description: "Newest first, through renames.",
            needs: Needs::Read,
            fields: &[PAGE, LIMIT],
            body: None,
            answers: &[ok("The commits.", of::<HistoryAnswer>)],
            errors: &[422],
        },
        Operation {
            method: "get",
            path: "/pages/{path}/attachments",
            id: "listAttachments",
            group: "Attachments",
            summary: "List a page's files",
            description: "The files attached to the page, ordered by name.",
            needs: Needs::Read,
            fields: &[PAGE],
            body: None,
            answers: &[ok("The files.", of::<AttachmentList>)],
            errors: &[422],
        },
        Operation {
            method: "get",
            path: "/pages/{path}/attachments/{filename}",
            id: "readAttachment",
            group: "Attachments",
            summary: "Read a file",
            description: "The file as base64, as it is, or with `revision` as it was at that commit.",
            needs: Needs::Read,
            fields: &[PAGE, FILE, REVISION],
            body: None,
            answers: &[ok("The file.", of::<AttachmentAnswer>)],
            errors: &[413, 422],
        },
        Operation {
            method: "get",
            path: "/search",
            id: "search",
            group: "Search",
            summary: "Find pages by their words",
            description: "Pages with all words; when there is none, with some. `\"a phrase\"` must occur as it is, \
                `-word` must not.",
            needs: Needs::Read,
            fields: &[
                query("q", "What to look for.", "first steps", of::<String>),
                query("limit", "How many results, 1 to 200; 50 when absent.", "10", of::<String>),
            ],
            body: None,
            answers: &[ok("What was found, best first.", of::<SearchAnswer>)],
            errors: &[422],
        },
        Operation {
            method: "get",
            path: "/health",
            id: "health",
            group: "Server",
            summary: "Whether the server answers",
            description: "Says `ok` when it does.",
            needs: Needs::Nothing,
            fields: &[],
            body: None,
            answers: &[ok("It does.", of::<Health>)],
            errors: &[],
        },
        Operation {
            method: "get",
            path: "/openapi.json",
            id: "describe",
            group: "Server",
            summary: "This description",
            description: "An OpenAPI 3.1 document.",
            needs: Needs::Nothing,
            fields: &[],
            body: None,
            answers: &[ok("The description.", of::<serde_json::Map<String, serde_json::Value>>)],
            errors: &[],
        },
    ],
};

const PAGE: Field = Field {
    name: "path",
    place: Place::Path,
    description: "The page's path, in any spelling.",
    schema: of::<String>,
    example: "Guides/First_Steps",
};

const FILE: Field = Field {
    name: "filename",
    place: Place::Path,
    description: "The file's exact name.",
    schema: of::<String>,
    example: "map.png",
};

const REVISION: Field = Field {
    name: "revision",
    place: Place::Query,
    description: "A commit, as 7 to 40 hexadecimal digits.",
    schema: of::<String>,
    example: "8876065ea3f9",
};

const LIMIT: Field = Field {
    name: "limit",
    place: Place::Query,
    description: "How many at most; everything when absent.",
    schema: of::<String>,
    example: "20",
};

type Schema = fn(&mut schemars::SchemaGenerator) -> schemars::Schema;

const fn query(name: &'static str, description: &'static str, example: &'static str, schema: Schema) -> Field {
    Field { name, place: Place::Query, description, schema, example }
}

const fn ok(description: &'static str, schema: Schema) -> Answer {
    Answer { status: 200, description, schema }
}
