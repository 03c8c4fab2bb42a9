//! What a provider is asked to carry, in no provider's words.

use std::collections::BTreeMap;

use super::contact::{ContactPoint, EmailAddress, PhoneNumber, PostalAddress, PushTarget};
use super::id::{AttemptId, CampaignId, PersonId};
use super::letter::{Letter, Script};
use super::pii::Pii;

/// A message to one person at one contact point.
#[derive(Clone, Debug)]
pub struct Message {
    /// The attempt this message is; providers hand it back in receipts.
    pub attempt: AttemptId,
    /// The campaign.
    pub campaign: CampaignId,
    /// The person. With the campaign it names the message across repeats: the same Message-ID, the same collapse key.
    pub person: PersonId,
    /// Language of the body (BCP 47), for `Content-Language` and voices.
    pub locale: String,
    /// Where to and what.
    pub body: Body,
}

/// Where to and what, per channel.
#[derive(Clone, Debug)]
pub enum Body {
    /// An email in both forms.
    Email {
        /// To.
        to: EmailAddress,
        /// Name for the To header.
        to_name: Option<Pii<String>>,
        /// Subject line.
        subject: Pii<String>,
        /// Plain text.
        text: Pii<String>,
        /// The same in HTML, no remote content.
        html: Pii<String>,
    },
    /// A text message.
    Sms {
        /// To.
        to: PhoneNumber,
        /// The text.
        text: Pii<String>,
        /// What is known of the person by name, for vendors that carry no free text but fill a template of their own:
        /// `ref`, `name`, and every further column of the import.
        fields: BTreeMap<String, Pii<String>>,
    },
    /// A push message; nothing sensitive, it may show on a lock screen.
    Push {
        /// To.
        to: PushTarget,
        /// Title.
        title: Pii<String>,
        /// Text.
        text: Pii<String>,
        /// Page to open.
        url: Option<String>,
    },
    /// A letter, not yet on paper: the provider sets it for its windows and folds.
    Letter {
        /// To.
        to: PostalAddress,
        /// Name for the first line of the address.
        to_name: Option<Pii<String>>,
        /// What it says.
        letter: Box<Letter>,
    },
    /// A phone call.
    Voice {
        /// To.
        to: PhoneNumber,
        /// What is said.
        script: Box<Script>,
    },
}

impl Message {
    /// The stable identifier of the message to this person in this campaign, without angle brackets: the same for every
    /// repeat, so that a mailbox or a person can tell that two are one.
    #[must_use]
    pub fn message_id(&self, domain: &str) -> String {
        format!("{}.{}@{domain}", self.campaign.0.simple(), self.person.0.simple())
    }
}

impl Body {
    /// Where to.
    #[must_use]
    pub fn contact(&self) -> ContactPoint {
        match self {
            Self::Email { to, .. } => ContactPoint::Email(to.clone()),
            Self::Sms { to, .. } => ContactPoint::Sms(to.clone()),
            Self::Push { to, .. } => ContactPoint::Push(to.clone()),
            Self::Letter { to, .. } => ContactPoint::Letter(to.clone()),
            Self::Voice { to, .. } => ContactPoint::Voice(to.clone()),
        }
    }
}
