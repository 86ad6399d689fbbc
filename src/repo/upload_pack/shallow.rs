use std::{
    collections::HashSet,
    io::{self, Write},
};

use gix::ObjectId;

use super::{
    Error, Stop,
    packet::write_line,
    refs::Refs,
    request::{Fetch, INFINITE_DEPTH, Refused},
};
use crate::repo::pack::{Node, load_commit};

/// How the receiver's boundary moves with this fetch.
#[derive(Default)]
pub(super) struct Boundary {
    /// Commits that it is to have without their parents from now on.
    pub shallow: Vec<ObjectId>,
    /// Commits whose parents it lacked and now gets.
    pub unshallow: Vec<ObjectId>,
    /// Every commit whose parents it will lack afterwards.
    pub cut: HashSet<ObjectId>,
}

impl Boundary {
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        for id in &self.shallow {
            write_line(out, &format!("shallow {id}"))?;
        }
        for id in &self.unshallow {
            write_line(out, &format!("unshallow {id}"))?;
        }
        Ok(())
    }
}

/// Works out the boundary that `fetch` asks for; `wants` are commits.
pub(super) fn boundary(
    repo: &gix::Repository,
    refs: &Refs,
    fetch: &Fetch,
    wants: &[ObjectId],
) -> Result<Boundary, Stop> {
    let present = |id: &&ObjectId| matches!(repo.try_find_header(**id), Ok(Some(header)) if header.kind().is_commit());
    let held: HashSet<ObjectId> = fetch.shallow.iter().filter(present).copied().collect();
    if !fetch.deepen.is_asked() {
        return Ok(Boundary { cut: held, ..Boundary::default() });
    }
    let (kept, edge) = match fetch.deepen.depth {
        Some(INFINITE_DEPTH) => (held.clone(), Vec::new()),
        Some(depth) if fetch.deepen.relative && !held.is_empty() => {
            let starts: Vec<ObjectId> = held.iter().copied().collect();
            by_depth(repo, &starts, depth.saturating_add(1))?
        }
        Some(depth) => by_depth(repo, wants, depth)?,
        None => {
            let mut excluded = Vec::new();
            for name in &fetch.deepen.not {
                let found = refs.list.iter().find(|reference| {
                    reference.name == *name
                        || reference.name.split_once('/').is_some_and(|(_, short)| {
                            short == name || short.split_once('/').is_some_and(|(_, shorter)| shorter == name)
                        })
                });
                let Some(found) = found else {
                    return Err(
                        Refused(format!("upload-pack: deepen-not is not a ref: {}", name.escape_debug())).into()
                    );
                };
                excluded.push(found.commit());
            }
            by_rule(repo, wants, fetch.deepen.since, &excluded)?
        }
    };
    let unshallow: Vec<ObjectId> = held.iter().filter(|id| kept.contains(*id)).copied().collect();
    let mut cut: HashSet<ObjectId> = held.iter().filter(|id| !kept.contains(*id)).copied().collect();
    cut.extend(&edge);
    let shallow = edge.into_iter().filter(|id| !held.contains(id)).collect();
    Ok(Boundary { shallow, unshallow, cut })
}

/// The commits that come with their parents, and those at the edge, which do not.
type Kept = (HashSet<ObjectId>, Vec<ObjectId>);

/// Keeps `depth` generations, the first being `starts`.
fn by_depth(repo: &gix::Repository, starts: &[ObjectId], depth: u32) -> Result<Kept, Error> {
    let mut seen: HashSet<ObjectId> = starts.iter().copied().collect();
    let mut level: Vec<ObjectId> = seen.iter().copied().collect();
    let (mut kept, mut edge) = (HashSet::new(), Vec::new());
    for _ in 1..depth {
        let mut next = Vec::new();
        for id in level.drain(..) {
            let Node { parents, .. } = load_commit(repo, id)?;
            next.extend(parents.into_iter().filter(|parent| seen.insert(*parent)));
            kept.insert(id);
        }
        level = next;
        if level.is_empty() {
            break;
        }
    }
    for id in level {
        if !load_commit(repo, id)?.parents.is_empty() {
            edge.push(id);
        }
    }
    Ok((kept, edge))
}

/// Keeps commits not older than `since` and not reachable from `excluded`.
fn by_rule(
    repo: &gix::Repository,
    wants: &[ObjectId],
    since: Option<i64>,
    excluded: &[ObjectId],
) -> Result<Kept, Stop> {
    let mut left_out: HashSet<ObjectId> = excluded.iter().copied().collect();
    let mut queue: Vec<ObjectId> = excluded.to_vec();
    while let Some(id) = queue.pop() {
        queue.extend(load_commit(repo, id)?.parents.into_iter().filter(|parent| left_out.insert(*parent)));
    }
    let mut included = HashSet::new();
    let mut queue = wants.to_vec();
    let mut nodes = Vec::new();
    let mut seen: HashSet<ObjectId> = wants.iter().copied().collect();
    while let Some(id) = queue.pop() {
        let node = load_commit(repo, id)?;
        if left_out.contains(&id) || since.is_some_and(|since| node.time < since) {
            continue;
        }
        included.insert(id);
        queue.extend(node.parents.iter().filter(|parent| seen.insert(**parent)));
        nodes.push((id, node.parents));
    }
    if included.is_empty() {
        return Err(Refused("upload-pack: no commits selected for shallow requests".to_owned()).into());
    }
    let (kept, edge): (Vec<_>, Vec<_>) =
        nodes.into_iter().partition(|(_, parents)| parents.iter().all(|parent| included.contains(parent)));
    Ok((kept.into_iter().map(|(id, _)| id).collect(), edge.into_iter().map(|(id, _)| id).collect()))
}
