use super::super::operation::{Answer, Body, Field, Operation, Place, anything, created, json, nothing, of, ok};
use super::{IDEMPOTENCY_KEY, IF_NONE_MATCH, PAGE, READ, REVISION, WRITE, header, query};
use crate::http::api::bodies::{DeleteFileBody, UploadBody};
use crate::http::api::schema::{AttachmentAnswer, AttachmentList};
use crate::http::api::uploads::{DeletedFileAnswer, UploadedAnswer};

/// Files beside pages.
pub(super) const FILES: &[Operation] = &[
    Operation {
        path: "/pages/{path}/attachments",
        id: "listAttachments",
        group: "Attachments",
        summary: "List a page's files",
        description: "The files attached to the page, ordered by name.",
        fields: &[PAGE],
        answers: &[ok("The files.", of::<AttachmentList>)],
        ..READ
    },
    Operation {
        path: "/pages/{path}/attachments",
        id: "attachFile",
        group: "Attachments",
        summary: "Attach a file",
        description: "Takes the file as base64; `PUT /files/…` takes it as it is.",
        body: Some(json(of::<UploadBody>, r#"{"filename": "notes.txt", "content": "SGVsbG8K"}"#)),
        answers: &[created("The file is there.", of::<UploadedAnswer>)],
        ..WRITE
    },
    Operation {
        path: "/pages/{path}/attachments/{filename}",
        id: "readAttachment",
        group: "Attachments",
        summary: "Read a file as base64",
        description: "The file as it is, or with `revision` as it was at that commit.",
        fields: &[PAGE, FILE, REVISION],
        answers: &[ok("The file.", of::<AttachmentAnswer>)],
        errors: &[413, 422],
        ..READ
    },
    Operation {
        method: "delete",
        path: "/pages/{path}/attachments/{filename}",
        id: "deleteAttachment",
        group: "Attachments",
        summary: "Delete a file",
        description: "What it held stays readable by revision.",
        fields: &[PAGE, FILE, REVISION, IDEMPOTENCY_KEY],
        body: Some(Body { required: false, ..json(of::<DeleteFileBody>, r#"{"commit_message": "Not needed"}"#) }),
        answers: &[ok("The file is gone.", of::<DeletedFileAnswer>)],
        ..WRITE
    },
    Operation {
        path: "/files/{path}/{filename}",
        id: "downloadFile",
        group: "Attachments",
        summary: "Download a file",
        description: "The bytes of an attached file, or a range of them.",
        fields: &[
            PAGE,
            FILE,
            REVISION,
            header("Range", "The bytes that are wanted (RFC 9110 section 14).", "bytes=0-1023", of::<String>),
            IF_NONE_MATCH,
        ],
        answers: &[
            Answer { status: 200, description: "The file.", media: "*/*", schema: anything },
            Answer { status: 206, description: "The range.", media: "*/*", schema: anything },
            nothing(304, "It is what `If-None-Match` says."),
            nothing(416, "The file has no such range."),
        ],
        ..READ
    },
    Operation {
        method: "put",
        path: "/files/{path}/{filename}",
        id: "uploadFile",
        group: "Attachments",
        summary: "Upload a file",
        description: "Attaches the body to the page, as it is and whatever it is.",
        fields: &[
            PAGE,
            FILE,
            query(
                "revision",
                "The commit that was read: refused when the file was changed since.",
                "8876065ea3f9",
                of::<String>,
            ),
            query("overwrite", "Whether a file of that name is replaced; true when absent.", "true", of::<bool>),
            query("commit_message", "One that says what happened when absent.", "Add a map", of::<String>),
            IDEMPOTENCY_KEY,
        ],
        body: Some(Body { media: "application/octet-stream", schema: anything, required: true, example: "" }),
        answers: &[
            ok("The file was replaced.", of::<UploadedAnswer>),
            created("The file is there.", of::<UploadedAnswer>),
        ],
        ..WRITE
    },
];

const FILE: Field = Field {
    name: "filename",
    place: Place::Path,
    description: "The file's exact name.",
    schema: of::<String>,
    example: "map.png",
};
