//! One affected individual.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::contact::{ContactPoint, EmailAddress, PhoneNumber, PostalAddress, PushTarget};
use super::id::PersonId;
use super::jurisdiction::JurisdictionId;
use super::locale::Locale;
use super::pii::Pii;
use super::reach::{Mark, Reach};
use super::remedy::RemedyCode;

/// At most so many contact points of one channel are kept per person.
pub const MAX_POINTS_PER_CHANNEL: usize = 4;

/// From this age on nobody has a guardian told: the one age that the encoded laws know here.
const ADULT: i16 = 18;

/// The category of data, in the words of the vocabulary, with which whoever has it reads the person's mail.
const MAILBOX: &str = "email_credentials";

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
    /// Whom this person is guardian of, when they are told as such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ward: Option<Ward>,
    /// Categories of data exposed of this person; empty means: as the incident's scope says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<String>,
    /// Channels the person has agreed to, where a law asks for agreement.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consent: Vec<Channel>,
    /// Any further column of the import, for the templates.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Pii<String>>,
    /// The person's remedy code, while a message that may have it in it is made; kept apart from the person.
    #[serde(skip)]
    pub remedy_code: Option<RemedyCode>,
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

impl Guardian {
    /// Whether there is a way to tell them.
    fn can_be_told(&self) -> bool {
        self.email.is_some() || self.phone.is_some()
    }
}

/// Whom somebody is guardian of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ward {
    /// Full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Pii<String>>,
}

/// A stored person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Identifier.
    pub id: PersonId,
    /// What is known.
    pub record: PersonRecord,
}

impl PersonRecord {
    /// How this person can be reached, and what the law's choice of a way depends on, as of a day.
    #[must_use]
    pub fn reach(&self, today: Date) -> Reach {
        let mut reach = Reach::default()
            .with(Channel::Email, self.emails.len())
            .with(Channel::Sms, self.phones.len())
            .with(Channel::Push, self.pushes.len())
            .with(Channel::Letter, usize::from(self.address.as_ref().is_some_and(|a| !a.lines.is_empty())))
            .with(Channel::Voice, self.phones.len());
        for channel in &self.consent {
            reach = reach.with_consent(*channel);
        }
        if !self.data.is_empty() {
            reach = reach.with_mark(Mark::OwnData);
        }
        if self.data.iter().any(|category| category == MAILBOX) {
            reach = reach.with_mark(Mark::MailboxLeaked);
        }
        if self.is_minor(today) {
            reach = reach.with_mark(Mark::Minor);
        }
        if self.guardian.as_ref().is_some_and(Guardian::can_be_told) {
            reach = reach.with_mark(Mark::HasGuardian);
        }
        if self.ward.is_some() {
            reach = reach.with_mark(Mark::Guardian);
        }
        reach
    }

    /// Whether the person is under eighteen on a day. Without a date of birth nobody is.
    #[must_use]
    pub fn is_minor(&self, today: Date) -> bool {
        let born = self.birth_date.as_ref().and_then(|born| born.expose().parse::<Date>().ok());
        born.is_some_and(|born| {
            let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
            today.year() - born.year() - i16::from(!had_birthday) < ADULT
        })
    }

    /// The guardian of a minor as somebody to be told: by the guardian's own contact points, in the minor's language and
    /// under the law of the minor's residence. `None` where there is no guardian who could be told, or no minor.
    #[must_use]
    pub fn guardian_of(&self, today: Date) -> Option<Self> {
        let guardian = self.guardian.as_ref().filter(|guardian| guardian.can_be_told() && self.is_minor(today))?;
        Some(Self {
            reference: self.reference.clone(),
            name: guardian.name.clone(),
            emails: guardian.email.iter().cloned().collect(),
            phones: guardian.phone.iter().cloned().collect(),
            ward: Some(Ward { name: self.name.clone() }),
            data: self.data.clone(),
            fields: self.fields.clone(),
            locale: self.locale.clone(),
            jurisdiction: self.jurisdiction.clone(),
            ..Self::default()
        })
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
        self.ward = self.ward.take().or(other.ward);
        self.locale = self.locale.take().or(other.locale);
        self.jurisdiction = self.jurisdiction.take().or(other.jurisdiction);
        for (key, value) in other.fields {
            self.fields.entry(key).or_insert(value);
        }
    }
}
