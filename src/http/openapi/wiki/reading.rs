use super::super::operation::{Answer, JSON, Operation, json, nothing, of, ok, up_to};
use super::{AS_OF, CURSOR, IF_NONE_MATCH, LIMIT, LINES, PAGE, READ, REVISION, header, query};
use crate::http::api::batch::{BatchAnswer, BatchRead};
use crate::http::api::blame::BlameAnswer;
use crate::http::api::changelog::History;
use crate::http::api::diff::DiffAnswer;
use crate::http::api::events::EventsAnswer;
use crate::http::api::reading::{OutlineAnswer, ReadAnswer};

/// What a page holds and held.
pub(super) const READING: &[Operation] = &[
    Operation {
        path: "/pages/{path}",
        id: "readPage",
        summary: "Read a page",
        description: "The page as it is, as it was at a commit (`revision`) or at a time (`as_of`); all of it, or a \
            part: one `section`, some `lines`, the first `max_chars`. `next_line` then says where to read on.",
        fields: &[
            PAGE,
            REVISION,
            AS_OF,
            query(
                "section",
                "A section with those below it: its title, titles from the top joined with ` > `, `Title#2` for the \
                    second of that title, or the anchor.",
                "Install > Linux",
                of::<String>,
            ),
            LINES,
            query("max_chars", "Most characters of `content`; whole lines, if one fits.", "20000", up_to::<16_777_216>),
            query(
                "fields",
                "The fields of the answer that are wanted, with commas between.",
                "content,revision",
                of::<String>,
            ),
            IF_NONE_MATCH,
        ],
        answers: &[ok("The page.", of::<ReadAnswer>), UNCHANGED],
        ..READ
    },
    Operation {
        path: "/pages/{path}/outline",
        id: "pageOutline",
        summary: "The sections of a page",
        description: "Headings with their lines and lengths, without the text: what to ask `section` or `lines` for.",
        fields: &[PAGE, REVISION, AS_OF, IF_NONE_MATCH],
        answers: &[ok("The sections, in order.", of::<OutlineAnswer>), UNCHANGED],
        ..READ
    },
    Operation {
        path: "/pages/{path}/history",
        id: "pageHistory",
        summary: "The commits that changed a page",
        description: "Newest first, through renames.",
        fields: &[PAGE, LIMIT, CURSOR],
        answers: &[ok("The commits.", of::<History>)],
        ..READ
    },
    Operation {
        path: "/pages/{path}/diff",
        id: "pageDiff",
        summary: "How a page changed",
        description: "Two versions of a page: as hunks of lines, and as `diff -u` writes them.",
        fields: &[
            PAGE,
            query("from", "The older revision; the one before `to` when absent.", "8876065ea3f9", of::<String>),
            query("to", "The newer revision; the current one when absent.", "1f3c9a0b7d21", of::<String>),
            query("words", "Whether hunks are given word by word too.", "true", of::<bool>),
            query("max_lines", "Most lines of all hunks; 5000 when absent.", "500", up_to::<100_000>),
            IF_NONE_MATCH,
        ],
        answers: &[ok("The differences.", of::<DiffAnswer>), UNCHANGED],
        ..READ
    },
    Operation {
        path: "/pages/{path}/blame",
        id: "pageBlame",
        summary: "Who wrote which lines",
        description: "For each run of lines, the commit that wrote it, through renames.",
        fields: &[PAGE, REVISION, AS_OF, LINES, IF_NONE_MATCH],
        answers: &[ok("The runs of lines, in order.", of::<BlameAnswer>), UNCHANGED],
        ..READ
    },
    Operation {
        method: "post",
        path: "/batch/read",
        id: "readPages",
        summary: "Read several pages",
        description: "Up to 100 pages, at most 32 MiB together. A page that cannot be read has `error` and `code` in \
            its row, and does not spoil the others.",
        body: Some(json(of::<BatchRead>, r#"{"paths": ["Home", "Guides/First_Steps"], "max_chars": 20000}"#)),
        answers: &[ok("A row for each path, in order.", of::<BatchAnswer>)],
        errors: &[408, 413, 422],
        ..READ
    },
    Operation {
        path: "/events",
        id: "events",
        summary: "Follow what happens",
        description: "One event a commit: as Server-Sent Events, which do not end, or with `once=true` what there is, \
            as JSON. Each event has the commit as its `id`.",
        fields: &[
            query(
                "cursor",
                "Events after this revision; `start` for all; from now on when absent.",
                "start",
                of::<String>,
            ),
            query("once", "Answer what there is, as JSON.", "true", of::<bool>),
            query("limit", "With `once`: how many events at most; 100 when absent.", "100", up_to::<1000>),
            header(
                "Last-Event-ID",
                "What a browser sends after a broken connection, in place of `cursor`.",
                "start",
                of::<String>,
            ),
        ],
        answers: &[
            Answer {
                status: 200,
                description: "What happened, oldest first.",
                media: JSON,
                schema: of::<EventsAnswer>,
            },
            Answer {
                status: 200,
                description: "What happened, oldest first.",
                media: "text/event-stream",
                schema: of::<String>,
            },
        ],
        errors: &[422, 503],
        ..READ
    },
];

const UNCHANGED: Answer = nothing(304, "It is what `If-None-Match` says.");
