//! What an SMSC's statuses and states mean, by the table in `codes.toml`.

use std::sync::LazyLock;

use crate::domain::outcome::Outcome;
use crate::providers::Answer;
use crate::providers::protocol::callback;
use crate::providers::protocol::codes::Codes;

static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::parse("SMPP", include_str!("codes.toml")));

/// What a `command_status` means. Vendors have their own from 0x400 up; such a one refuses the message.
pub(super) fn status(status: u32) -> Answer {
    CODES.read(&format!("0x{status:08x}"), Outcome::Rejected).answer()
}

/// What a receipt's state means, and what is kept of it.
pub(super) fn state(state: &str, error: Option<&str>) -> (Option<Outcome>, String) {
    callback::meaning(&CODES, state, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_and_states_mean_what_the_table_says() {
        assert_eq!(status(0).outcome, Outcome::Accepted);
        assert_eq!(status(0x0b).outcome, Outcome::BadAddress);
        assert_eq!(status(0x14).outcome, Outcome::Throttled);
        assert_eq!(status(0x0e).outcome, Outcome::Misconfigured);
        assert_eq!(status(0x0403), Answer::of(Outcome::Rejected, "unlisted 0x00000403"));
        assert_eq!(state("ENROUTE", None), (None, String::from("ENROUTE")));
        assert_eq!(state("NEVERHEARD", None), (None, String::from("unlisted NEVERHEARD")));
    }
}
