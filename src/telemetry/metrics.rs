//! Every metric, by name. Series whose labels are known at the start exist from the start, so that "no attempt failed"
//! and "nobody asked" look different.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::domain::campaign::{Counts, PersonState};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::obligation::Force;
use crate::domain::outcome::Outcome;
use crate::domain::reminder::ReminderState;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AttemptLabels {
    channel: &'static str,
    provider: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReceiptLabels {
    provider: String,
    effect: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InquiryLabels {
    provider: String,
    answer: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EffectLabels {
    effect: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ForceLabels {
    force: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReminderLabels {
    channel: String,
    state: &'static str,
}

/// All metrics of the process. What each means is its help text, in [`Metrics::new`].
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    attempts: Family<AttemptLabels, Counter>,
    people: Family<StateLabels, Gauge>,
    requests: Family<RequestLabels, Counter>,
    receipts: Family<ReceiptLabels, Counter>,
    inquiries: Family<InquiryLabels, Counter>,
    import_rows: Family<EffectLabels, Counter>,
    next_deadline: Gauge,
    overdue: Family<ForceLabels, Gauge>,
    reminders: Family<ReminderLabels, Counter>,
    alarm_calls: Family<ReminderLabels, Counter>,
    /// Seconds that claiming a batch took.
    pub claim_seconds: Histogram,
    /// Seconds that recording a batch of outcomes took.
    pub settle_seconds: Histogram,
    /// Workers taken for dead.
    pub leases_lost: Counter,
    /// Whether the worker of this process could write its last heartbeat; 1 where there is none.
    pub heartbeat_written: Gauge,
    /// Alarms that are open, when this process last looked.
    pub open_alarms: Gauge,
    /// Whether the mailbox for bounces cannot be read.
    pub bounce_mailbox_faulty: Gauge,
}

impl Metrics {
    /// What a receipt may have done.
    pub const RECEIPT_EFFECTS: [&'static str; 4] = ["moved", "noted", "repeated", "no_such_attempt"];

    /// What may come of a row of an import.
    pub const IMPORT_EFFECTS: [&'static str; 4] = ["added", "updated", "unchanged", "rejected"];

    /// How responders are reminded of deadlines and told of alarms.
    pub const REMINDER_CHANNELS: [&'static str; 2] = ["email", "webhook"];

    /// Registers every metric, and the series of these providers (name and channel).
    #[must_use]
    pub fn new<'a>(providers: impl IntoIterator<Item = (&'a str, Channel)>) -> Self {
        let metrics = Self {
            registry: Registry::with_prefix("candour"),
            attempts: Family::default(),
            people: Family::default(),
            requests: Family::default(),
            receipts: Family::default(),
            inquiries: Family::default(),
            import_rows: Family::default(),
            next_deadline: Gauge::default(),
            overdue: Family::default(),
            reminders: Family::default(),
            alarm_calls: Family::default(),
            open_alarms: Gauge::default(),
            // A millisecond to half a minute.
            claim_seconds: Histogram::new(exponential_buckets(0.001, 2.0, 16)),
            settle_seconds: Histogram::new(exponential_buckets(0.001, 2.0, 16)),
            leases_lost: Counter::default(),
            heartbeat_written: Gauge::default(),
            bounce_mailbox_faulty: Gauge::default(),
        };
        metrics.heartbeat_written.set(1);
        metrics.create_series(providers);
        metrics.registered()
    }

    fn create_series<'a>(&self, providers: impl IntoIterator<Item = (&'a str, Channel)>) {
        for (provider, channel) in providers {
            for outcome in Outcome::ALL {
                let labels = AttemptLabels {
                    channel: channel.as_str(),
                    provider: provider.to_owned(),
                    outcome: outcome.as_str(),
                };
                drop(self.attempts.get_or_create(&labels));
            }
            for effect in Self::RECEIPT_EFFECTS {
                drop(self.receipts.get_or_create(&ReceiptLabels { provider: provider.to_owned(), effect }));
            }
        }
        for state in PersonState::ALL {
            drop(self.people.get_or_create(&StateLabels { state: state.as_str() }));
        }
        for force in [Force::Mandatory, Force::Recommended, Force::Review] {
            drop(self.overdue.get_or_create(&ForceLabels { force: force.as_str() }));
        }
        for channel in Self::REMINDER_CHANNELS {
            for state in [ReminderState::Sent, ReminderState::Due, ReminderState::Failed] {
                let labels = ReminderLabels { channel: channel.to_owned(), state: state.as_str() };
                drop(self.reminders.get_or_create(&labels));
                drop(self.alarm_calls.get_or_create(&labels));
            }
        }
        for effect in Self::IMPORT_EFFECTS {
            drop(self.import_rows.get_or_create(&EffectLabels { effect }));
        }
    }

    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        registry.register("attempts", "Attempts that ended, by what came of them", self.attempts.clone());
        registry.register(
            "people",
            "People of all sealed populations, by where they stand now; the sum is the number sealed",
            self.people.clone(),
        );
        registry.register("claim_seconds", "Time that claiming a batch of people took", self.claim_seconds.clone());
        registry.register(
            "settle_seconds",
            "Time that recording a batch of outcomes took",
            self.settle_seconds.clone(),
        );
        registry.register(
            "http_requests",
            "Requests answered, by method (OTHER where HTTP knows none of that name), route as the API names it, and status",
            self.requests.clone(),
        );
        registry.register(
            "inquiries",
            "Questions to providers about attempts without an answer, by what they said",
            self.inquiries.clone(),
        );
        registry.register("receipts", "Events of providers' callbacks, by what they changed", self.receipts.clone());
        registry.register(
            "leases_lost",
            "Workers whose heartbeat stopped and whose people others took over",
            self.leases_lost.clone(),
        );
        registry.register(
            "bounce_mailbox_faulty",
            "1 while the mailbox that bounces lie in cannot be read",
            self.bounce_mailbox_faulty.clone(),
        );
        registry.register(
            "heartbeat_written",
            "Whether this process's worker could write its last heartbeat (1) or not (0); if not, the database takes no writes",
            self.heartbeat_written.clone(),
        );
        registry.register(
            "next_deadline_timestamp_seconds",
            "When the next deadline of a duty that is open falls due, as seconds since 1970; 0 when there is none",
            self.next_deadline.clone(),
        );
        registry.register(
            "overdue_obligations",
            "Duties whose deadline has passed, by how strongly they bind",
            self.overdue.clone(),
        );
        registry.register(
            "reminders",
            "Reminders of deadlines, by channel and what came of sending one; due: it is tried again",
            self.reminders.clone(),
        );
        registry.register(
            "alarm_calls",
            "Alarms and their ends told to responders, by channel and what came of it; due: it is tried again",
            self.alarm_calls.clone(),
        );
        registry.register(
            "open_alarms",
            "Alarms that are open: providers whose account fails, campaigns that have paused by themselves",
            self.open_alarms.clone(),
        );
        registry.register("imports_rows", "Rows of imported files, by what they changed", self.import_rows.clone());
        self
    }

    /// Counts an attempt that ended.
    pub fn attempt(&self, channel: Channel, provider: &str, outcome: Outcome) {
        let labels =
            AttemptLabels { channel: channel.as_str(), provider: provider.to_owned(), outcome: outcome.as_str() };
        self.attempts.get_or_create(&labels).inc();
    }

    /// Sets where people stand.
    pub fn set_people(&self, counts: &Counts) {
        for state in PersonState::ALL {
            self.people.get_or_create(&StateLabels { state: state.as_str() }).set(counts.get(state));
        }
    }

    /// Sets the next deadline, and how many duties are overdue.
    pub fn set_deadlines(&self, next: Option<Millis>, overdue: [(Force, usize); 3]) {
        self.next_deadline.set(next.map_or(0, |at| at.0.div_euclid(1000)));
        for (force, duties) in overdue {
            let duties = i64::try_from(duties).unwrap_or(i64::MAX);
            self.overdue.get_or_create(&ForceLabels { force: force.as_str() }).set(duties);
        }
    }

    /// Counts a try to send a reminder, by what came of it.
    pub fn reminder(&self, channel: &str, state: ReminderState) {
        self.reminders.get_or_create(&ReminderLabels { channel: channel.to_owned(), state: state.as_str() }).inc();
    }

    /// Counts a try to tell a responder of an alarm, by what came of it.
    pub fn alarm_call(&self, channel: &str, state: ReminderState) {
        self.alarm_calls.get_or_create(&ReminderLabels { channel: channel.to_owned(), state: state.as_str() }).inc();
    }

    /// Counts a request. `route` is the pattern, such as `/v1/incidents/{id}`, never the path with its identifiers; `method`
    /// is of a closed set.
    pub fn request(&self, method: &'static str, route: &str, status: u16) {
        let labels = RequestLabels { method, route: route.to_owned(), status };
        self.requests.get_or_create(&labels).inc();
    }

    /// A provider was asked about an attempt that ended without an answer.
    pub fn inquiry(&self, provider: &str, answer: &'static str) {
        self.inquiries.get_or_create(&InquiryLabels { provider: provider.to_owned(), answer }).inc();
    }

    /// Counts one event of a callback by its effect, one of [`Metrics::RECEIPT_EFFECTS`].
    pub fn receipt(&self, provider: &str, effect: &'static str) {
        self.receipts.get_or_create(&ReceiptLabels { provider: provider.to_owned(), effect }).inc();
    }

    /// Counts rows of an import by their effect, one of [`Metrics::IMPORT_EFFECTS`].
    pub fn import_rows(&self, effect: &'static str, rows: u64) {
        self.import_rows.get_or_create(&EffectLabels { effect }).inc_by(rows);
    }

    /// All metrics in the `OpenMetrics` text format, `application/openmetrics-text; version=1.0.0; charset=utf-8`.
    ///
    /// # Panics
    /// Never: writing to a string does not fail.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)
            .expect("writing to a string does not fail");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_sets_exist_from_the_start_and_counts_show() {
        let metrics = Metrics::new([("relay", Channel::Email)]);
        let text = metrics.encode();
        for series in [
            "candour_attempts_total{channel=\"email\",provider=\"relay\",outcome=\"bad_address\"} 0",
            "candour_people{state=\"unreachable\"} 0",
            "candour_receipts_total{provider=\"relay\",effect=\"moved\"} 0",
            "candour_imports_rows_total{effect=\"rejected\"} 0",
            "candour_leases_lost_total 0",
            "candour_next_deadline_timestamp_seconds 0",
            "candour_overdue_obligations{force=\"mandatory\"} 0",
            "candour_reminders_total{channel=\"webhook\",state=\"sent\"} 0",
            "candour_heartbeat_written 1",
            "candour_claim_seconds_count 0",
            "# HELP candour_settle_seconds Time that recording a batch of outcomes took.",
        ] {
            assert!(text.contains(series), "{series} is missing in\n{text}");
        }

        metrics.attempt(Channel::Email, "relay", Outcome::Accepted);
        metrics.set_people(&Counts { reached: 3, ..Counts::default() });
        metrics.request("GET", "/v1/incidents/{id}", 200);
        metrics.receipt("relay", "noted");
        metrics.import_rows("added", 5);
        let text = metrics.encode();
        for series in [
            "outcome=\"accepted\"} 1",
            "candour_people{state=\"reached\"} 3",
            "candour_http_requests_total{method=\"GET\",route=\"/v1/incidents/{id}\",status=\"200\"} 1",
            "candour_receipts_total{provider=\"relay\",effect=\"noted\"} 1",
            "candour_imports_rows_total{effect=\"added\"} 5",
        ] {
            assert!(text.contains(series), "{series} is missing in\n{text}");
        }
    }
}
