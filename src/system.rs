//! The real clock and the real randomness. The only file that may read either; a lint bans them elsewhere.

use crate::domain::clock::{Clock, Entropy, Millis};

/// The operating system's clock and random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Clock for System {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    fn now(&self) -> Millis {
        jiff::Timestamp::now().into()
    }
}

impl Entropy for System {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads random bytes")]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the operating system gives random bytes; without them no key is safe");
    }
}
