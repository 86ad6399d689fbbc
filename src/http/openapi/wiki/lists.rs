use super::super::operation::{Field, Operation, of, ok, up_to};
use super::{CURSOR, LIMIT, PAGE, PREFIX, READ, query};
use crate::http::api::changelog::{Changelog, MadeBy};
use crate::http::api::links::{Broken, Graph, Neighbours, Orphans, PageLinks};
use crate::http::api::lists::{Deleted, Pages, Tree};
use crate::http::api::tags::{Categories, Tags};

/// What there is in the wiki.
pub(super) const LISTS: &[Operation] = &[
    Operation {
        path: "/pages",
        id: "listPages",
        group: "Lists",
        summary: "List pages",
        description: "The pages that pass all filters that are given, ordered by path.",
        fields: &[
            PREFIX,
            query("category", "The front matter's `category`, case ignored.", "manual", of::<String>),
            query("tag", "One of the front matter's `tags`, case ignored.", "guide", of::<String>),
            query("has", "Further tags, each of which the page must have.", "[\"guide\"]", of::<Vec<String>>),
            query("updated_since", "Last changed then or later.", "2026-11-01", TIME),
            query(
                "sort",
                "`path`, `name`, `updated`, `created`, `size` or `words`; with `-` before it, the other way round.",
                "-updated",
                of::<String>,
            ),
            query(
                "fields",
                "What is wanted of each page, with commas between: of `name`, `path`, `category`, `tags`, \
                    `last_updated`, `content_length`, `size`, `revision`, `updated`, `author`, `created`. The first \
                    six when absent.",
                "path,revision",
                of::<String>,
            ),
            query(
                "as_of",
                "As they were at a revision, at a time, or at the end of a day.",
                "2026-11-20",
                of::<String>,
            ),
            LIMIT,
            CURSOR,
        ],
        answers: &[ok("The pages.", of::<Pages>)],
        ..READ
    },
    Operation {
        path: "/tree",
        id: "tree",
        group: "Lists",
        summary: "The pages as folders",
        description: "Every level of the paths, with how many pages are below. At most 10,000 names are shown.",
        fields: &[PREFIX, query("depth", "How many levels are shown; all when absent.", "2", up_to::<16>)],
        answers: &[ok("The tree.", of::<Tree>)],
        ..READ
    },
    Operation {
        path: "/deleted",
        id: "listDeletedPages",
        group: "Lists",
        summary: "List deleted pages",
        description: "Pages that were deleted and do not exist now, each with a revision to read or restore it from.",
        fields: &[PREFIX, LIMIT, CURSOR],
        answers: &[ok("The pages that are gone.", of::<Deleted>)],
        ..READ
    },
    Operation {
        path: "/tags",
        id: "listTags",
        group: "Lists",
        summary: "List tags",
        description: "The tags of all pages with how many pages have them, by name.",
        fields: &[LIMIT, CURSOR],
        answers: &[ok("The tags.", of::<Tags>)],
        ..READ
    },
    Operation {
        path: "/categories",
        id: "listCategories",
        group: "Lists",
        summary: "List categories",
        description: "The categories of all pages with how many pages are in them, by name.",
        fields: &[LIMIT, CURSOR],
        answers: &[ok("The categories.", of::<Categories>)],
        ..READ
    },
    Operation {
        path: "/changelog",
        id: "changelog",
        group: "Lists",
        summary: "List what happened",
        description: "The commits of the wiki, newest first, with the pages and files that each changed.",
        fields: &[
            query("author", "Commits of this author, case ignored.", "Research agent", of::<String>),
            query("by", "Commits of people, or of agents.", "agent", of::<MadeBy>),
            query("prefix", "Commits that changed something whose path begins with this.", "Guides/", of::<String>),
            query("since", "Made then or later.", "2026-11-01", TIME),
            query("until", "Made then or earlier; a day alone means all of it.", "2026-11-20", TIME),
            Field { description: "How many at most; 50 when absent.", ..LIMIT },
            CURSOR,
        ],
        answers: &[ok("The commits.", of::<Changelog>)],
        ..READ
    },
    Operation {
        path: "/links",
        id: "linkGraph",
        group: "Links",
        summary: "All links",
        description: "The links of the wiki as a graph. Names that are linked to and are no pages are `missing`.",
        fields: &[LIMIT, CURSOR],
        answers: &[ok("The graph.", of::<Graph>)],
        ..READ
    },
    Operation {
        path: "/links/broken",
        id: "brokenLinks",
        group: "Links",
        summary: "List links to pages that do not exist",
        description: "The names that are linked to and are no pages, with the pages that link to them.",
        fields: &[LIMIT, CURSOR],
        answers: &[ok("The missing pages.", of::<Broken>)],
        ..READ
    },
    Operation {
        path: "/links/orphans",
        id: "orphans",
        group: "Links",
        summary: "List pages that no page links to",
        description: "The start page is never one of them.",
        fields: &[LIMIT, CURSOR],
        answers: &[ok("The pages.", of::<Orphans>)],
        ..READ
    },
    Operation {
        path: "/links/{path}",
        id: "pageLinks",
        group: "Links",
        summary: "The links of a page",
        description: "Where it links to, and what links to it. A page that does not exist may be linked to.",
        fields: &[PAGE],
        answers: &[ok("The links.", of::<PageLinks>)],
        ..READ
    },
    Operation {
        path: "/pages/{path}/neighbours",
        id: "neighbours",
        group: "Links",
        summary: "The surroundings of a page",
        description: "Pages that links lead to from here, whichever way they point, nearest first.",
        fields: &[
            PAGE,
            query("depth", "How many links away at most; 1 when absent.", "2", up_to::<3>),
            query("limit", "How many neighbours at most.", "50", up_to::<500>),
        ],
        answers: &[ok("The neighbours.", of::<Neighbours>)],
        ..READ
    },
];

/// A date or a time.
const TIME: super::SchemaOf = time;

fn time(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "string",
        "description": "A date, or a date and time (ISO 8601; UTC when it has no offset).",
    })
}
