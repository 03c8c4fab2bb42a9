//! A person for those who may know that there is one, and not who it is.

use super::contact::PostalAddress;
use super::person::{Guardian, PersonRecord, Ward};
use super::pii::{Pii, mask};

impl PersonRecord {
    /// The same with every value that could identify somebody cut to its first character, wherever a text may show it. Contact
    /// points are left out: cut, they are none. What is absent stays absent, so that a text reads as it would.
    #[must_use]
    pub fn masked(&self) -> Self {
        Self {
            reference: cut(&self.reference),
            name: self.name.as_ref().map(cut),
            emails: Vec::new(),
            phones: Vec::new(),
            pushes: Vec::new(),
            address: self.address.as_ref().map(|address| PostalAddress {
                lines: address.lines.iter().map(cut).collect(),
                city: address.city.as_ref().map(cut),
                region: address.region.as_ref().map(cut),
                postcode: address.postcode.as_ref().map(cut),
                country: address.country.clone(),
            }),
            birth_date: self.birth_date.as_ref().map(cut),
            guardian: self
                .guardian
                .as_ref()
                .map(|guardian| Guardian { name: guardian.name.as_ref().map(cut), ..Guardian::default() }),
            ward: self.ward.as_ref().map(|ward| Ward { name: ward.name.as_ref().map(cut) }),
            data: self.data.clone(),
            consent: self.consent.clone(),
            fields: self.fields.iter().map(|(name, value)| (name.clone(), cut(value))).collect(),
            remedy_code: None,
            locale: self.locale.clone(),
            jurisdiction: self.jurisdiction.clone(),
        }
    }
}

fn cut(value: &Pii<String>) -> Pii<String> {
    Pii::new(mask(value.expose().trim()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::contact::{EmailAddress, PhoneNumber, PushTarget};
    use crate::domain::remedy::RemedyCode;

    #[test]
    fn nothing_that_identifies_is_left_and_what_is_there_stays_there() {
        let secret = || Pii::new(String::from("Canary"));
        let point = || EmailAddress::parse("canary@canary.example").expect("an address");
        let number = || PhoneNumber::from_e164("+4930901820").expect("a number");
        let address = PostalAddress {
            lines: vec![secret()],
            city: Some(secret()),
            region: Some(secret()),
            postcode: Some(secret()),
            country: Some(String::from("DE")),
        };
        let record = PersonRecord {
            reference: secret(),
            name: Some(secret()),
            emails: vec![point()],
            phones: vec![number()],
            pushes: vec![PushTarget::Fcm(secret())],
            address: Some(address),
            birth_date: Some(secret()),
            guardian: Some(Guardian { name: Some(secret()), email: Some(point()), phone: Some(number()) }),
            ward: Some(Ward { name: Some(secret()) }),
            data: vec![String::from("health")],
            fields: BTreeMap::from([(String::from("plan"), secret()), (String::from("blank"), Pii::new(" ".into()))]),
            remedy_code: RemedyCode::parse("CANARY-1").ok(),
            ..PersonRecord::default()
        };
        let masked = record.masked();
        let shown = serde_json::to_string(&masked).expect("serialises");
        assert!(!shown.to_lowercase().contains("canary") && !shown.contains("901820"), "{shown}");
        assert_eq!(masked.remedy_code, None);
        assert_eq!(masked.name.expect("a name").expose(), "C***");
        assert_eq!((masked.fields["plan"].expose().as_str(), masked.fields["blank"].expose().as_str()), ("C***", ""));
        assert_eq!(masked.address.expect("an address").country.as_deref(), Some("DE"));
        assert_eq!(masked.data, ["health"]);
    }
}
