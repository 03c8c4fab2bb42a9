//! What is said of an alarm: by email, and to a webhook.

use serde_json::{Value, json};

use crate::domain::alarm::{AlarmCall, Tidings};
use crate::domain::campaign::{CampaignState, Counts};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::contact::EmailAddress;
use crate::domain::deadline::in_words;
use crate::domain::id::{AttemptId, CampaignId, IncidentId, PersonId};
use crate::domain::message::{Body, Message};
use crate::domain::pii::Pii;
use crate::render::{AlarmError, AlarmFact, AlarmWords, alarm};

/// What an alarm is about, as far as it is known here.
pub(super) enum About<'a> {
    /// A provider's account.
    Account {
        /// Its name.
        provider: String,
        /// What it carries; not known once it is no longer configured.
        channel: Option<Channel>,
        /// Names of the others for that channel.
        others: Vec<&'a str>,
    },
    /// A campaign.
    Campaign {
        /// Of which incident.
        incident: IncidentId,
        /// That incident's title.
        title: String,
        /// Where it stands.
        state: CampaignState,
        /// Where its people stand.
        counts: Counts,
    },
}

impl About<'_> {
    /// What is wrong, or is no longer, in one line.
    pub(super) fn headline(&self, tidings: Tidings) -> String {
        match (self, tidings) {
            (Self::Account { provider, .. }, Tidings::Raised) => {
                format!("The account of the provider {provider} fails")
            }
            (Self::Account { provider, .. }, Tidings::Ended) => {
                format!("The account of the provider {provider} works again")
            }
            (Self::Campaign { title, .. }, Tidings::Raised) => format!("A campaign has paused by itself: {title}"),
            (Self::Campaign { title, state, .. }, Tidings::Ended) => {
                format!("The campaign that had paused by itself is {}: {title}", state.as_str())
            }
        }
    }

    /// The email. A repeat has the same Message-ID, which is made from the call.
    pub(super) fn email(&self, call: &AlarmCall, to: &EmailAddress, base: &str) -> Result<Message, AlarmError> {
        let words = AlarmWords {
            headline: self.headline(call.tidings),
            what: self.what(call),
            facts: self.facts(call),
            todo: (call.tidings == Tidings::Raised).then(|| self.todo()),
            link: self.link(base),
        };
        let rendered = alarm(&words)?;
        Ok(Message {
            attempt: AttemptId(call.id.0),
            campaign: CampaignId(call.alarm.id.0),
            person: PersonId(call.id.0),
            locale: String::from("en"),
            body: Body::Email {
                to: to.clone(),
                to_name: None,
                subject: Pii::new(rendered.subject),
                text: Pii::new(rendered.text),
                html: Pii::new(rendered.html),
            },
        })
    }

    /// The body of the call.
    pub(super) fn json(&self, call: &AlarmCall, base: &str, now: Millis) -> Value {
        let of = &call.alarm;
        let mut data = json!({
            "alarm": of.id,
            "cause": of.cause,
            "subject": of.subject,
            "code": of.code,
            "raised_at": of.raised_at.to_rfc3339(),
            "seen_at": of.seen_at.to_rfc3339(),
            "ended_at": of.ended_at.map(Millis::to_rfc3339),
            "headline": self.headline(call.tidings),
            "url": self.link(base),
        });
        match self {
            Self::Account { channel, others, .. } => {
                data["channel"] = json!(channel);
                data["other_providers"] = json!(others);
            }
            Self::Campaign { incident, counts, .. } => {
                data["incident"] = json!(incident);
                data["pending"] = json!(counts.pending);
            }
        }
        json!({ "type": format!("alarm.{}", call.tidings.as_str()), "timestamp": now.to_rfc3339(), "data": data })
    }

    fn link(&self, base: &str) -> String {
        match self {
            Self::Account { .. } => format!("{base}/console"),
            Self::Campaign { incident, .. } => format!("{base}/console/incidents/{incident}"),
        }
    }

    fn what(&self, call: &AlarmCall) -> String {
        match (self, call.tidings) {
            (Self::Account { channel, others, .. }, Tidings::Raised) => {
                let channel = channel.map_or("", Channel::as_str);
                let waiting = if others.is_empty() {
                    format!("No other provider for {channel} is configured: whoever is to be told by it waits.")
                } else {
                    format!("Meanwhile people are told through {}.", others.join(", "))
                };
                format!(
                    "It refuses every message because of the account: credentials, credit, permissions, or a sender that is not \
                     verified. It is left alone, and nobody's address counts as bad because of it. {waiting}"
                )
            }
            (Self::Account { .. }, Tidings::Ended) => {
                String::from("It has taken a message again. Whoever waited for it is being told.")
            }
            (Self::Campaign { counts, .. }, Tidings::Raised) => {
                let reason = match call.alarm.code.as_deref() {
                    Some("budget") => "Its budget pays for no further message.",
                    Some("canary") => "Too many of those who were told first could not be reached.",
                    _ => "It cannot go on without you.",
                };
                format!("{reason} {} people wait to be told.", counts.pending)
            }
            (Self::Campaign { counts, state, .. }, Tidings::Ended) => {
                format!("It is {} now; {} people wait to be told.", state.as_str(), counts.pending)
            }
        }
    }

    fn facts(&self, call: &AlarmCall) -> Vec<AlarmFact> {
        let of = &call.alarm;
        let at = |at: Millis| in_words(&at.to_rfc3339());
        let reason = match self {
            Self::Account { .. } => "Its answer",
            Self::Campaign { .. } => "The reason",
        };
        let code = of.code.clone().map(|value| AlarmFact { name: reason, value });
        let since = AlarmFact { name: "Since", value: at(of.raised_at) };
        let until = of.ended_at.map(|ended| AlarmFact { name: "Until", value: at(ended) });
        code.into_iter().chain([since]).chain(until).collect()
    }

    fn todo(&self) -> String {
        match self {
            Self::Account { .. } => String::from(
                "run `candour check`, which asks the provider for a login without sending anything, and mend the account. Candour \
                 asks it again by itself, after at most 15 minutes; only what changes in the configuration needs a restart.",
            ),
            Self::Campaign { .. } => {
                String::from("see why, then resume the campaign, or cancel it and propose another.")
            }
        }
    }
}
