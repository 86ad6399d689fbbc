//! Documents on their way into tantivy, whose queue counts documents and not bytes: pages are
//! read faster than they are indexed, and a wiki must not collect in memory.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tantivy::TantivyDocument;
use tantivy::schema::document::{CompactDocValue, Document};

/// How much text may be waiting, in bytes. A page that is larger waits alone.
const ROOM: usize = 8 << 20;
/// A writer whose thread has died frees nothing any more; adding to it then tells.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Default)]
pub(super) struct Waiting(Arc<(Mutex<usize>, Condvar)>);

/// A document that counts until the indexing thread takes it.
pub(super) struct Pending {
    document: TantivyDocument,
    _share: Share,
}

struct Share {
    bytes: usize,
    waiting: Waiting,
}

impl Waiting {
    /// Waits until there is room for a document of `bytes` of text.
    pub(super) fn admit(&self, document: TantivyDocument, bytes: usize) -> Pending {
        let (waiting, freed) = &*self.0;
        let mut sum = waiting.lock();
        while *sum > 0 && sum.saturating_add(bytes) > ROOM {
            if freed.wait_for(&mut sum, PATIENCE).timed_out() {
                break;
            }
        }
        *sum = sum.saturating_add(bytes);
        Pending { document, _share: Share { bytes, waiting: self.clone() } }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let (waiting, freed) = &*self.waiting.0;
        let mut sum = waiting.lock();
        *sum = sum.saturating_sub(self.bytes);
        freed.notify_all();
    }
}

impl Document for Pending {
    type Value<'a> = CompactDocValue<'a>;
    type FieldsValuesIter<'a> = <TantivyDocument as Document>::FieldsValuesIter<'a>;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        self.document.iter_fields_and_values()
    }

    fn into_tantivy_document(self) -> TantivyDocument {
        self.document
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_wait_for_room_and_a_large_one_for_all_of_it() {
        let waiting = Waiting::default();
        let first = waiting.admit(TantivyDocument::default(), 10 * ROOM);
        std::thread::scope(|scope| {
            let second = scope.spawn(|| drop(waiting.admit(TantivyDocument::default(), 1)));
            std::thread::sleep(Duration::from_millis(30));
            assert!(!second.is_finished());
            drop(first.into_tantivy_document());
        });
        assert_eq!(*waiting.0.0.lock(), 0);
    }
}
