use std::io::{self, Write};

use gix::ObjectId;

use super::pack::{self, Closed, Options, Packs, Range, collect, select, write_pack};
use super::{Repo, object_id};
use crate::model::Revision;

impl Repo {
    /// Writes the branch with all its history as a git bundle of version 2 (gitformat-bundle(5)), which
    /// `git clone` and `git fetch` read like a repository. `tick` hears how many objects were looked at;
    /// when it fails, the work ends.
    ///
    /// # Errors
    /// When there is no such commit, an object is missing or damaged, or `out` or `tick` fails.
    pub fn bundle(
        &self,
        tip: Revision,
        out: &mut dyn Write,
        tick: &mut dyn FnMut(usize) -> io::Result<()>,
    ) -> Result<(), pack::Error> {
        let mut repo = self.gix();
        repo.objects.ignore_replacements = true;
        let tip = object_id(tip);
        let mut closed = Closed::find(&repo);
        let mut range = range(tip, closed.as_ref());
        let mut selection = select(&repo, &range, tick)?;
        // A pack that the tip does not build on is of no use here.
        if closed.as_ref().is_some_and(|closed| !selection.met.contains(&closed.tip)) {
            closed = None;
            range.haves.clear();
            selection = select(&repo, &range, tick)?;
        }
        let held = |id: &ObjectId| closed.as_ref().is_some_and(|closed| closed.contains(id));
        let plan = collect(&repo, &selection.commits, &held, tick)?;
        write!(out, "# v2 git bundle\n{tip} refs/heads/main\n{tip} HEAD\n\n")?;
        let options = Options { ofs_delta: true, closed: closed.as_ref(), compression: flate2::Compression::default() };
        let packs = Packs::open(&repo)?;
        write_pack(&repo, &packs, &plan, &options, out, &mut |_| {}, tick)?;
        Ok(())
    }
}

fn range(tip: ObjectId, closed: Option<&Closed>) -> Range {
    Range { wants: vec![tip], haves: closed.iter().map(|closed| closed.tip).collect(), ..Range::default() }
}
