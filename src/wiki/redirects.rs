use std::collections::HashSet;

use super::{Access, Read, WikiError, moved_to};
use crate::model::{PagePath, RedirectTarget, WebAddress};

/// Where an address leads that no page has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LeadsTo {
    /// A page that there is.
    Page(PagePath),
    Web(WebAddress),
}

/// Where the name of a page that is not there leads: by the owner's redirects, from one to the
/// next, and by what the history tells of renames. It ends at a page that exists or leaves the
/// wiki, so that nobody is sent round in a circle; none when it does neither.
///
/// # Errors
/// On a storage failure.
pub fn leads_to(access: &Access<Read>, path: &PagePath) -> Result<Option<LeadsTo>, WikiError> {
    let redirects = &access.preferences().redirects;
    let mut seen = HashSet::new();
    let mut name = path.clone();
    while seen.insert(name.fold()) {
        if let Some(there) = super::find_page(access, &name)? {
            return Ok(Some(LeadsTo::Page(there)));
        }
        match redirects.get(&name) {
            Some(RedirectTarget::Web(address)) => return Ok(Some(LeadsTo::Web(address.clone()))),
            Some(RedirectTarget::Page(page)) => name = page.clone(),
            None => return Ok(moved_to(access, &name)?.map(LeadsTo::Page)),
        }
    }
    Ok(None)
}
