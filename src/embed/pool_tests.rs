//! The threads with an encoder that waits, fails and panics when it is told to.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // a test may stop at a surprise

use std::sync::mpsc;

use super::*;

const FAIL: u32 = 1_000_001;
const PANIC: u32 = 1_000_002;
/// Passages begin with this.
const PASSAGE: u32 = 1_000_003;

/// A vector is the sequence's length and its last token. Before each batch the encoder notes it and, if there is a
/// gate, waits for a pass.
struct Fake {
    seen: Mutex<Vec<Vec<Vec<u32>>>>,
    gate: Option<Mutex<mpsc::Receiver<()>>>,
    began: Mutex<mpsc::Sender<()>>,
    /// Parts of teams that were done, by the thread.
    parts: Mutex<Vec<(usize, thread::ThreadId)>>,
}

/// A text that is embedded together begins with this.
const SHARED: u32 = 1_000_004;
/// The second member of its team panics.
const DESERTED: u32 = 1_000_005;

struct FakeTeam {
    meeting: Meeting,
    deserted: bool,
}

impl Encode for Fake {
    type Input = Vec<u32>;
    type Space = ();
    type Team = FakeTeam;

    fn dimensions(&self) -> usize {
        2
    }

    fn length(input: &Vec<u32>) -> usize {
        input.len()
    }

    fn embed(&self, (): &mut (), batch: &[Vec<u32>], out: &mut [f32]) -> Result<(), String> {
        self.seen.lock().unwrap().push(batch.to_vec());
        let _listening = self.began.lock().unwrap().send(());
        if let Some(gate) = &self.gate {
            let _open = gate.lock().unwrap().recv();
        }
        for (sequence, vector) in batch.iter().zip(out.chunks_exact_mut(2)) {
            match sequence.last() {
                Some(&FAIL) => return Err("no such token".to_owned()),
                Some(&PANIC) => panic!("as told"),
                last => vector.copy_from_slice(&[sequence.len() as f32, last.map_or(0.0, |id| *id as f32)]),
            }
        }
        Ok(())
    }

    fn team(&self, input: &Vec<u32>, threads: usize) -> Option<FakeTeam> {
        let shared = input.first().is_some_and(|first| [SHARED, DESERTED].contains(first));
        shared.then(|| FakeTeam { meeting: Meeting::new(threads), deserted: input[0] == DESERTED })
    }

    fn meeting(team: &FakeTeam) -> &Meeting {
        &team.meeting
    }

    fn take_part(&self, team: &FakeTeam, member: usize, (): &mut ()) -> bool {
        let presence = team.meeting.enter();
        assert!(!(team.deserted && member == 1), "as told");
        self.parts.lock().unwrap().push((member, thread::current().id()));
        if presence.meet().is_err() {
            return false;
        }
        presence.done();
        true
    }

    fn team_vector(&self, team: &FakeTeam, out: &mut [f32]) {
        out.copy_from_slice(&[team.meeting.members() as f32, -1.0]);
    }
}

fn open_pool(threads: usize) -> Pool<Fake> {
    Pool::start(
        Fake { seen: Mutex::default(), gate: None, began: Mutex::new(channel().0), parts: Mutex::default() },
        threads,
    )
    .unwrap()
}

/// A pool whose encoder begins each batch only with a pass from the sender; the receiver hears of each beginning.
fn gated_pool(threads: usize) -> (Pool<Fake>, mpsc::Sender<()>, mpsc::Receiver<()>) {
    let (pass, gate) = channel();
    let (began, beginnings) = channel();
    let fake = Fake {
        seen: Mutex::default(),
        gate: Some(Mutex::new(gate)),
        began: Mutex::new(began),
        parts: Mutex::default(),
    };
    (Pool::start(fake, threads).unwrap(), pass, beginnings)
}

fn of_length(length: usize, last: u32) -> Vec<u32> {
    let mut sequence = vec![PASSAGE; length - 1];
    sequence.push(last);
    sequence
}

