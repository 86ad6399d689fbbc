/// A seeded sequence (SplitMix64), so that a failing run can be repeated from the seed it printed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The seed of this run: `ROBOTWIKI_SEED` if set, else the clock.
    pub(crate) fn seed() -> u64 {
        std::env::var("ROBOTWIKI_SEED").ok().map_or_else(
            || {
                let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
                now.as_nanos() as u64
            },
            |text| text.parse().expect("ROBOTWIKI_SEED is a number"),
        )
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }

    /// A word of letters that occurs nowhere else, and that no stemmer shortens.
    pub(crate) fn word(&mut self) -> String {
        let mut bits = self.next();
        let mut word = String::from("q");
        for _ in 0..12 {
            word.push(char::from(b"bcdfghjklmnpqrtv"[(bits & 15) as usize]));
            bits >>= 4;
        }
        word.push_str("x7");
        word
    }
}
