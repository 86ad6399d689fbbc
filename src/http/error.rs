//! Which status and code a failure has, for every surface.
//!
//! A use case's error keeps its own text: it is written for whoever asked. What goes wrong
//! inside the server is logged here, once, and answered without its cause. Handlers of the
//! REST API return [`api::ApiError`](super::api), pages of the web UI are made in
//! `web::error_page`; both take status and code from [`Kind`].

use axum::http::StatusCode;

use super::blocking::BlockingFailed;
use crate::auth::AuthError;
use crate::search::Error as SearchError;
use crate::wiki::{AccessError, WikiError};

/// A failure's class: the HTTP status, and a stable word for programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Kind {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
}

const fn kind(status: StatusCode, code: &'static str) -> Kind {
    Kind { status, code }
}

pub(super) const INTERNAL: Kind = kind(StatusCode::INTERNAL_SERVER_ERROR, "internal");

/// What is said instead of the cause of an internal failure.
pub(super) const INTERNAL_TEXT: &str = "Something went wrong on the server. Try again; if it stays, ask its operator.";

/// The class of a use case's failure.
pub(super) fn kind_of(error: &WikiError) -> Kind {
    use StatusCode as S;
    match error {
        WikiError::Access(AccessError::NoSuchWiki(_)) => kind(S::NOT_FOUND, "no_such_wiki"),
        WikiError::Access(AccessError::SignInNeeded(_)) => kind(S::UNAUTHORIZED, "sign_in_needed"),
        WikiError::Access(AccessError::OtherWikisToken) => kind(S::FORBIDDEN, "other_wikis_token"),
        WikiError::Access(AccessError::Forbidden(_)) => kind(S::FORBIDDEN, "forbidden"),
        WikiError::Path(_) => kind(S::UNPROCESSABLE_ENTITY, "invalid_path"),
        WikiError::Revision(_) => kind(S::UNPROCESSABLE_ENTITY, "invalid_revision"),
        WikiError::NoSuchPage { .. } => kind(S::NOT_FOUND, "page_not_found"),
        WikiError::NoSuchRevision { .. } => kind(S::NOT_FOUND, "revision_not_found"),
        WikiError::NoSuchSection { ambiguous: false, .. } => kind(S::NOT_FOUND, "section_not_found"),
        WikiError::NoSuchSection { ambiguous: true, .. } => kind(S::UNPROCESSABLE_ENTITY, "section_ambiguous"),
        WikiError::NoSuchAttachment { .. } => kind(S::NOT_FOUND, "attachment_not_found"),
        WikiError::RevisionRequired => kind(S::CONFLICT, "revision_required"),
        WikiError::RevisionMismatch { .. } => kind(S::CONFLICT, "revision_mismatch"),
        WikiError::PageDeleted { .. } => kind(S::CONFLICT, "page_deleted"),
        WikiError::OldStringMissing { .. } => kind(S::UNPROCESSABLE_ENTITY, "old_string_not_found"),
        WikiError::OldStringAmbiguous { .. } => kind(S::UNPROCESSABLE_ENTITY, "old_string_ambiguous"),
        WikiError::OccurrencesDiffer { .. } => kind(S::UNPROCESSABLE_ENTITY, "occurrences_differ"),
        WikiError::PageExists { .. } => kind(S::CONFLICT, "page_exists"),
        WikiError::FileExists { .. } => kind(S::CONFLICT, "file_exists"),
        WikiError::AttachmentName => kind(S::UNPROCESSABLE_ENTITY, "invalid_filename"),
        WikiError::NoThumbnail { .. } => kind(S::UNPROCESSABLE_ENTITY, "no_thumbnail"),
        WikiError::AttachmentTooLarge { .. } => kind(S::UNPROCESSABLE_ENTITY, "too_large"),
        WikiError::NotAtRevision { .. } => kind(S::NOT_FOUND, "not_at_revision"),
        WikiError::Conflict(_) => kind(S::CONFLICT, "conflict"),
        WikiError::RevertObstacles(_) => kind(S::CONFLICT, "revert_conflict"),
        WikiError::DraftElsewhere => kind(S::CONFLICT, "draft_elsewhere"),
        WikiError::KeyReused => kind(S::UNPROCESSABLE_ENTITY, "idempotency_key_reused"),
        WikiError::InBatch { error, .. } => kind_of(error),
        WikiError::Invalid { .. } => kind(S::UNPROCESSABLE_ENTITY, "invalid_field"),
        WikiError::TooLarge { .. } => kind(S::PAYLOAD_TOO_LARGE, "too_large"),
        WikiError::LimitReached { .. } => kind(S::PAYLOAD_TOO_LARGE, "limit_reached"),
        WikiError::NotText { .. } => kind(S::UNPROCESSABLE_ENTITY, "not_text"),
        WikiError::TooManyWikis { .. } => kind(S::FORBIDDEN, "wiki_limit"),
        WikiError::TooManyCollaborators { .. } => kind(S::FORBIDDEN, "collaborator_limit"),
        WikiError::LastOwner => kind(S::CONFLICT, "last_owner"),
        WikiError::NoSuchPerson(_) => kind(S::NOT_FOUND, "no_such_person"),
        WikiError::NotACollaborator(_) => kind(S::NOT_FOUND, "not_a_collaborator"),
        WikiError::SlugTaken(_) => kind(S::CONFLICT, "slug_taken"),
        WikiError::PathTaken { .. } => kind(S::CONFLICT, "path_taken"),
        WikiError::Import(_) => kind(S::UNPROCESSABLE_ENTITY, "import_failed"),
        WikiError::Busy => kind(S::SERVICE_UNAVAILABLE, "busy"),
        WikiError::Search(SearchError::NoModel) => kind(S::SERVICE_UNAVAILABLE, "no_model"),
        WikiError::Search(SearchError::Model(_)) => kind(S::SERVICE_UNAVAILABLE, "busy"),
        WikiError::Repo(crate::repo::Error::TooLarge { .. }) => kind(S::PAYLOAD_TOO_LARGE, "too_large"),
        WikiError::Store(_) | WikiError::Repo(_) | WikiError::Search(_) | WikiError::Io { .. } => INTERNAL,
    }
}

