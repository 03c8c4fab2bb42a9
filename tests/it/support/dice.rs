//! Seeded chance: a failing run prints its seed, and `TEST_SEED` plays it again.

use std::ops::Range;

/// `SplitMix64` (Steele, Lea and Flood, 2014): small, and good enough to choose moments with.
pub(crate) struct Dice {
    state: u64,
    /// What it began with.
    pub(crate) seed: u64,
}

impl Dice {
    /// From `TEST_SEED`, or another one each time. `salt` keeps scenarios with one seed apart.
    pub(crate) fn throw(salt: u64) -> Self {
        let seed = given("TEST_SEED").unwrap_or_else(|| {
            let mut bytes = [0; 4];
            candour::domain::clock::Entropy::fill(&candour::system::System, &mut bytes);
            u64::from(u32::from_le_bytes(bytes))
        });
        Self { state: seed.wrapping_add(salt << 32), seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number of a range that is not empty.
    pub(crate) fn within(&mut self, range: Range<usize>) -> usize {
        let width = u64::try_from(range.end - range.start).expect("fits");
        range.start + usize::try_from(self.next() % width).expect("fits")
    }

    /// One of several.
    pub(crate) fn one_of<'a, T>(&mut self, several: &'a [T]) -> &'a T {
        &several[self.within(0..several.len())]
    }
}

/// A number from the environment.
#[expect(clippy::disallowed_methods, reason = "tests have no configuration file")]
pub(crate) fn given(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}, which is no whole number")))
}
