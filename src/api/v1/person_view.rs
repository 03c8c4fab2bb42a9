//! A person as the API shows one: whole to those who may see, masked to all others.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::contact::{ContactPoint, PostalAddress, PushTarget};
use crate::domain::id::PersonId;
use crate::domain::person::{Guardian, Person};
use crate::domain::pii::{Pii, mask, mask_email, mask_phone};

/// An affected person. Where `masked` is true, values that could identify somebody are cut to their first character.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Person)]
pub(super) struct PersonView {
    /// Identifier.
    id: PersonId,
    /// Whether personal data is masked, because the key's role may not see it.
    masked: bool,
    /// The organisation's own reference.
    #[serde(rename = "ref")]
    reference: String,
    /// Full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Email addresses, in the order to try.
    emails: Vec<String>,
    /// Phone numbers, in the order to try.
    phones: Vec<String>,
    /// Kinds of push targets; their tokens are never shown.
    pushes: Vec<String>,
    /// Postal address.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<AddressView>,
    /// Date of birth.
    #[serde(skip_serializing_if = "Option::is_none")]
    birth_date: Option<String>,
    /// Who is told for a minor.
    #[serde(skip_serializing_if = "Option::is_none")]
    guardian: Option<GuardianView>,
    /// Whether this is not one of those affected but the guardian of the minor with this `ref`, who is told where a law has
    /// guardians told.
    is_guardian: bool,
    /// Categories of data exposed of this person.
    data: Vec<String>,
    /// Channels agreed to.
    consent: Vec<String>,
    /// Fields for the templates.
    fields: BTreeMap<String, String>,
    /// Language.
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
    /// Rule set of the residence.
    #[serde(skip_serializing_if = "Option::is_none")]
    jurisdiction: Option<String>,
}

/// A postal address.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AddressView {
    /// Street and number.
    lines: Vec<String>,
    /// Town.
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    /// State, province or county.
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    postcode: Option<String>,
    /// Country code.
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
}

/// Who is told for a minor.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct GuardianView {
    /// Full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// Phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

/// How values are shown.
#[derive(Clone, Copy)]
struct Sight {
    whole: bool,
}

impl Sight {
    fn show(self, value: &str, masked: impl Fn(&str) -> String) -> String {
        if self.whole { value.to_owned() } else { masked(value) }
    }

    fn text(self, value: &Pii<String>) -> String {
        self.show(value.expose(), mask)
    }

    fn maybe(self, value: Option<&Pii<String>>) -> Option<String> {
        value.map(|value| self.text(value))
    }

    fn address(self, address: &PostalAddress) -> AddressView {
        AddressView {
            lines: address.lines.iter().map(|line| self.text(line)).collect(),
            city: self.maybe(address.city.as_ref()),
            region: self.maybe(address.region.as_ref()),
            postcode: self.maybe(address.postcode.as_ref()),
            country: address.country.clone(),
        }
    }

    fn guardian(self, guardian: &Guardian) -> GuardianView {
        GuardianView {
            name: self.maybe(guardian.name.as_ref()),
            email: guardian.email.as_ref().map(|email| self.show(email.expose(), mask_email)),
            phone: guardian.phone.as_ref().map(|phone| self.show(phone.expose(), mask_phone)),
        }
    }
}

impl PersonView {
    /// A person for a caller who may see all of it, or not.
    pub(super) fn of(person: &Person, whole: bool) -> Self {
        let sight = Sight { whole };
        let record = &person.record;
        let kind = |target: &PushTarget| ContactPoint::Push(target.clone()).masked();
        Self {
            id: person.id,
            masked: !whole,
            reference: sight.text(&record.reference),
            name: sight.maybe(record.name.as_ref()),
            emails: record.emails.iter().map(|email| sight.show(email.expose(), mask_email)).collect(),
            phones: record.phones.iter().map(|phone| sight.show(phone.expose(), mask_phone)).collect(),
            pushes: record.pushes.iter().map(kind).collect(),
            address: record.address.as_ref().map(|address| sight.address(address)),
            birth_date: sight.maybe(record.birth_date.as_ref()),
            guardian: record.guardian.as_ref().map(|guardian| sight.guardian(guardian)),
            is_guardian: record.ward.is_some(),
            data: record.data.clone(),
            consent: record.consent.iter().map(ToString::to_string).collect(),
            fields: record.fields.iter().map(|(name, value)| (name.clone(), sight.text(value))).collect(),
            locale: record.locale.as_ref().map(ToString::to_string),
            jurisdiction: record.jurisdiction.as_ref().map(ToString::to_string),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::{EmailAddress, PhoneNumber};
    use crate::domain::person::PersonRecord;

    #[test]
    fn nothing_that_identifies_is_left_in_a_masked_view() {
        let secret = || Pii::new(String::from("Canary"));
        let point = || EmailAddress::parse("canary@canary.example").expect("an address");
        let number = || PhoneNumber::from_e164("+4930901820").expect("a number");
        let record = PersonRecord {
            reference: secret(),
            name: Some(secret()),
            emails: vec![point()],
            phones: vec![number()],
            pushes: vec![PushTarget::Fcm(secret())],
            address: Some(PostalAddress { lines: vec![secret()], city: Some(secret()), ..PostalAddress::default() }),
            birth_date: Some(secret()),
            guardian: Some(Guardian { name: Some(secret()), email: Some(point()), phone: Some(number()) }),
            fields: BTreeMap::from([(String::from("plan"), secret())]),
            ..PersonRecord::default()
        };
        let person = Person { id: PersonId(uuid::Uuid::nil()), record };
        let shown = |whole| serde_json::to_string(&PersonView::of(&person, whole)).expect("serialises");
        let masked = shown(false);
        assert!(!masked.to_lowercase().contains("canary") && !masked.contains("901820"), "{masked}");
        assert!(shown(true).contains("canary@canary.example"));
    }
}
