use std::collections::{BinaryHeap, HashSet};

use gix::{ObjectId, hashtable::HashMap};

use super::{Error, Tick, read};

/// Reachable from a wanted commit.
const WANTED: u8 = 1;
/// Reachable from a commit that the receiver has.
const HELD: u8 = 2;
const QUEUED: u8 = 4;
const LISTED: u8 = 8;

/// Which commits to send: those that `wants` reach and `haves` do not.
#[derive(Default)]
pub(in crate::repo) struct Range {
    pub wants: Vec<ObjectId>,
    pub haves: Vec<ObjectId>,
    /// Commits whose parents the receiver is not to get.
    pub cut: HashSet<ObjectId>,
    /// Commits that the receiver has without their parents.
    pub held_cut: HashSet<ObjectId>,
}

/// A commit to send.
pub(in crate::repo) struct SentCommit {
    pub id: ObjectId,
    pub tree: ObjectId,
    /// A tree that the receiver has or gets with this pack: only what differs from it is sent.
    pub base: Option<ObjectId>,
}

/// The selected commits, newest first.
pub(in crate::repo) struct Selection {
    pub commits: Vec<SentCommit>,
    /// The `haves` that the walk met on the way down from the wants.
    pub met: HashSet<ObjectId>,
}

/// What the walk needs to know of a commit.
pub(in crate::repo) struct Node {
    pub tree: ObjectId,
    pub parents: Vec<ObjectId>,
    /// The committer's, in seconds since the epoch.
    pub time: i64,
    flags: u8,
}

struct Walk<'r> {
    repo: &'r gix::Repository,
    nodes: HashMap<ObjectId, Node>,
    queue: BinaryHeap<(i64, ObjectId)>,
    /// Queued commits that may still lead to something to send.
    open: usize,
    /// With a shallow receiver, a commit it holds may have parents it lacks.
    through_held: bool,
}

impl Walk<'_> {
    fn is_open(&self, flags: u8) -> bool {
        flags & WANTED != 0 && (self.through_held || flags & HELD == 0)
    }

    fn mark(&mut self, id: ObjectId, add: u8) -> Result<(), Error> {
        if !self.nodes.contains_key(&id) {
            self.nodes.insert(id, load_commit(self.repo, id)?);
        }
        let Some(node) = self.nodes.get(&id) else { return Ok(()) };
        let (before, time) = (node.flags, node.time);
        let after = before | add | QUEUED;
        if before | add == before {
            return Ok(());
        }
        if before & QUEUED == 0 {
            self.queue.push((time, id));
        } else if self.is_open(before) {
            self.open -= 1;
        }
        if self.is_open(after) {
            self.open += 1;
        }
        if let Some(node) = self.nodes.get_mut(&id) {
            node.flags = after;
        }
        Ok(())
    }

    fn pop(&mut self) -> Option<(ObjectId, u8, Vec<ObjectId>)> {
        if self.open == 0 {
            return None;
        }
        let (_, id) = self.queue.pop()?;
        let through_held = self.through_held;
        let node = self.nodes.get_mut(&id)?;
        let flags = node.flags;
        node.flags = flags & !QUEUED | LISTED;
        let parents = node.parents.clone();
        if flags & WANTED != 0 && (through_held || flags & HELD == 0) {
            self.open -= 1;
        }
        Some((id, flags, parents))
    }
}

