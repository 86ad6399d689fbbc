use super::super::operation::{Body, Operation, created, json, of, ok};
use super::{COMMIT, IDEMPOTENCY_KEY, PAGE, REVISION, WRITE};
use crate::http::api::bodies::{
    AddBody, DeleteBody, FrontMatterChangeBody, PatchBody, RenameBody, RestoreBody, RevertBody, SectionChangeBody,
    WriteBody,
};
use crate::http::api::commit::{CommitAnswer, CommitBody};
use crate::http::api::revert::RevertedAnswer;
use crate::http::api::revising::RenamedAnswer;
use crate::http::api::schema::{DeletedAnswer, SavedAnswer, WrittenAnswer};

/// What changes pages.
pub(super) const WRITING: &[Operation] = &[
    Operation {
        method: "put",
        path: "/pages/{path}",
        id: "writePage",
        summary: "Create or replace a page",
        description: "Creates the page, or replaces the one whose current `revision` is given. Content that is the \
            same makes no commit. With `create_only` a page that exists is left alone. With `merge` and an older \
            `revision`, both changes are kept when they touch different lines; else the answer is 409 with `base`, \
            `theirs` and `hunks`.",
        body: Some(json(
            of::<WriteBody>,
            r##"{"content": "# First steps\n\nWelcome.\n", "commit_message": "Say hello"}"##,
        )),
        answers: &[
            ok("The page was replaced, or was so already.", of::<WrittenAnswer>),
            created("The page was created.", of::<WrittenAnswer>),
        ],
        ..WRITE
    },
    Operation {
        method: "patch",
        path: "/pages/{path}",
        id: "editPage",
        summary: "Replace strings of a page",
        description: "Replaces `old_string`, which must occur exactly once in the file, front matter included; or \
            makes several `edits` in order, all or none.",
        body: Some(json(
            of::<PatchBody>,
            r#"{"revision": "8876065ea3f9", "old_string": "Welcome.", "new_string": "Welcome aboard."}"#,
        )),
        answers: &[ok("The page was changed.", of::<SavedAnswer>)],
        ..WRITE
    },
    Operation {
        method: "delete",
        path: "/pages/{path}",
        id: "deletePage",
        summary: "Delete a page",
        description: "Deletes the page with its files; its history, and everything in it, stays readable by revision.",
        fields: &[PAGE, REVISION, IDEMPOTENCY_KEY],
        body: Some(Body {
            required: false,
            ..json(of::<DeleteBody>, r#"{"revision": "8876065ea3f9", "commit_message": "No longer true"}"#)
        }),
        answers: &[ok("The page is gone, or with `dry_run` would be.", of::<DeletedAnswer>)],
        ..WRITE
    },
    Operation {
        path: "/pages/{path}/append",
        id: "appendToPage",
        summary: "Add to the end of a page",
        description: "No revision is needed: what others wrote stays.",
        body: Some(json(of::<AddBody>, r#"{"content": "- 2026-11-20: tried again, works\n"}"#)),
        answers: &[ok("The text was added.", of::<SavedAnswer>)],
        ..WRITE
    },
    Operation {
        path: "/pages/{path}/prepend",
        id: "prependToPage",
        summary: "Add to the beginning of a page",
        description: "Below the front matter.",
        body: Some(json(of::<AddBody>, r#"{"content": "> Out of date.\n"}"#)),
        answers: &[ok("The text was added.", of::<SavedAnswer>)],
        ..WRITE
    },
    Operation {
        path: "/pages/{path}/sections",
        id: "changeSection",
        summary: "Change a section",
        description: "Replaces or deletes one heading with everything below it, or adds text in, before or after it. A \
            section that is not there is answered with the `sections` that are.",
        body: Some(json(
            of::<SectionChangeBody>,
            r#"{"op": "append", "section": "Install > Linux", "content": "Then restart.\n"}"#,
        )),
        answers: &[ok("The section was changed.", of::<SavedAnswer>)],
        ..WRITE
    },
    Operation {
        method: "patch",
        path: "/pages/{path}/frontmatter",
        id: "changeFrontMatter",
        summary: "Change the front matter",
        description: "Sets and removes properties; what is not named stays as it is written.",
        body: Some(json(of::<FrontMatterChangeBody>, r#"{"set": {"tags": ["guide"]}, "unset": ["draft"]}"#)),
        answers: &[ok("The front matter was changed.", of::<SavedAnswer>)],
        ..WRITE
    },
    Operation {
        path: "/pages/{path}/restore",
        id: "restorePage",
        summary: "Bring back an old version",
        description: "Writes the page as it was at `revision`, as a new commit; also a page that was deleted.",
        body: Some(json(of::<RestoreBody>, r#"{"revision": "8876065ea3f9"}"#)),
        answers: &[ok("The page is as it was.", of::<SavedAnswer>)],
        ..WRITE
    },
    Operation {
        path: "/pages/{path}/rename",
        id: "renamePage",
        summary: "Move a page",
        description: "Moves the page with the pages below it and its files, and rewrites the links that lead to them, \
            in one commit.",
        body: Some(json(of::<RenameBody>, r#"{"new_path": "Guides/Begin", "dry_run": true}"#)),
        answers: &[ok("The page was moved, or with `dry_run` would be.", of::<RenamedAnswer>)],
        ..WRITE
    },
    Operation {
        path: "/commit",
        id: "commit",
        summary: "Change several pages at once",
        description: "Up to 100 changes in one commit, in order, all or none. When one of them is refused, `change` \
            says which.",
        fields: &[IDEMPOTENCY_KEY],
        body: Some(json(
            of::<CommitBody>,
            r##"{"message": "Begin the log", "changes": [{"op": "put", "path": "Log", "content": "# Log\n"}, {"op": "append", "path": "Home", "content": "[[Log]]\n"}], "dry_run": true}"##,
        )),
        answers: &[ok("What was done, or with `dry_run` would be.", of::<CommitAnswer>)],
        ..WRITE
    },
    Operation {
        path: "/commit/{revision}/revert",
        id: "revertCommit",
        summary: "Undo a commit",
        description: "Takes back what one commit changed, as a new commit; what was done since stays. All of it or \
            nothing: when later changes stand in the way, the answer is 409 with `obstacles`, each with its `path`, \
            the `reason` (`changed`, `gone` or `taken`) and the `hunks` that overlap.",
        fields: &[COMMIT, IDEMPOTENCY_KEY],
        body: Some(Body {
            required: false,
            ..json(of::<RevertBody>, r#"{"commit_message": "It was right before", "dry_run": true}"#)
        }),
        answers: &[ok("What was undone, or with `dry_run` would be.", of::<RevertedAnswer>)],
        ..WRITE
    },
];
