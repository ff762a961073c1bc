//! Chance that can be had again: a test prints its seed and takes it from the environment.

use std::time::{SystemTime, UNIX_EPOCH};

/// SplitMix64: a seed, and as many numbers from it as are wanted.
#[derive(Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// Another one, which goes its own way whatever becomes of this one.
    pub(crate) fn another(&mut self) -> Self {
        Self(self.number())
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one.
    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.number() % most
    }

    /// Whether it is the one time in so many.
    pub(crate) fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}

/// What `DEVICE_ENROLLMENT_SEED` says, or the time.
pub(crate) fn seed() -> u64 {
    match std::env::var("DEVICE_ENROLLMENT_SEED") {
        Ok(text) => text.parse().expect("DEVICE_ENROLLMENT_SEED is a number"),
        Err(_) => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            now.as_secs() ^ u64::from(now.subsec_nanos())
        }
    }
}
