use gix::bstr::{BStr, ByteSlice};
use gix::objs::TreeRefIter;
use gix::objs::tree::EntryRef;

use super::error::Error;

/// The length of an object's identity in a tree, in bytes (SHA-1).
const ID: usize = 20;

/// How many bytes are compared at a time.
const STRIDE: usize = 1024;

/// The entries of a tree in its stored form. A flat wiki has thousands in one tree, of
/// which a commit changes one: what need not be decoded is only measured.
pub(super) struct Entries<'t>(pub &'t [u8]);

impl<'t> Entries<'t> {
    /// The next entry, without going past it.
    pub(super) fn first(&self) -> Result<Option<EntryRef<'t>>, Error> {
        Ok(TreeRefIter::from_bytes(self.0, gix::hash::Kind::Sha1).next().transpose()?)
    }

    /// Goes past the next entry; past everything, if that is not one.
    pub(super) fn advance(&mut self) {
        let length = self.first_length().unwrap_or(self.0.len());
        self.0 = self.0.get(length..).unwrap_or_default();
    }

    /// The first entry of this name.
    pub(super) fn find(mut self, name: &BStr) -> Result<Option<EntryRef<'t>>, Error> {
        while !self.0.is_empty() {
            let header = self.first_length().and_then(|length| self.0.get(..length - ID - 1));
            // A name may end like the one in question; one that cannot be measured is an error.
            if header.is_none_or(|header| header.ends_with(name))
                && let Some(entry) = self.first()?
                && entry.filename == name
            {
                return Ok(Some(entry));
            }
            self.advance();
        }
        Ok(None)
    }

    /// Goes past the entries with which both lists begin.
    pub(super) fn skip_what_is_common(&mut self, other: &mut Self) {
        let mut common = common_length(self.0, other.0);
        if common == self.0.len() && common == other.0.len() {
            (self.0, other.0) = (&[], &[]);
            return;
        }
        while let Some(length) = self.first_length().filter(|length| *length <= common) {
            common -= length;
            self.0 = self.0.get(length..).unwrap_or_default();
            other.0 = other.0.get(length..).unwrap_or_default();
        }
    }

    /// Mode, space, name, NUL and identity. The first two have no NUL either.
    fn first_length(&self) -> Option<usize> {
        let length = self.0.find_byte(0)? + 1 + ID;
        (length <= self.0.len()).then_some(length)
    }
}

fn common_length(a: &[u8], b: &[u8]) -> usize {
    let equal = a.chunks(STRIDE).zip(b.chunks(STRIDE)).take_while(|(a, b)| a == b).map(|(a, _)| a.len()).sum();
    let (a, b) = (a.get(equal..).unwrap_or_default(), b.get(equal..).unwrap_or_default());
    equal + a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(entries: &[(&str, u8)]) -> Vec<u8> {
        let entry = |(name, id): &(&str, u8)| [b"100644 ", name.as_bytes(), b"\0", &[*id; ID]].concat();
        entries.iter().flat_map(entry).collect()
    }

    #[test]
    fn what_is_common_ends_with_an_entry() {
        let (old, new) = (tree(&[("a", 1), ("b", 2), ("c", 3)]), tree(&[("a", 1), ("b", 4), ("c", 3)]));
        let (mut old, mut new) = (Entries(&old), Entries(&new));
        old.skip_what_is_common(&mut new);
        assert_eq!(old.first().unwrap().unwrap().filename, "b");
        assert_eq!(new.first().unwrap().unwrap().filename, "b");
        old.advance();
        new.advance();
        old.skip_what_is_common(&mut new);
        assert!(old.first().unwrap().is_none() && new.first().unwrap().is_none());
    }

    #[test]
    fn names_are_found_whole() {
        let tree = tree(&[("10 a", 1), ("100644 a", 2), ("a", 3), ("ba", 4)]);
        let find = |name: &str| Entries(&tree).find(name.into()).unwrap().map(|entry| entry.oid.as_bytes()[0]);
        assert_eq!([find("a"), find("ba"), find("10 a"), find("")], [Some(3), Some(4), Some(1), None]);
        assert!(Entries(&tree[..tree.len() - 1]).find("ba".into()).is_err());
        assert!(Entries(b"100644 a").find("x".into()).is_err());
    }
}
