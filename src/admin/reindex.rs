use std::time::Duration;

use super::Failure;
use super::request::Reindexed;
use super::run::Parts;
use crate::auth::Operator;
use crate::model::Slug;
use crate::wiki::IndexStatus;

/// How often it is looked how far it is.
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
/// Looks between two lines of progress.
const LOOKS: u32 = 10;

/// Has one wiki, or all, indexed anew.
pub(super) fn reindex(
    parts: &Parts,
    proof: Operator,
    slug: Option<Slug>,
    wait: bool,
    progress: &mut dyn FnMut(&str),
) -> Result<Vec<Reindexed>, Failure> {
    let slugs = match slug {
        Some(slug) => vec![slug],
        None => parts.wikis.list(proof)?.into_iter().map(|wiki| wiki.slug).collect(),
    };
    for slug in &slugs {
        parts.wikis.reindex(proof, slug)?;
    }
    let mut wikis = Vec::with_capacity(slugs.len());
    for slug in slugs {
        if wait {
            wait_for(parts, proof, &slug, progress)?;
        }
        let status = parts.wikis.index_status(proof, &slug)?;
        wikis.push(Reindexed {
            slug,
            done: wait,
            pages: status.text.status.documents,
            embedded: status.vectors.map(|vectors| (vectors.status.pages, vectors.status.passages)),
        });
    }
    Ok(wikis)
}

fn wait_for(parts: &Parts, proof: Operator, slug: &Slug, progress: &mut dyn FnMut(&str)) -> Result<(), Failure> {
    for look in 0_u32.. {
        let status = parts.wikis.index_status(proof, slug)?;
        if let Some(error) = status.last_error() {
            return Err(Failure {
                text: format!("{slug}: {error}; the server tries again, and the old index answers"),
            });
        }
        if !status.is_rebuilding() {
            break;
        }
        if look % LOOKS == LOOKS - 1 {
            progress(&how_far(slug, &status));
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
    Ok(())
}

fn how_far(slug: &Slug, status: &IndexStatus) -> String {
    match status.vectors.as_ref().and_then(|vectors| vectors.status.progress) {
        Some(progress) => format!("{slug}: {} of {} pages embedded", progress.done, progress.total),
        None => format!("{slug}: indexing"),
    }
}
