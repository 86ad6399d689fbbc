use std::io::{self, Write};

use gix::{ObjectId, bstr::ByteSlice};

use super::{
    Error,
    packet::{write_flush, write_line, write_packet},
    request::LsRefs,
};

/// What clients may see and ask for; anything else in `refs/` stays ours.
const PUBLISHED: [&str; 2] = ["refs/heads/", "refs/tags/"];

const AGENT: &str = concat!("agent=robotwiki/", env!("CARGO_PKG_VERSION"));

/// A published ref that leads to a commit.
pub(super) struct Ref {
    pub name: String,
    pub id: ObjectId,
    /// The commit behind an annotated tag.
    pub peeled: Option<ObjectId>,
}

impl Ref {
    pub(super) fn commit(&self) -> ObjectId {
        self.peeled.unwrap_or(self.id)
    }
}

/// The published refs, sorted by name, and where `HEAD` points.
pub(super) struct Refs {
    pub head: String,
    pub list: Vec<Ref>,
}

impl Refs {
    pub(super) fn read(repo: &gix::Repository) -> Result<Self, Error> {
        let unreadable = |error: &dyn std::error::Error| Error::Refs(error.to_string());
        let head = repo.head_name().map_err(|error| unreadable(&error))?;
        let head = head.map_or_else(String::new, |name| name.as_bstr().to_string());
        let platform = repo.references().map_err(|error| unreadable(&error))?;
        let mut list = Vec::new();
        for prefix in PUBLISHED {
            for reference in platform.prefixed(prefix).map_err(|error| unreadable(&error))? {
                let Ok(reference) = reference else { continue };
                let (Some(id), Ok(name)) = (reference.try_id(), reference.name().as_bstr().to_str()) else { continue };
                let id = id.detach();
                let Some(commit) = peel(repo, id) else { continue };
                list.push(Ref { name: name.to_owned(), id, peeled: (commit != id).then_some(commit) });
            }
        }
        list.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { head, list })
    }

    fn head_id(&self) -> Option<ObjectId> {
        self.list.iter().find(|reference| reference.name == self.head).map(|reference| reference.id)
    }
}

/// The commit that a chain of tags leads to.
pub(super) fn peel(repo: &gix::Repository, id: ObjectId) -> Option<ObjectId> {
    let commit = repo.try_find_object(id).ok()??.peel_to_kind(gix::object::Kind::Commit).ok()?;
    Some(commit.id)
}

/// The tag objects on the way from `id` to a commit.
pub(super) fn tags_to_commit(repo: &gix::Repository, mut id: ObjectId) -> Vec<ObjectId> {
    let mut tags = Vec::new();
    while let Ok(Some(object)) = repo.try_find_object(id) {
        let Ok(target) =
            object.try_into_tag().map_err(drop).and_then(|tag| tag.target_id().map(|id| id.detach()).map_err(drop))
        else {
            break;
        };
        tags.push(id);
        id = target;
    }
    tags
}

/// Answers `info/refs` in protocol v0, after the service line.
pub(super) fn advertise_v0(refs: &Refs, out: &mut dyn Write) -> io::Result<()> {
    let head = refs.head_id();
    let mut capabilities =
        "multi_ack multi_ack_detailed no-done side-band-64k ofs-delta shallow deepen-since deepen-not \
                            deepen-relative no-progress object-format=sha1 "
            .to_owned();
    if head.is_some() {
        capabilities.push_str(&format!("symref=HEAD:{} ", refs.head));
    }
    capabilities.push_str(AGENT);
    let mut first = Some(capabilities);
    let mut line = |id: ObjectId, name: &str| match first.take() {
        Some(capabilities) => write_packet(out, format!("{id} {name}\0{capabilities}\n").as_bytes()),
        None => write_line(out, &format!("{id} {name}")),
    };
    if let Some(id) = head {
        line(id, "HEAD")?;
    }
    for reference in &refs.list {
        line(reference.id, &reference.name)?;
        if let Some(peeled) = reference.peeled {
            line(peeled, &format!("{}^{{}}", reference.name))?;
        }
    }
    if refs.list.is_empty() {
        line(ObjectId::null(gix::hash::Kind::Sha1), "capabilities^{}")?;
    }
    write_flush(out)
}

/// Answers `info/refs` in protocol v2: what commands there are.
pub(super) fn advertise_v2(out: &mut dyn Write) -> io::Result<()> {
    for line in ["version 2", AGENT, "ls-refs=unborn", "fetch=shallow", "object-format=sha1"] {
        write_line(out, line)?;
    }
    write_flush(out)
}

/// Answers the command `ls-refs` of protocol v2.
pub(super) fn list(refs: &Refs, request: &LsRefs, out: &mut dyn Write) -> io::Result<()> {
    let wanted = |name: &str| {
        request.prefixes.is_empty() || request.prefixes.iter().any(|prefix| name.as_bytes().starts_with(prefix))
    };
    if wanted("HEAD") {
        let target = if request.symrefs { format!(" symref-target:{}", refs.head) } else { String::new() };
        match refs.head_id() {
            Some(id) => write_line(out, &format!("{id} HEAD{target}"))?,
            None if request.unborn && !refs.head.is_empty() => write_line(out, &format!("unborn HEAD{target}"))?,
            None => {}
        }
    }
    for reference in refs.list.iter().filter(|reference| wanted(&reference.name)) {
        let peeled = match reference.peeled {
            Some(commit) if request.peel => format!(" peeled:{commit}"),
            _ => String::new(),
        };
        write_line(out, &format!("{} {}{peeled}", reference.id, reference.name))?;
    }
    write_flush(out)
}
