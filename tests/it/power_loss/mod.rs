//! What was acknowledged survives a power cut at any moment (`docs/durability.md`).
//!
//! A failure names its seed; `ROBOTWIKI_SEED=<seed>` begins with it.

mod repository;
mod store;

use std::time::SystemTime;

fn first_seed() -> u64 {
    std::env::var("ROBOTWIKI_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        now.as_secs() * 1000
    })
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere for a seed.
struct Random(u64);

impl Random {
    /// A number below `n`; 0 when there is none.
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % (n.max(1) as u64)).unwrap()
    }
}
