//! Numbers and texts as bytes: variable-length integers (LEB128, signed ones in zigzag),
//! texts after their length. Reading never trusts a length.

/// Writes values one after the other.
#[derive(Default)]
pub(super) struct Encoder {
    pub(super) bytes: Vec<u8>,
}

/// Reads them again; none when the bytes are not what was written.
pub(super) struct Decoder<'b> {
    rest: &'b [u8],
}

impl Encoder {
    pub(super) fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    pub(super) fn length(&mut self, value: usize) {
        self.number(value as u64);
    }

    pub(super) fn signed(&mut self, value: i64) {
        self.number(((value << 1) ^ (value >> 63)).cast_unsigned());
    }

    /// One more than the number, and 0 for none.
    pub(super) fn optional(&mut self, value: Option<u32>) {
        self.number(value.map_or(0, |value| u64::from(value) + 1));
    }

    pub(super) fn text(&mut self, text: &str) {
        self.length(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }
}

impl<'b> Decoder<'b> {
    pub(super) const fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    pub(super) fn place(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    pub(super) fn size(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        u8::try_from(self.number()?).ok()
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        Some(self.number()? != 0)
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        let value = self.number()?;
        Some((value >> 1).cast_signed() ^ -((value & 1).cast_signed()))
    }

    pub(super) fn optional(&mut self) -> Option<Option<u32>> {
        match self.number()? {
            0 => Some(None),
            value => u32::try_from(value - 1).ok().map(Some),
        }
    }

    pub(super) fn text(&mut self) -> Option<&'b str> {
        let length = self.size()?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// Reads as many values as a number before them says.
    pub(super) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let length = self.size()?;
        // Every item has a byte at least, so a wrong length reserves nothing absurd.
        let mut items = Vec::with_capacity(length.min(self.rest.len()));
        for _ in 0..length {
            items.push(item(self)?);
        }
        Some(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(a: u64, b: i64, c: Option<u32>, d: String, e: Vec<u32>) {
            let c = c.map(|c| c.min(u32::MAX - 1));
            let mut encoder = Encoder::default();
            encoder.number(a);
            encoder.signed(b);
            encoder.optional(c);
            encoder.text(&d);
            encoder.length(e.len());
            e.iter().for_each(|item| encoder.number(u64::from(*item)));
            let mut decoder = Decoder::new(&encoder.bytes);
            prop_assert_eq!(decoder.number(), Some(a));
            prop_assert_eq!(decoder.signed(), Some(b));
            prop_assert_eq!(decoder.optional(), Some(c));
            prop_assert_eq!(decoder.text(), Some(d.as_str()));
            prop_assert_eq!(decoder.list(Decoder::place), Some(e));
            prop_assert!(decoder.is_at_end());
        }

        #[test]
        fn other_bytes_are_refused_or_read_but_never_a_panic(bytes: Vec<u8>) {
            let mut decoder = Decoder::new(&bytes);
            let _ = decoder.list(|decoder| decoder.text().map(str::to_owned));
            let _ = decoder.signed();
        }
    }
}
