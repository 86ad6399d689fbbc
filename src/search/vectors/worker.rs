//! Git is the queue: a notice only says "look again". The worker compares what a store
//! reflects with the wiki's tip and embeds the difference, a slice at a time, so that a large
//! import keeps nobody's edit waiting. After a crash, a push or a restore it is the same code.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;

use super::plan::{Means, Plan, Step};
use super::queue::{Progress, Report, VectorStatus};
use super::service::{Opened, Shared};
use super::store::{Store, remove_others};
use super::table::Reflected;
use crate::model::WikiId;
use crate::search::{Embed, Error};

/// Rows that are added to a graph in one slice: about a quarter of a second.
const GROWN_AT_ONCE: usize = 512;

/// What the worker is about to do with one wiki.
#[derive(Default)]
struct Work {
    plan: Plan,
    successor: Option<Successor>,
}

/// Vectors that are made from nothing while the others answer.
struct Successor {
    store: Arc<Store>,
    plan: Plan,
}

/// The worker's life.
pub(super) fn run(shared: &Shared) {
    let mut works: HashMap<WikiId, Work> = HashMap::new();
    while let Some((wiki, notice)) = wait_for_work(shared) {
        let work = works.entry(wiki).or_default();
        let result = catch_unwind(AssertUnwindSafe(|| slice(shared, wiki, work)))
            .unwrap_or_else(|_| Err(Error::Source("panic while embedding the wiki".into())));
        if result.is_err() || (work.plan.is_empty() && work.successor.is_none()) {
            // Whatever is not finished is found out again.
            works.remove(&wiki);
        }
        let mut queue = shared.queue.lock();
        queue.finish(wiki, notice, result, shared.clock.now());
        queue.idle();
        works.retain(|wiki, _| queue.knows(*wiki));
        drop(queue);
        shared.changed.notify_all();
    }
    for opened in shared.all_open() {
        opened.store.store_graph(true);
    }
}

/// `None` when the worker is to end.
fn wait_for_work(shared: &Shared) -> Option<(WikiId, u64)> {
    let mut queue = shared.queue.lock();
    loop {
        if queue.is_stopping() {
            return None;
        }
        if let Some(next) = queue.next(Instant::now()) {
            return Some(next);
        }
        match queue.next_due() {
            None => shared.changed.wait(&mut queue),
            Some(due) => drop(shared.changed.wait_until(&mut queue, due)),
        }
    }
}

fn slice(shared: &Shared, wiki: WikiId, work: &mut Work) -> Result<Report, Error> {
    let place = shared.place(wiki)?;
    let embed = Arc::clone(shared.embed()?);
    let (mut opened, _) = shared.opened(wiki, Some(&place))?;
    let means = Means { source: place.source.as_ref(), embed: embed.as_ref(), reuse: true };
    let of_all = work.plan.is_of_all();
    let step = work.plan.step(&opened.store, &means)?;
    let mut progress = (!step.finished).then_some(step);
    let mut rebuilding = !step.finished && work.plan.is_of_all();
    let mut more = false;
    if step.finished {
        if opened.former.lock().take().is_some() || step.total > 0 {
            // From here on nobody asks for another model's.
            remove_others(&opened.dir, &shared.key()?).map_err(Error::Vectors)?;
        }
        if shared.queue.lock().is_anew(wiki) || work.successor.is_some() {
            let step = rebuild(shared, wiki, work, &opened, &means)?;
            if step.finished {
                opened = shared.opened(wiki, Some(&place))?.0;
            } else {
                (progress, rebuilding, more) = (Some(step), true, true);
            }
        }
        if of_all {
            // So much work is worth waiting for the disk.
            opened.store.sync().map_err(Error::Vectors)?;
        }
        opened.store.tidy().map_err(Error::Vectors)?;
        more |= opened.store.grow_graph(GROWN_AT_ONCE);
        if !more {
            opened.store.store_graph(false);
        }
    }
    shared.make_room(wiki, opened.memory());
    let progress = progress.map(|step| Progress { done: step.done, total: step.total });
    let status = VectorStatus { progress, rebuilding, ..status_of(&opened.store, embed.as_ref()) };
    Ok(Report { step, more, status })
}

/// A slice of embedding everything anew.
fn rebuild(shared: &Shared, wiki: WikiId, work: &mut Work, opened: &Opened, means: &Means<'_>) -> Result<Step, Error> {
    let successor = match &mut work.successor {
        Some(successor) => successor,
        none => {
            let store =
                Store::open_successor(&opened.dir, &shared.key()?, shared.limits.graph_from).map_err(Error::Vectors)?;
            none.insert(Successor { store: Arc::new(store), plan: Plan::default() })
        }
    };
    let step = successor.plan.step(&successor.store, &Means { reuse: false, ..*means })?;
    if step.finished {
        successor.store.take_over().map_err(Error::Vectors)?;
        let store = Arc::clone(&successor.store);
        work.successor = None;
        shared.replace(wiki, Opened { store, former: Mutex::new(None), dir: opened.dir.clone() });
    }
    Ok(step)
}

/// What a store itself tells.
pub(super) fn status_of(store: &Store, embed: &dyn Embed) -> VectorStatus {
    let (pages, passages) = store.counts();
    VectorStatus {
        indexed: match store.reflected() {
            Reflected::Commit(commit) => Some(commit),
            Reflected::Nothing | Reflected::Unfinished => None,
        },
        pages,
        passages,
        model: Some(embed.info().id.clone()),
        disk: store.size(),
        memory: store.memory(),
        ..VectorStatus::default()
    }
}
