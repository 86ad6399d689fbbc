use super::super::operation::{Answer, Field, JSON, Operation, of, ok, up_to};
use super::{CURSOR, PREFIX, READ, WRITE, query};
use crate::http::api::search::SearchAnswer;
use crate::http::api::semantic::{IndexState, Passages, ReindexStatus, Started};

const TAG: Field = query("tag", "A tag that the page has; several may be given, all must hold.", "guide", of::<String>);
const CATEGORY: Field = query("category", "The page's category, case ignored.", "manual", of::<String>);

/// Finding pages, and how far the indexes are.
pub(super) const SEARCH: &[Operation] = &[
    Operation {
        path: "/search",
        id: "search",
        group: "Search",
        summary: "Find pages",
        description: "By words: pages with all of them; when there are few, also those with some, or with words that are \
            spelled nearly so. `\"a phrase\"` must occur as it is, `-word` must not; `title:word`, `tag:name`, \
            `category:name` and `path:Guides/` ask for a part of a page. By meaning: pages with passages that mean \
            something like the query. `hybrid` ranks both together.",
        fields: &[
            query("q", "What to look for.", "first steps", of::<String>),
            query(
                "mode",
                "`text` (by words), `semantic` (by meaning) or `hybrid`; `text` when absent.",
                "hybrid",
                of::<String>,
            ),
            PREFIX,
            TAG,
            CATEGORY,
            query(
                "as_of",
                "Pages as they were at a revision, at a time, or at the end of a day; for `mode=text`.",
                "2026-11-20",
                of::<String>,
            ),
            query("limit", "How many results; 50 when absent.", "10", up_to::<200>),
            CURSOR,
        ],
        answers: &[ok("What was found, best first.", of::<SearchAnswer>)],
        errors: &[422, 503],
        ..READ
    },
    Operation {
        path: "/search/status",
        id: "searchStatus",
        group: "Search",
        summary: "How far the indexes are",
        description: "Words are searchable within moments of a change, meaning within seconds; after an import it \
            takes longer, and this says how far it is.",
        answers: &[ok("The indexes.", of::<IndexState>)],
        ..READ
    },
    Operation {
        path: "/semantic-search",
        id: "semanticSearch",
        group: "Search",
        summary: "Find passages by their meaning",
        description: "The nearest passages, however far they are.",
        fields: &[
            query("q", "What to look for, in words of your own.", "how do I begin?", of::<String>),
            query("n", "How many passages; 5 when absent.", "5", up_to::<50>),
            query("max_chunks_per_page", "How many of one page; 2 when absent.", "2", up_to::<5>),
            PREFIX,
            TAG,
            CATEGORY,
        ],
        answers: &[ok("The passages, nearest first.", of::<Passages>)],
        errors: &[422, 503],
        ..READ
    },
    Operation {
        method: "post",
        path: "/reindex",
        id: "reindex",
        group: "Search",
        summary: "Index everything anew",
        description: "In the background; the indexes that there are answer meanwhile. The server does this by itself \
            when an index is damaged or the model changes.",
        fields: &[],
        answers: &[Answer { status: 202, description: "It has begun.", media: JSON, schema: of::<Started> }],
        errors: &[409],
        ..WRITE
    },
    Operation {
        path: "/reindex/status",
        id: "reindexStatus",
        group: "Search",
        summary: "What became of indexing everything anew",
        description: "Since the server started.",
        answers: &[ok("The last time.", of::<ReindexStatus>)],
        ..READ
    },
];
