use tantivy::collector::{Collector, SegmentCollector};
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

/// Pages of one state of an index: a bit for each.
#[derive(Clone, Debug, Default)]
pub(super) struct PageSet {
    segments: Vec<Vec<u64>>,
}

impl PageSet {
    pub(super) fn add(&mut self, page: DocAddress) {
        let segment = page.segment_ord as usize;
        if self.segments.len() <= segment {
            self.segments.resize_with(segment + 1, Vec::new);
        }
        if let Some(bits) = self.segments.get_mut(segment) {
            set(bits, page.doc_id);
        }
    }

    pub(super) fn has(&self, page: DocAddress) -> bool {
        let word = self.segments.get(page.segment_ord as usize).and_then(|bits| bits.get(page.doc_id as usize / 64));
        word.is_some_and(|word| word >> (page.doc_id % 64) & 1 == 1)
    }

    pub(super) fn add_all(&mut self, other: &Self) {
        if self.segments.len() < other.segments.len() {
            self.segments.resize_with(other.segments.len(), Vec::new);
        }
        for (own, others) in self.segments.iter_mut().zip(&other.segments) {
            if own.len() < others.len() {
                own.resize(others.len(), 0);
            }
            for (own, other) in own.iter_mut().zip(others) {
                *own |= other;
            }
        }
    }

    pub(super) fn keep_common(&mut self, other: &Self) {
        self.segments.truncate(other.segments.len());
        for (own, others) in self.segments.iter_mut().zip(&other.segments) {
            own.truncate(others.len());
            for (own, other) in own.iter_mut().zip(others) {
                *own &= other;
            }
        }
    }
}

fn set(bits: &mut Vec<u64>, page: DocId) {
    let word = page as usize / 64;
    if bits.len() <= word {
        bits.resize(word + 1, 0);
    }
    if let Some(bits) = bits.get_mut(word) {
        *bits |= 1 << (page % 64);
    }
}

/// Collects the pages that match, whatever their score.
pub(super) struct PageSets;

pub(super) struct SegmentPages {
    segment: SegmentOrdinal,
    bits: Vec<u64>,
}

impl Collector for PageSets {
    type Fruit = PageSet;
    type Child = SegmentPages;

    fn for_segment(&self, segment: SegmentOrdinal, _: &SegmentReader) -> tantivy::Result<SegmentPages> {
        Ok(SegmentPages { segment, bits: Vec::new() })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, found: Vec<(SegmentOrdinal, Vec<u64>)>) -> tantivy::Result<PageSet> {
        let mut segments = Vec::new();
        for (segment, bits) in found {
            let segment = segment as usize;
            if segments.len() <= segment {
                segments.resize_with(segment + 1, Vec::new);
            }
            if let Some(place) = segments.get_mut(segment) {
                *place = bits;
            }
        }
        Ok(PageSet { segments })
    }
}

impl SegmentCollector for SegmentPages {
    type Fruit = (SegmentOrdinal, Vec<u64>);

    fn collect(&mut self, page: DocId, _: Score) {
        set(&mut self.bits, page);
    }

    fn harvest(self) -> Self::Fruit {
        (self.segment, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_united_and_cut() {
        let page = DocAddress::new;
        let set = |pages: &[(u32, u32)]| {
            pages.iter().fold(PageSet::default(), |mut set, (segment, doc)| {
                set.add(page(*segment, *doc));
                set
            })
        };
        let mut all = set(&[(0, 1), (2, 700)]);
        all.add_all(&set(&[(0, 63), (3, 0)]));
        assert!(all.has(page(0, 1)) && all.has(page(0, 63)) && all.has(page(2, 700)) && all.has(page(3, 0)));
        assert!(!all.has(page(0, 0)) && !all.has(page(1, 1)) && !all.has(page(9, 9)));
        all.keep_common(&set(&[(0, 63), (0, 200), (2, 5)]));
        assert!(all.has(page(0, 63)) && !all.has(page(0, 1)) && !all.has(page(2, 700)) && !all.has(page(3, 0)));
    }
}
