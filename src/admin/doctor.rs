use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::run::Parts;
use crate::auth::Operator;
use crate::wiki::WikiSummary;

/// How one thing is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    Ok,
    /// Works, but not as it should stay.
    Warning,
    /// Does not work.
    Broken,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Finding {
    pub what: String,
    pub health: Health,
    /// What was seen, and what to do when it is not well.
    pub detail: String,
}

pub(super) fn examine(parts: &Parts, proof: Operator) -> Vec<Finding> {
    let mut findings = vec![data_directory(&parts.config.server.data_dir), addresses(parts)];
    findings.push(keys(&parts.config.server.data_dir.join("keys")));
    match parts.auth.list_people(proof) {
        Ok(people) if people.iter().any(|person| person.operator) => {
            findings.push(found("accounts", Health::Ok, format!("{} accounts", people.len())));
        }
        Ok(_) => findings.push(found("accounts", Health::Warning, "nobody administers yet; run `robotwiki setup`")),
        Err(error) => findings.push(found("database", Health::Broken, error.to_string())),
    }
    match parts.wikis.list(proof) {
        Ok(wikis) => findings.extend(wikis.iter().map(|wiki| examine_wiki(parts, proof, wiki))),
        Err(error) => findings.push(found("wikis", Health::Broken, error.to_string())),
    }
    findings
}

fn found(what: impl Into<String>, health: Health, detail: impl Into<String>) -> Finding {
    Finding { what: what.into(), health, detail: detail.into() }
}

fn data_directory(dir: &Path) -> Finding {
    let what = "data directory";
    match std::fs::metadata(dir) {
        Err(error) => found(what, Health::Broken, format!("{}: {error}", dir.display())),
        Ok(metadata) if metadata.mode() & 0o007 != 0 => found(
            what,
            Health::Warning,
            format!("{0} can be entered by everybody on this machine; run `chmod 750 {0}`", dir.display()),
        ),
        Ok(_) => found(what, Health::Ok, dir.display().to_string()),
    }
}

fn addresses(parts: &Parts) -> Finding {
    let server = &parts.config.server;
    let local = server.domain.split(':').next().is_some_and(|host| host == "localhost");
    if local && !server.listen.ip().is_loopback() {
        let detail = format!("listens on {} but the domain is {}; set server.domain", server.listen, server.domain);
        return found("addresses", Health::Warning, detail);
    }
    if !local && !server.https {
        let detail = "people sign in without HTTPS; put a reverse proxy in front and set server.https = true";
        return found("addresses", Health::Warning, detail);
    }
    found("addresses", Health::Ok, format!("{}://{} on {}", parts.config.scheme(), server.domain, server.listen))
}

fn keys(dir: &Path) -> Finding {
    for name in ["signing.pem", "secret"] {
        let file = dir.join(name);
        match std::fs::metadata(&file) {
            Err(error) => return found("keys", Health::Broken, format!("{}: {error}", file.display())),
            Ok(metadata) if metadata.mode() & 0o077 != 0 => {
                let detail = format!("{0} can be read by others; run `chmod 600 {0}`", file.display());
                return found("keys", Health::Warning, detail);
            }
            Ok(_) => {}
        }
    }
    found("keys", Health::Ok, "present, and readable by the server alone")
}

/// Pages that are embedded, of those that are being embedded now.
fn embedding(parts: &Parts, proof: Operator, wiki: &WikiSummary) -> Option<(usize, usize)> {
    let status = parts.wikis.index_status(proof, &wiki.slug).ok()?;
    status.vectors?.status.progress.map(|progress| (progress.done, progress.total))
}

fn examine_wiki(parts: &Parts, proof: Operator, wiki: &WikiSummary) -> Finding {
    let what = format!("wiki {}", wiki.slug);
    match parts.wikis.examine(proof, wiki.id, &wiki.slug) {
        Err(error) => found(what, Health::Broken, format!("{error}; its last good clone can be imported")),
        Ok(_) if let Some((done, total)) = embedding(parts, proof, wiki) => {
            let detail = format!("{} pages; for search by meaning {done} of {total} are done", wiki.pages);
            found(what, Health::Warning, detail)
        }
        Ok(state) if state.index_behind => {
            found(what, Health::Warning, format!("{} pages; the search index is catching up", wiki.pages))
        }
        Ok(state) => {
            found(what, Health::Ok, format!("{} pages, {} files readable, index current", wiki.pages, state.files))
        }
    }
}