fn until(condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(30), "waited in vain");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn vectors_come_in_the_order_of_the_texts() {
    let pool = open_pool(3);
    let lengths: Vec<usize> = (0..1500).map(|n| 2 + n * 7919 % 97).collect();
    let sequences = lengths.iter().zip(0..1500).map(|(length, last)| Ok(of_length(*length, last)));
    let vectors = pool.passages(sequences).unwrap();
    let wanted: Vec<Vec<f32>> = lengths.iter().zip(0..1500_u16).map(|(n, id)| vec![*n as f32, f32::from(id)]).collect();
    assert_eq!(vectors, wanted);
    assert_eq!(
        pool.passages(std::iter::empty::<Result<Vec<u32>, Error>>().collect::<Vec<_>>().into_iter()).unwrap().len(),
        0
    );
    assert_eq!(pool.query(vec![1, 2, 3]).unwrap(), [3.0, 3.0]);
}

#[test]
fn batches_hold_sequences_of_like_length_and_a_bounded_number_of_tokens() {
    let pool = open_pool(2);
    let sequences = (0..256_usize).map(|n| Ok(of_length(2 + n * 31 % 254, 0)));
    pool.passages(sequences).unwrap();
    for batch in pool.encoder().seen.lock().unwrap().iter() {
        let lengths: Vec<usize> = batch.iter().map(Vec::len).collect();
        assert!(lengths.iter().sum::<usize>() <= 512, "{lengths:?}");
        let (longest, shortest) = (lengths.iter().max().unwrap(), lengths.iter().min().unwrap());
        assert!(longest - shortest <= 70, "{lengths:?}");
    }
}

#[test]
fn a_small_request_is_shared_among_the_threads() {
    let pool = open_pool(4);
    pool.shared.batch_tokens.store(512, Ordering::Relaxed);
    pool.passages((0..32).map(|last| Ok(of_length(16, last)))).unwrap();
    assert_eq!(pool.encoder().seen.lock().unwrap().len(), 4);
}

#[test]
fn batches_are_sized_by_the_time_they_take() {
    let pool = open_pool(1);
    let size = || pool.shared.batch_tokens.load(Ordering::Relaxed);
    for _ in 0..40 {
        pool.shared.learn(100, Duration::from_millis(1));
    }
    assert_eq!(size(), 512);
    for _ in 0..40 {
        pool.shared.learn(256, Duration::from_millis(8));
    }
    assert!((256..=260).contains(&size()), "{}", size());
    for _ in 0..40 {
        pool.shared.learn(256, Duration::from_secs(1));
    }
    assert!((64..=67).contains(&size()), "{}", size());
}

#[test]
fn a_query_goes_before_the_passages_that_wait() {
    let (pool, pass, began) = gated_pool(1);
    thread::scope(|scope| {
        let indexing = scope.spawn(|| pool.passages((0..8).map(|last| Ok(of_length(64, last)))));
        began.recv().unwrap();
        until(|| pool.shared.lock().passages.len() == 2);
        let query = scope.spawn(|| pool.query(vec![7, 8]));
        until(|| pool.shared.lock().queries.len() == 1);
        // The passages that are being embedded, then the query.
        pass.send(()).unwrap();
        began.recv().unwrap();
        assert_eq!(pool.encoder().seen.lock().unwrap()[1], [[7, 8]]);
        pass.send(()).unwrap();
        assert_eq!(query.join().unwrap().unwrap(), [2.0, 8.0]);
        drop(pass);
        assert_eq!(indexing.join().unwrap().unwrap().len(), 8);
    });
}

#[test]
fn passages_wait_for_room_and_queries_are_refused_without_it() {
    let (pool, pass, began) = gated_pool(1);
    thread::scope(|scope| {
        let indexing = scope.spawn(|| pool.passages((0..500).map(|last| Ok(of_length(64, last)))));
        began.recv().unwrap();
        until(|| pool.shared.lock().passages.len() == 2);
        let queries: Vec<_> = (0..WAITING_QUERIES).map(|_| scope.spawn(|| pool.query(vec![1]))).collect();
        until(|| pool.shared.lock().queries.len() == WAITING_QUERIES);
        assert_eq!(pool.shared.lock().passages.len(), 2);
        assert!(matches!(pool.query(vec![1]), Err(Error::Busy)));
        drop(pass);
        assert!(queries.into_iter().all(|query| query.join().unwrap().is_ok()));
        assert_eq!(indexing.join().unwrap().unwrap().len(), 500);
    });
}

