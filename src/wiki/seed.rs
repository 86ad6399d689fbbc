use rust_embed::Embed;

use super::WikiError;
use crate::model::{Name, PagePath};
use crate::repo::Change;

/// The pages that a new wiki begins with; `seed-wiki/` in the source tree.
#[derive(Embed)]
#[folder = "seed-wiki/"]
struct SeedWiki;

/// The first commit's changes. `{{wiki}}` in a page becomes the wiki's name.
pub(super) fn changes(name: &Name) -> Result<Vec<Change>, WikiError> {
    let mut changes = Vec::new();
    for file in SeedWiki::iter() {
        let Some(path) = PagePath::from_file(&file) else { continue };
        let Some(content) = SeedWiki::get(&file) else { continue };
        let text = String::from_utf8_lossy(&content.data).replace("{{wiki}}", name.as_str());
        changes.push(Change::Put { path: path.file(), bytes: text.into_bytes() });
    }
    Ok(changes)
}
