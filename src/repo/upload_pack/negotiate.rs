use std::{
    collections::HashSet,
    io::{self, Write},
};

use gix::ObjectId;

use super::{
    Error,
    packet::write_line,
    refs::peel,
    request::{Fetch, MultiAck, Step},
};
use crate::repo::pack::load_commit;

/// Commits looked at to find out whether enough is in common; beyond that the client is let go on.
const LOOKED_AT: usize = 100_000;

/// What both sides have.
pub(super) struct Common<'r> {
    repo: gix::Repository,
    wants: &'r [ObjectId],
    /// Commits, in the order in which the client named them.
    pub commits: Vec<ObjectId>,
    known: HashSet<ObjectId>,
    enough: Option<bool>,
}

impl<'r> Common<'r> {
    pub(super) fn new(repo: &gix::Repository, wants: &'r [ObjectId]) -> Self {
        let mut repo = repo.clone();
        // Most haves of a diverged client are unknown; none of them is a reason to look for new packs.
        repo.objects.refresh_never();
        Self { repo, wants, commits: Vec::new(), known: HashSet::new(), enough: None }
    }

    /// Takes one `have`; true when we have it too.
    pub(super) fn add(&mut self, id: ObjectId) -> bool {
        if self.known.contains(&id) {
            return true;
        }
        let Some(commit) = peel(&self.repo, id) else { return false };
        self.known.insert(id);
        self.known.insert(commit);
        self.commits.push(commit);
        self.enough = None;
        true
    }

    /// Whether every want leads to a common commit, so that naming more would not make the pack smaller.
    pub(super) fn is_enough(&mut self) -> Result<bool, Error> {
        if let Some(known) = self.enough {
            return Ok(known);
        }
        let enough = self.look()?;
        self.enough = Some(enough);
        Ok(enough)
    }

    fn look(&self) -> Result<bool, Error> {
        let mut oldest = i64::MAX;
        for id in &self.commits {
            oldest = oldest.min(load_commit(&self.repo, *id)?.time);
        }
        if self.commits.is_empty() {
            return Ok(false);
        }
        let mut budget = LOOKED_AT;
        for want in self.wants {
            let mut seen = HashSet::from([*want]);
            let mut queue = vec![*want];
            let mut met = false;
            while let Some(id) = queue.pop() {
                if self.known.contains(&id) {
                    met = true;
                    break;
                }
                if budget == 0 {
                    return Ok(false);
                }
                budget -= 1;
                let node = load_commit(&self.repo, id)?;
                if node.time >= oldest {
                    queue.extend(node.parents.into_iter().filter(|parent| seen.insert(*parent)));
                }
            }
            if !met {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Answers the haves of protocol v0; true when the pack is to follow.
pub(super) fn acknowledge_v0(fetch: &Fetch, common: &mut Common<'_>, out: &mut dyn Write) -> Result<bool, Error> {
    let ack = |out: &mut dyn Write, id: ObjectId, word: &str| write_line(out, &format!("ACK {id}{word}"));
    let several = fetch.multi_ack != MultiAck::Single;
    let detailed = fetch.multi_ack == MultiAck::Detailed;
    let mut last: Option<ObjectId> = None;
    let (mut got_common, mut got_other, mut sent_ready) = (false, false, false);
    for step in &fetch.steps {
        match step {
            Step::Have(id) if common.add(*id) => {
                got_common = true;
                match fetch.multi_ack {
                    MultiAck::Detailed => ack(out, *id, " common")?,
                    MultiAck::Continue => ack(out, *id, " continue")?,
                    MultiAck::Single if last.is_none() => ack(out, *id, "")?,
                    MultiAck::Single => {}
                }
                last = Some(*id);
            }
            Step::Have(id) => {
                got_other = true;
                if several && common.is_enough()? {
                    sent_ready |= detailed;
                    ack(out, *id, if detailed { " ready" } else { " continue" })?;
                }
            }
            Step::Flush => {
                if let Some(last) = last
                    && detailed
                    && got_common
                    && !got_other
                    && common.is_enough()?
                {
                    sent_ready = true;
                    ack(out, last, " ready")?;
                }
                if last.is_none() || several {
                    write_line(out, "NAK")?;
                }
                if let Some(last) = last
                    && fetch.no_done
                    && sent_ready
                {
                    ack(out, last, "")?;
                    return Ok(true);
                }
                (got_common, got_other) = (false, false);
            }
            Step::Done => {
                match last {
                    Some(last) if several => ack(out, last, "")?,
                    Some(_) => {}
                    None => write_line(out, "NAK")?,
                }
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Writes the section `acknowledgments` of protocol v2, without its end; true when the pack is to follow.
pub(super) fn acknowledge_v2(fetch: &Fetch, common: &mut Common<'_>, out: &mut dyn Write) -> Result<bool, Error> {
    write_line(out, "acknowledgments")?;
    let shared: Vec<ObjectId> = fetch.haves.iter().filter(|id| common.add(**id)).copied().collect();
    if shared.is_empty() {
        write_line(out, "NAK")?;
    }
    shared.iter().try_for_each(|id| -> io::Result<()> { write_line(out, &format!("ACK {id}")) })?;
    let ready = common.is_enough()?;
    if ready {
        write_line(out, "ready")?;
    }
    Ok(ready)
}
