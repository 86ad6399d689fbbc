use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Looks at the others' progress before a waiting thread lets another one have its core.
const PATIENCE: u32 = 2_000;

/// Where threads that do one thing together wait for each other: microseconds, between the
/// steps of a millisecond's work. They spin, so each must be running.
pub(crate) struct Meeting {
    members: usize,
    /// Threads that have come to take part.
    present: AtomicUsize,
    /// Threads that have reached the meeting that is next.
    arrived: AtomicUsize,
    /// Meetings held.
    held: AtomicUsize,
    abandoned: AtomicBool,
}

/// Somebody left before the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Abandoned;

/// A thread's taking part. Dropped before [`Presence::done`], by a panic too, it releases the
/// others.
pub(crate) struct Presence<'m> {
    meeting: &'m Meeting,
    done: bool,
}

impl Meeting {
    pub(crate) fn members(&self) -> usize {
        self.members
    }

    pub(crate) fn new(members: usize) -> Self {
        Self {
            members,
            present: AtomicUsize::new(0),
            arrived: AtomicUsize::new(0),
            held: AtomicUsize::new(0),
            abandoned: AtomicBool::new(false),
        }
    }

    /// Whether all but the caller come within the time.
    pub(crate) fn assembles(&self, within: Duration) -> bool {
        let begun = Instant::now();
        while self.present.load(Ordering::Acquire) + 1 < self.members {
            if begun.elapsed() > within {
                return false;
            }
            std::hint::spin_loop();
        }
        true
    }

    pub(crate) fn enter(&self) -> Presence<'_> {
        self.present.fetch_add(1, Ordering::AcqRel);
        Presence { meeting: self, done: false }
    }

    /// Sends everybody away.
    pub(crate) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
    }
}

impl Presence<'_> {
    /// Waits until every member has come this far; what each did before is then seen by all.
    ///
    /// # Errors
    /// When somebody has left.
    pub(crate) fn meet(&self) -> Result<(), Abandoned> {
        let meeting = self.meeting;
        let held = meeting.held.load(Ordering::Acquire);
        if meeting.arrived.fetch_add(1, Ordering::AcqRel) + 1 == meeting.members {
            meeting.arrived.store(0, Ordering::Release);
            meeting.held.store(held + 1, Ordering::Release);
            return Ok(());
        }
        let mut looks = 0;
        while meeting.held.load(Ordering::Acquire) == held {
            if meeting.abandoned.load(Ordering::Acquire) {
                return Err(Abandoned);
            }
            looks += 1;
            if looks < PATIENCE { std::hint::spin_loop() } else { thread::yield_now() }
        }
        Ok(())
    }

    /// The end of this thread's part.
    pub(crate) fn done(mut self) {
        self.done = true;
    }
}

impl Drop for Presence<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.meeting.abandon();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_ahead_of_the_others() {
        let (meeting, sum) = (Meeting::new(3), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let presence = meeting.enter();
                    for round in 1..=500 {
                        sum.fetch_add(1, Ordering::Relaxed);
                        presence.meet().unwrap();
                        assert_eq!(sum.load(Ordering::Relaxed), 3 * round);
                        presence.meet().unwrap();
                    }
                    presence.done();
                });
            }
        });
    }

    #[test]
    fn whoever_leaves_releases_the_others() {
        let meeting = Meeting::new(2);
        assert!(!meeting.assembles(Duration::from_millis(1)));
        thread::scope(|scope| {
            let waiting = scope.spawn(|| meeting.enter().meet());
            assert!(meeting.assembles(Duration::from_secs(30)));
            drop(meeting.enter());
            assert_eq!(waiting.join().unwrap(), Err(Abandoned));
        });
    }
}