/// Logs an internal failure, at the boundary that turns it into an answer.
pub(super) fn log_internal(error: &dyn std::error::Error) {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    tracing::error!(%error, causes = ?causes, "a request failed inside the server");
}

/// What a handler's blocking part can fail with.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Wiki(#[from] WikiError),
    #[error(transparent)]
    Auth(#[from] AuthError),
    #[error(transparent)]
    Blocking(#[from] BlockingFailed),
}

impl Failure {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Wiki(error) => kind_of(error),
            Self::Auth(error) => kind_of_auth(error),
            Self::Blocking(_) => INTERNAL,
        }
    }
}

/// The class of a failure with accounts, links and tokens.
pub(super) fn kind_of_auth(error: &AuthError) -> Kind {
    use StatusCode as S;
    match error {
        AuthError::LinkEnded => kind(S::GONE, "link_ended"),
        AuthError::NameTaken(_) => kind(S::CONFLICT, "name_taken"),
        AuthError::NoSuchPerson(_) => kind(S::NOT_FOUND, "no_such_person"),
        AuthError::NoSuchToken(_) | AuthError::NoSuchPersonalToken(_) => kind(S::NOT_FOUND, "no_such_token"),
        AuthError::SessionNeeded => kind(S::FORBIDDEN, "session_needed"),
        AuthError::TooManyTokens(_) => kind(S::FORBIDDEN, "token_limit"),
        AuthError::BadExpiry => kind(S::UNPROCESSABLE_ENTITY, "invalid_field"),
        AuthError::Key { .. } | AuthError::Jwt(_) | AuthError::Randomness(_) | AuthError::Store(_) => INTERNAL,
    }
}
