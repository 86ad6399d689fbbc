use std::path::Path;

use super::Failure;
use super::request::{Answer, NewFromImport};
use super::run::Parts;
use crate::auth::Operator;
use crate::model::Slug;
use crate::wiki::{self, ImportKind, ImportOptions, ImportReport, NewWiki};

/// Imports into a wiki, or makes one for it; a wiki that was made goes again when the import fails.
pub(super) fn import(
    parts: &Parts,
    proof: Operator,
    slug: &Slug,
    (path, options): (&Path, ImportOptions),
    create: Option<NewFromImport>,
    progress: &mut dyn FnMut(&str),
) -> Result<Answer, Failure> {
    let name = path.file_name().map_or_else(|| "elsewhere".into(), std::ffi::OsStr::to_string_lossy).into_owned();
    let source = (path, name.as_str());
    let answer = |report: ImportReport| Answer::Imported { report: Box::new(report), dry_run: options.dry_run };
    let Some(new) = create else {
        let mut hear = |text: &str| {
            progress(text);
            true
        };
        return Ok(answer(parts.wikis.import(proof, slug, source, options, &mut hear)?));
    };
    if options.dry_run {
        return Err(Failure {
            text: "a wiki that is made cannot be a trial: leave out --create or --dry-run".to_owned(),
        });
    }
    // History comes along from where it is the wiki's own.
    let is_wikis = matches!(options.kind, ImportKind::Auto | ImportKind::Git | ImportKind::Otterwiki);
    let from_git = (is_wikis && wiki::is_repository(path)).then(|| path.to_owned());
    let owner = parts.auth.operator_account(proof)?.id;
    let new = NewWiki { slug: slug.clone(), name: new.name, owner, public: new.public, from_git };
    parts.wikis.create(proof, &new, progress)?;
    let mut hear = |text: &str| {
        progress(text);
        true
    };
    match parts.wikis.import_first(proof, slug, source, options.kind, &mut hear) {
        Ok(report) => Ok(answer(report)),
        Err(error) => {
            if let Err(error) = parts.wikis.delete(proof, slug) {
                tracing::error!(wiki.slug = %slug, %error, "a wiki whose import failed could not be removed");
            }
            Err(error.into())
        }
    }
}