#[test]
fn a_panic_or_an_error_concerns_its_batch_alone() {
    let pool = open_pool(2);
    for _ in 0..6 {
        assert!(matches!(pool.query(vec![PANIC]), Err(Error::Failed(text)) if text.contains("panicked")));
        assert!(matches!(pool.query(vec![FAIL]), Err(Error::Failed(text)) if text == "no such token"));
    }
    assert!(pool.passages(vec![Ok(of_length(40, 1)), Ok(of_length(50, PANIC))].into_iter()).is_err());
    assert_eq!(pool.query(vec![5]).unwrap(), [1.0, 5.0]);
    let refused = vec![Ok(vec![1]), Err(Error::Failed("no text".to_owned()))];
    assert!(matches!(pool.passages(refused.into_iter()), Err(Error::Failed(text)) if text == "no text"));
}

#[test]
fn the_end_lets_what_runs_finish_and_refuses_what_waits() {
    let (pool, pass, began) = gated_pool(1);
    thread::scope(|scope| {
        let running = scope.spawn(|| pool.query(vec![1, 2]));
        began.recv().unwrap();
        let waiting = scope.spawn(|| pool.query(vec![3]));
        let indexing = scope.spawn(|| pool.passages((0..50).map(|last| Ok(of_length(64, last)))));
        until(|| pool.shared.lock().queries.len() == 1 && pool.shared.lock().passages.len() == 2);
        let ending = scope.spawn(|| pool.shutdown());
        until(|| pool.shared.lock().ended);
        assert!(matches!(waiting.join().unwrap(), Err(Error::Stopped)));
        assert!(matches!(indexing.join().unwrap(), Err(Error::Stopped)));
        drop(pass);
        assert_eq!(running.join().unwrap().unwrap(), [2.0, 2.0]);
        ending.join().unwrap();
    });
    assert!(matches!(pool.query(vec![1]), Err(Error::Stopped)));
    assert!(matches!(pool.passages([Ok(vec![1])].into_iter()), Err(Error::Stopped)));
    pool.shutdown();
}

#[test]
fn idle_threads_help_with_a_single_text() {
    let pool = open_pool(3);
    until(|| pool.shared.lock().idle == 3);
    // Where the machine is busy the helpers may come too late, and the text is embedded all the same.
    until(|| {
        until(|| pool.shared.lock().idle == 3);
        let vector = pool.query(vec![SHARED, 4]).unwrap();
        assert!(vector == [3.0, -1.0] || vector == [2.0, 4.0], "{vector:?}");
        vector == [3.0, -1.0]
    });
    let mut parts = pool.encoder().parts.lock().unwrap().clone();
    let mut last = parts.split_off(parts.len() - 3);
    last.sort_by_key(|(member, _)| *member);
    assert_eq!(last.iter().map(|(member, _)| *member).collect::<Vec<_>>(), [0, 1, 2]);
    let threads: std::collections::HashSet<_> = last.iter().map(|(_, thread)| *thread).collect();
    assert_eq!(threads.len(), 3);
}

#[test]
fn whoever_is_left_alone_embeds_alone() {
    let pool = open_pool(2);
    until(|| pool.shared.lock().idle == 2);
    for _ in 0..5 {
        assert_eq!(pool.query(vec![DESERTED, 4]).unwrap(), [2.0, 4.0]);
    }
    // A thread that works for somebody else is not waited for.
    let (pool, pass, began) = gated_pool(2);
    thread::scope(|scope| {
        until(|| pool.shared.lock().idle == 2);
        let first = scope.spawn(|| pool.query(vec![1, 2, 3]));
        began.recv().unwrap();
        let second = scope.spawn(|| pool.query(vec![SHARED, 4]));
        began.recv().unwrap();
        drop(pass);
        assert_eq!(first.join().unwrap().unwrap(), [3.0, 3.0]);
        assert_eq!(second.join().unwrap().unwrap(), [2.0, 4.0]);
    });
}
