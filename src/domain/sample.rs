//! A made-up person for previews and first checks: everything known, nothing real.

use super::contact::{EmailAddress, PhoneNumber, PostalAddress};
use super::jurisdiction::JurisdictionId;
use super::locale::Locale;
use super::person::PersonRecord;
use super::pii::Pii;
use super::remedy::RemedyCode;

/// What stands for a code until somebody has one.
#[must_use]
pub fn remedy_code() -> Option<RemedyCode> {
    RemedyCode::parse("SAMPLE-CODE-0000").ok()
}

/// Somebody who reads this language and lives there. Has no further fields: whoever writes `{{person.field}}` previews
/// with a real person.
#[must_use]
pub fn person(locale: Option<Locale>, jurisdiction: Option<JurisdictionId>) -> PersonRecord {
    let name = match locale.as_ref().map(|locale| locale.fallbacks().last().cloned()) {
        Some(Some(language)) if language.as_str() == "zh" => "陈小明",
        Some(Some(language)) if language.as_str() == "de" => "Erika Mustermann",
        Some(Some(language)) if language.as_str() == "fr" => "Camille Dupont",
        Some(Some(language)) if language.as_str() == "es" => "María García",
        _ => "Alex Example",
    };
    let (street, city, postcode, country) = match locale.as_ref().map(Locale::as_str).unwrap_or_default() {
        tag if tag.starts_with("de") => ("Musterstraße 1", "Musterstadt", "12345", "DE"),
        tag if tag.starts_with("fr") => ("1 rue de l’Exemple", "Paris", "75001", "FR"),
        tag if tag.starts_with("es") => ("Calle del Ejemplo 1", "Madrid", "28001", "ES"),
        tag if tag.starts_with("zh") => ("示例路1号", "北京市", "100000", "CN"),
        tag if tag.starts_with("ja") => ("見本町1-2-3", "千代田区", "100-0001", "JP"),
        _ => ("1 Example Street", "Exampleton", "12345", "US"),
    };
    let pii = |text: &str| Pii::new(text.to_owned());
    PersonRecord {
        address: Some(PostalAddress {
            lines: vec![pii(street)],
            city: Some(pii(city)),
            region: None,
            postcode: Some(pii(postcode)),
            country: Some(country.to_owned()),
        }),
        reference: Pii::new(String::from("SAMPLE-1")),
        name: Some(Pii::new(String::from(name))),
        // Domain and number are reserved for examples (RFC 2606; NANP 555-0100 to 555-0199).
        emails: EmailAddress::parse("alex@example.org").into_iter().collect(),
        phones: PhoneNumber::from_e164("+12025550123").into_iter().collect(),
        locale,
        jurisdiction,
        remedy_code: remedy_code(),
        ..PersonRecord::default()
    }
}
