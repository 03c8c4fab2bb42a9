//! The demo's last screen: where every person ended up, and whether it adds up.

use serde_json::Value;

/// What is compared at the end.
pub(super) struct Account {
    pub(super) made_up: u64,
    pub(super) sealed: i64,
    pub(super) counts: Value,
    pub(super) repeated: i64,
    pub(super) attempts: Vec<(String, i64)>,
}

/// The states, in the order a reader asks for them.
const STATES: [(&str, &str); 7] = [
    ("reached", "told by email, text message or push"),
    ("announced", "not reachable; the public announcement stands in"),
    ("unreachable", "not reachable, and nothing stands in yet"),
    ("unknown", "nobody knows whether the last attempt went out"),
    ("suppressed", "told by an earlier campaign"),
    ("in_flight", "an attempt is under way"),
    ("pending", "waiting for an attempt"),
];

impl Account {
    /// Whether every made-up person is in exactly one final state.
    pub(super) fn balances(&self) -> bool {
        let count = |state: &str| self.counts[state].as_i64().unwrap_or(0);
        let total: i64 = STATES.iter().map(|(state, _)| count(state)).sum();
        i64::try_from(self.made_up) == Ok(self.sealed)
            && total == self.sealed
            && count("pending") == 0
            && count("in_flight") == 0
            && count("unreachable") == 0
    }

    /// The table.
    pub(super) fn print(&self) {
        println!("\n  Every person, accounted for");
        println!("  ───────────────────────────────────────────────────────────────────────");
        for (state, meaning) in STATES {
            let count = self.counts[state].as_i64().unwrap_or(0);
            if count > 0 || matches!(state, "reached" | "announced" | "unreachable" | "unknown") {
                println!("  {:>10}  {state:<12} {meaning}", group(count));
            }
        }
        println!("  ───────────────────────────────────────────────────────────────────────");
        let verdict = if self.balances() { "it adds up" } else { "IT DOES NOT ADD UP" };
        println!(
            "  {:>10}  sealed       of {} made-up people: {verdict}",
            group(self.sealed),
            group(i64::try_from(self.made_up).unwrap_or(i64::MAX))
        );
        let attempts: Vec<String> =
            self.attempts.iter().map(|(what, count)| format!("{} {what}", group(*count))).collect();
        println!("  {:>10}  attempts: {}", "", attempts.join(", "));
        println!("  {:>10}  repeated after an unknown outcome: {}", "", group(self.repeated));
    }
}

/// A number with its thousands set apart.
pub(super) fn group(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if number < 0 { format!("-{out}") } else { out }
}
