use super::*;

fn checks() -> Checks {
    let known: KnownJurisdictions = std::sync::Arc::new(|id| matches!(id.as_str(), "eu-gdpr" | "us-ca"));
    // 2026-11-20T22:00:00Z
    Checks::new(known, ImportLimits::default(), Millis(1_795_212_000_000))
}

fn read(cells: &[(&str, &str)]) -> Result<PersonRecord, Fault> {
    parse(cells.iter().map(|(name, text)| (Column::of(name), *text)), &checks())
}

fn refused(name: &str, text: &str) -> Reason {
    let fault = read(&[("ref", "r-1"), (name, text)]).expect_err("it is refused");
    assert_eq!(fault.column.as_deref(), Some(name), "the column is named");
    fault.reason
}

#[test]
fn every_column_is_read() {
    let person = read(&[
        ("ref", " r-1 "),
        ("name", "Zoë Müller"),
        ("email", "Zoe@Example.ORG"),
        ("phone", "030 901820"),
        ("push", "fcm:token"),
        ("address_line1", "Weg 1"),
        ("address_line2", ""),
        ("address_line3", "Hinterhaus"),
        ("city", "Berlin"),
        ("region", "Berlin"),
        ("postcode", "10115"),
        ("country", "de"),
        ("locale", "de_AT"),
        ("jurisdiction", "EU-GDPR"),
        ("birth_date", "1984-02-29"),
        ("guardian_name", "Anna"),
        ("guardian_email", "anna@example.org"),
        ("guardian_phone", "+14155552671"),
        ("data", "email_address; Password;;password"),
        ("consent", "sms;voice"),
        ("plan", "gold\nplus"),
    ])
    .expect("a person");
    assert_eq!(person.reference.expose(), "r-1");
    assert_eq!(person.emails[0].expose(), "Zoe@example.org");
    assert_eq!(person.phones[0].expose(), "+4930901820", "read by the row's country");
    let address = person.address.as_ref().expect("an address");
    assert_eq!(address.lines.iter().map(|l| l.expose().as_str()).collect::<Vec<_>>(), ["Weg 1", "Hinterhaus"]);
    assert_eq!(address.country.as_deref(), Some("DE"));
    assert_eq!(person.locale.as_ref().map(Locale::as_str), Some("de-AT"));
    assert_eq!(person.jurisdiction.as_ref().map(JurisdictionId::as_str), Some("eu-gdpr"));
    assert_eq!(person.data, ["email_address", "password"]);
    assert_eq!(person.consent, [Channel::Sms, Channel::Voice]);
    assert_eq!(person.fields["plan"].expose(), "gold\nplus");
    let guardian = person.guardian.expect("a guardian");
    assert_eq!(guardian.phone.expect("a number").expose(), "+14155552671");
}

#[test]
fn a_bad_cell_names_its_column_and_reason() {
    assert_eq!(refused("email", "nobody"), Reason::Email);
    assert_eq!(refused("email", "a@b@c"), Reason::Email);
    assert_eq!(refused("phone", "030 901820"), Reason::PhoneNeedsCountry);
    assert_eq!(refused("phone", "+49 1"), Reason::Phone);
    assert_eq!(refused("push", "gcm:x"), Reason::Push);
    assert_eq!(refused("push", "webpush:{\"endpoint\":1}"), Reason::Push);
    assert_eq!(refused("country", "UK"), Reason::Country);
    assert_eq!(refused("locale", "deutsch!"), Reason::Locale);
    assert_eq!(refused("jurisdiction", "atlantis"), Reason::Jurisdiction);
    assert_eq!(refused("jurisdiction", "eu gdpr"), Reason::Jurisdiction);
    assert_eq!(refused("data", "email_address;shoe_size"), Reason::Data);
    assert_eq!(refused("consent", "sms;pigeon"), Reason::Consent);
    assert_eq!(refused("guardian_email", "x"), Reason::Email);
    assert_eq!(refused("guardian_phone", "123"), Reason::PhoneNeedsCountry);
    assert_eq!(refused("name", "a\u{0}b"), Reason::Control);
    assert_eq!(refused("name", "a\nBcc: b@example.org"), Reason::Control);
    assert_eq!(refused("plan", &"x".repeat(8193)), Reason::CellTooLong(8192));
}

#[test]
fn dates_are_of_the_calendar_and_not_to_come() {
    for bad in ["1983-02-29", "1983-13-01", "83-01-01", "01.02.1983", "1983-02-03T00:00", "1983-2-3", "+983-02-03"] {
        assert_eq!(refused("birth_date", bad), Reason::Date, "{bad}");
    }
    assert!(read(&[("ref", "1"), ("birth_date", "2026-11-21")]).is_ok(), "already that day in Kiribati");
    assert_eq!(refused("birth_date", "2026-11-22"), Reason::FutureDate);
}

#[test]
fn a_reference_is_required_and_blank_is_absent() {
    let missing = Fault::at("ref", Reason::Missing);
    assert_eq!(read(&[("name", "A")]), Err(missing.clone()));
    assert_eq!(read(&[("ref", " \t "), ("name", "A")]), Err(missing));
    let bare =
        read(&[("ref", "1"), ("email", " "), ("phone", ""), ("country", "FR"), ("plan", " ")]).expect("a person");
    assert_eq!(bare, PersonRecord { reference: Pii::new(String::from("1")), ..PersonRecord::default() });
}

#[test]
fn several_values_add_up_for_contact_points_and_are_refused_elsewhere() {
    let person =
        read(&[("ref", "1"), ("email", "a@example.org"), ("email", "b@example.org"), ("email", "a@example.org")])
            .expect("a person");
    assert_eq!(person.emails.len(), 2);
    assert_eq!(refused("email", "a@x"), Reason::Email);
    let twice = read(&[("ref", "1"), ("name", "A"), ("name", "B")]).expect_err("refused");
    assert_eq!(twice, Fault::at("name", Reason::OneValue));
    let many: Vec<String> = (0..5).map(|i| format!("a{i}@example.org")).collect();
    let mut cells = vec![("ref", "1")];
    cells.extend(many.iter().map(|m| ("email", m.as_str())));
    assert_eq!(read(&cells), Err(Fault::at("email", Reason::TooManyPoints(4))));
}

#[test]
fn no_reason_repeats_the_value() {
    for (name, text) in [("email", "secret-value"), ("data", "secret-value"), ("country", "secret-value")] {
        assert!(!refused(name, text).to_string().contains("secret"), "{name}");
    }
}
