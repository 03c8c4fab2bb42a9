//! One affected individual.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::contact::{ContactPoint, EmailAddress, PhoneNumber, PostalAddress, PushTarget};
use super::id::PersonId;
use super::jurisdiction::JurisdictionId;
use super::locale::Locale;
use super::pii::Pii;

/// At most so many contact points of one channel are kept per person.
pub const MAX_POINTS_PER_CHANNEL: usize = 4;

/// What is known of one affected individual. All of it that could identify somebody is sealed at rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRecord {
    /// The organisation's own reference, unique in the incident.
    #[serde(rename = "ref")]
    pub reference: Pii<String>,
    /// Full name as the person is addressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Pii<String>>,
    /// Email addresses, in the order to try.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<EmailAddress>,
    /// Phone numbers, in the order to try.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<PhoneNumber>,
    /// Push targets, in the order to try.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pushes: Vec<PushTarget>,
    /// Postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<PostalAddress>,
    /// Date of birth, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Pii<String>>,
    /// Who is told for a minor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guardian: Option<Guardian>,
    /// Categories of data exposed of this person; empty means: as the incident's scope says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<String>,
    /// Channels the person has agreed to, where a law asks for agreement.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consent: Vec<Channel>,
    /// Any further column of the import, for the templates.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Pii<String>>,
    /// Language the person reads; not personal by itself, kept readable for planning.
    #[serde(skip)]
    pub locale: Option<Locale>,
    /// Rule set of the person's residence; not personal by itself, kept readable for planning.
    #[serde(skip)]
    pub jurisdiction: Option<JurisdictionId>,
}

/// Who is told for a minor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guardian {
    /// Full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Pii<String>>,
    /// Email address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// Phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneNumber>,
}

/// A stored person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Identifier.
    pub id: PersonId,
    /// What is known.
    pub record: PersonRecord,
}

/// How many contact points of each channel a person has. Not personal; it decides the cascade at sealing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reach([u8; 5]);

impl Reach {
    /// How many contact points of the channel there are.
    #[must_use]
    pub fn count(self, channel: Channel) -> u8 {
        self.0[channel as usize]
    }

    /// One digit per channel in the order of [`Channel::ALL`], as the database keeps it.
    #[must_use]
    pub fn to_code(self) -> String {
        self.0.iter().map(|n| char::from(b'0' + n)).collect()
    }

    /// Reads [`Reach::to_code`] back; `None` if it is not one.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let digits: Vec<u8> = code.bytes().map(|b| b.wrapping_sub(b'0')).collect();
        let digits: [u8; 5] = digits.try_into().ok()?;
        digits.iter().all(|d| usize::from(*d) <= MAX_POINTS_PER_CHANNEL).then_some(Self(digits))
    }
}

impl PersonRecord {
    /// How this person can be reached.
    #[must_use]
    pub fn reach(&self) -> Reach {
        let count = |n: usize| u8::try_from(n.min(MAX_POINTS_PER_CHANNEL)).unwrap_or(0);
        let mut reach = [0; 5];
        reach[Channel::Email as usize] = count(self.emails.len());
        reach[Channel::Sms as usize] = count(self.phones.len());
        reach[Channel::Push as usize] = count(self.pushes.len());
        reach[Channel::Letter as usize] = u8::from(self.address.as_ref().is_some_and(|a| !a.lines.is_empty()));
        reach[Channel::Voice as usize] = count(self.phones.len());
        Reach(reach)
    }

    /// The contact point of a channel at a place in its order.
    #[must_use]
    pub fn contact(&self, channel: Channel, index: u8) -> Option<ContactPoint> {
        let index = usize::from(index);
        match channel {
            Channel::Email => self.emails.get(index).cloned().map(ContactPoint::Email),
            Channel::Sms => self.phones.get(index).cloned().map(ContactPoint::Sms),
            Channel::Push => self.pushes.get(index).cloned().map(ContactPoint::Push),
            Channel::Letter if index == 0 => self.address.clone().map(ContactPoint::Letter),
            Channel::Letter => None,
            Channel::Voice => self.phones.get(index).cloned().map(ContactPoint::Voice),
        }
    }

    /// Takes in another row about the same person: contact points and categories add up in order of arrival, single
    /// values keep the first that was given. Merging the same row again changes nothing.
    pub fn merge(&mut self, other: Self) {
        fn add<T: PartialEq>(into: &mut Vec<T>, from: Vec<T>, limit: usize) {
            for item in from {
                if into.len() < limit && !into.contains(&item) {
                    into.push(item);
                }
            }
        }
        add(&mut self.emails, other.emails, MAX_POINTS_PER_CHANNEL);
        add(&mut self.phones, other.phones, MAX_POINTS_PER_CHANNEL);
        add(&mut self.pushes, other.pushes, MAX_POINTS_PER_CHANNEL);
        add(&mut self.data, other.data, usize::MAX);
        add(&mut self.consent, other.consent, usize::MAX);
        self.name = self.name.take().or(other.name);
        self.address = self.address.take().or(other.address);
        self.birth_date = self.birth_date.take().or(other.birth_date);
        self.guardian = self.guardian.take().or(other.guardian);
        self.locale = self.locale.take().or(other.locale);
        self.jurisdiction = self.jurisdiction.take().or(other.jurisdiction);
        for (key, value) in other.fields {
            self.fields.entry(key).or_insert(value);
        }
    }
}
