//! One sequence, embedded by several threads, so that whoever waits for it waits less. Each
//! has some of its rows and takes them through all layers; the rows of the others it sees in
//! attention alone, by their keys and values.

use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::bert::{Encoder, Scratch, SequenceError};
use crate::meeting::{Abandoned, Meeting};

/// Rows that a thread needs, so that its part is longer than the meetings.
const LEAST_ROWS: usize = 16;

/// A sequence that is embedded together, and how far its members are.
pub struct Team {
    pub(crate) tokens: Vec<u32>,
    members: Vec<Member>,
    pub(crate) meeting: Meeting,
}

struct Member {
    rows: Range<usize>,
    heads: OnceLock<Arc<Heads>>,
    /// The sum of its states that count.
    sum: Mutex<Vec<f32>>,
}

/// Queries, keys and values of one group of heads for a thread's rows: two of them, taken in
/// turn, because others may still read one while the next is computed.
pub(crate) struct Heads([RwLock<Vec<f32>>; 2]);

impl Heads {
    pub(crate) fn new(numbers: usize) -> Self {
        Self([RwLock::new(vec![0.0; numbers]), RwLock::new(vec![0.0; numbers])])
    }

    /// Waits for nobody outside of a team.
    pub(crate) fn write(&self, turn: usize) -> RwLockWriteGuard<'_, Vec<f32>> {
        let [even, odd] = &self.0;
        (if turn.is_multiple_of(2) { even } else { odd }).write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn read(&self, turn: usize) -> RwLockReadGuard<'_, Vec<f32>> {
        let [even, odd] = &self.0;
        (if turn.is_multiple_of(2) { even } else { odd }).read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Team {
    /// How many threads a sequence of so many tokens is worth.
    pub(crate) fn worth(tokens: usize) -> usize {
        (tokens / LEAST_ROWS).max(1)
    }

    /// The heads of every member, and where its rows begin; all have come to the first meeting.
    pub(crate) fn heads(&self) -> impl Iterator<Item = (&Heads, Range<usize>)> {
        self.members.iter().filter_map(|member| Some((member.heads.get()?.as_ref(), member.rows.clone())))
    }
}

impl Encoder {
    /// Prepares to embed a sequence by `members` threads, each of which then calls [`Self::take_part`].
    ///
    /// # Errors
    /// When the model cannot read the sequence.
    pub fn team(&self, tokens: &[u32], members: usize) -> Result<Team, SequenceError> {
        self.check(&[tokens])?;
        let count = members.clamp(1, tokens.len());
        let member = |number: usize| Member {
            rows: tokens.len() * number / count..tokens.len() * (number + 1) / count,
            heads: OnceLock::new(),
            sum: Mutex::default(),
        };
        let members = (0..count).map(member).collect();
        Ok(Team { tokens: tokens.to_vec(), members, meeting: Meeting::new(count) })
    }

    /// Does the part of one member, counted from 0, and returns when all are done: whether the
    /// vector is there, which it is not when another member left. Waits for the others at every
    /// step: each needs a thread that runs.
    pub fn take_part(&self, team: &Team, member: usize, scratch: &mut Scratch) -> bool {
        let Some(own) = team.members.get(member) else { return false };
        let presence = team.meeting.enter();
        let share = |heads: Arc<Heads>| drop(own.heads.set(heads));
        let met = self.embed_part(team, own.rows.clone(), &presence, share, scratch).and_then(|sum| {
            *own.sum.lock().unwrap_or_else(PoisonError::into_inner) = sum;
            presence.meet()
        });
        match met {
            Ok(()) => {
                presence.done();
                true
            }
            Err(Abandoned) => false,
        }
    }

    /// Writes the vector of a team whose members are done.
    pub fn team_vector(&self, team: &Team, vector: &mut [f32]) {
        vector.fill(0.0);
        for member in &team.members {
            let sum = member.sum.lock().unwrap_or_else(PoisonError::into_inner);
            vector.iter_mut().zip(sum.iter()).for_each(|(total, part)| *total += part);
        }
        self.scale(vector, team.tokens.len());
    }
}