/// Selects the commits of `range`, walking newest first and no further than needed.
///
/// Skewed clocks can make it select commits that the receiver already has, never leave one out.
pub(in crate::repo) fn select(repo: &gix::Repository, range: &Range, tick: Tick<'_>) -> Result<Selection, Error> {
    let mut walk = Walk {
        repo,
        nodes: HashMap::default(),
        queue: BinaryHeap::new(),
        open: 0,
        through_held: !range.held_cut.is_empty(),
    };
    for id in &range.haves {
        walk.mark(*id, HELD)?;
    }
    for id in &range.wants {
        walk.mark(*id, WANTED)?;
    }
    let mut order = Vec::new();
    let mut popped = 0usize;
    while let Some((id, flags, parents)) = walk.pop() {
        popped += 1;
        if popped.is_multiple_of(1024) {
            tick(order.len())?;
        }
        if flags & LISTED == 0 && flags & WANTED != 0 {
            order.push(id);
        }
        let mut pass = 0;
        if !range.cut.contains(&id) {
            pass |= flags & WANTED;
        }
        if !range.held_cut.contains(&id) {
            pass |= flags & HELD;
        }
        if pass != 0 {
            for parent in parents {
                walk.mark(parent, pass)?;
            }
        }
    }
    let any_held = range.haves.iter().find_map(|id| walk.nodes.get(id)).map(|node| node.tree);
    let known = |id: &ObjectId, mask: u8| walk.nodes.get(id).filter(|node| node.flags & mask != 0);
    let commits = order
        .iter()
        .filter_map(|id| walk.nodes.get(id).map(|node| (id, node)))
        .filter(|(_, node)| node.flags & HELD == 0)
        .map(|(id, node)| {
            let mask = if range.cut.contains(id) { HELD } else { HELD | WANTED };
            let parent = node.parents.iter().find_map(|parent| known(parent, mask)).map(|parent| parent.tree);
            SentCommit { id: *id, tree: node.tree, base: parent.or(any_held) }
        })
        .collect();
    let met = range.haves.iter().filter(|id| known(id, WANTED).is_some()).copied().collect();
    Ok(Selection { commits, met })
}

/// Whether each of `targets` is one of `from` or an ancestor of one; stops as soon as that is known.
pub(in crate::repo) fn reaches_all(
    repo: &gix::Repository,
    from: &[ObjectId],
    targets: &[ObjectId],
) -> Result<bool, Error> {
    let mut missing: HashSet<ObjectId> = targets.iter().copied().collect();
    let mut seen = gix::hashtable::HashSet::default();
    let mut queue = BinaryHeap::new();
    for id in from {
        if seen.insert(*id) {
            queue.push((load_commit(repo, *id)?.time, *id));
        }
    }
    while let Some((_, id)) = queue.pop() {
        missing.remove(&id);
        if missing.is_empty() {
            return Ok(true);
        }
        for parent in load_commit(repo, id)?.parents {
            if seen.insert(parent) {
                queue.push((load_commit(repo, parent)?.time, parent));
            }
        }
    }
    Ok(missing.is_empty())
}

/// Reads a commit's header.
pub(in crate::repo) fn load_commit(repo: &gix::Repository, id: ObjectId) -> Result<Node, Error> {
    let (kind, data) = read(repo, id)?;
    if kind != gix::object::Kind::Commit {
        return Err(Error::Unreadable { id, reason: format!("a {kind} where a commit belongs") });
    }
    let damaged = |reason: &str| Error::Unreadable { id, reason: reason.to_owned() };
    let (tree, mut rest) = header_id(&data, b"tree ").ok_or_else(|| damaged("its tree line is malformed"))?;
    let mut parents = Vec::new();
    while let Some((parent, after)) = header_id(rest, b"parent ") {
        parents.push(parent);
        rest = after;
    }
    Ok(Node { tree, parents, time: committer_time(rest), flags: 0 })
}

/// Splits `name`, 40 hexadecimal digits and a line feed off a commit's header.
pub(super) fn header_id<'d>(data: &'d [u8], name: &[u8]) -> Option<(ObjectId, &'d [u8])> {
    let (hex, rest) = data.strip_prefix(name)?.split_at_checked(40)?;
    Some((ObjectId::from_hex(hex).ok()?, rest.strip_prefix(b"\n")?))
}

/// The committer's seconds since the epoch; 0 when malformed, which only makes walks longer.
fn committer_time(header: &[u8]) -> i64 {
    header
        .split(|byte| *byte == b'\n')
        .take_while(|line| !line.is_empty())
        .find_map(|line| line.strip_prefix(b"committer "))
        .and_then(|line| line.rsplit(|byte| *byte == b' ').nth(1))
        .and_then(|text| std::str::from_utf8(text).ok()?.parse().ok())
        .unwrap_or(0)
}
