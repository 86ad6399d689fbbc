use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::model::WikiId;

/// Followers of all wikis, and of one, at the same time.
const MOST: usize = 512;
const MOST_OF_ONE: usize = 128;

/// Wakes those that follow a wiki when it has changed.
pub(super) struct Feed {
    wikis: Mutex<HashMap<WikiId, watch::Sender<()>>>,
    places: Arc<Semaphore>,
}

/// A follower's place. It is free again once this is dropped.
pub(super) struct Follower {
    moved: watch::Receiver<()>,
    _place: OwnedSemaphorePermit,
}

/// Tells those that are answered for as long as they like that the server ends; in the
/// extensions of every request.
#[derive(Clone)]
pub struct Stopping(pub watch::Receiver<bool>);

impl Feed {
    pub(super) fn new() -> Self {
        Self { wikis: Mutex::default(), places: Arc::new(Semaphore::new(MOST)) }
    }

    /// A place for one more follower; none when there are too many.
    pub(super) fn follow(&self, wiki: WikiId) -> Option<Follower> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let mut wikis = self.wikis.lock();
        wikis.retain(|_, sender| sender.receiver_count() > 0);
        let sender = wikis.entry(wiki).or_insert_with(|| watch::Sender::new(()));
        (sender.receiver_count() < MOST_OF_ONE).then(|| Follower { moved: sender.subscribe(), _place: place })
    }

    /// Wakes the followers of a wiki. Never waits for them.
    pub(super) fn tell(&self, wiki: WikiId) {
        if let Some(sender) = self.wikis.lock().get(&wiki) {
            sender.send_replace(());
        }
    }
}

impl Follower {
    /// Waits until the wiki has changed since the last time, or since the beginning.
    pub(super) async fn changed(&mut self) {
        // A wiki's sender goes only when nobody follows it.
        if self.moved.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Stopping {
    /// Waits until the server was told to end.
    pub(super) async fn wait(&mut self) {
        let _told = self.0.wait_for(|stop| *stop).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_come_free() {
        let feed = Feed::new();
        let (busy, other) = (WikiId(1), WikiId(2));
        let mut followers: Vec<Follower> = std::iter::from_fn(|| feed.follow(busy)).collect();
        assert_eq!(followers.len(), MOST_OF_ONE);
        assert!(feed.follow(other).is_some());
        followers.pop();
        assert!(feed.follow(busy).is_some());
    }
}
