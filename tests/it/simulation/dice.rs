//! Randomness that comes from the seed alone.

use std::sync::{Mutex, PoisonError};

use candour::domain::clock::Entropy;

/// A generator (splitmix64): the same seed gives the same numbers, and what is split off runs on by itself.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// From a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From `low` up to and without `high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.abs_diff(low).max(1);
        low.saturating_add_unsigned(self.number() % span)
    }

    /// A place in a list of so many.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        let drawn = self.number() % u64::try_from(count.max(1)).unwrap();
        usize::try_from(drawn).unwrap()
    }

    /// True so many times in a thousand.
    pub(crate) fn chance(&mut self, per_mille: u64) -> bool {
        self.number() % 1000 < per_mille
    }

    /// One of a list.
    pub(crate) fn of<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }

    /// One that shares nothing more with this one.
    pub(crate) fn split(&mut self) -> Self {
        Self(self.number())
    }
}

/// The engine's randomness.
pub(crate) struct Chance(Mutex<Dice>);

impl Chance {
    pub(crate) fn new(dice: Dice) -> Self {
        Self(Mutex::new(dice))
    }
}

impl Entropy for Chance {
    fn fill(&self, buffer: &mut [u8]) {
        let mut dice = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in buffer.chunks_mut(8) {
            chunk.copy_from_slice(&dice.number().to_le_bytes()[..chunk.len()]);
        }
    }
}
