//! What a letter costs: the PDF of one person, set and written, on one core.

use std::time::Instant;

use candour::domain::channel::Channel;
use candour::domain::person::PersonRecord;
use candour::domain::pii::Pii;
use candour::render::letter::Form;
use candour::render::pdf::{Fonts, Stationery, letter_pdf};
use candour::render::{Rendered, Renderer};
use serde_json::json;

use crate::support::Result;
use crate::support::bench::Bench;
use crate::support::report::Report;

/// So many letters a turn, each of another person.
const LETTERS: u32 = 200;

/// The subject.
pub(crate) fn run(bench: &Bench) -> Result<Report> {
    let mut report = Report::new("letter");
    let facts = serde_json::from_value(json!({
        "title": "Tape", "organisation": { "name": "Example Library", "country": "DE" },
        "timeline": { "discovered": "2026-11-20T22:10:00+01:00" },
        "scope": { "data": ["name", "postal_address", "health"] },
        "contact": { "phone": "+49 30 1234567", "email": "privacy@example.org" },
    }))?;
    let content = serde_json::from_value(json!({ "default_locale": "de", "cascade": ["letter"], "texts": { "de": {
        "what_happened": "Ein Band mit einer Datensicherung ging verloren.\n\nEs war nicht verschlüsselt.",
        "what_we_do": "Wir haben Anzeige erstattet.", "what_you_can_do": ["Achten Sie auf Anrufe in unserem Namen."],
        "what_we_offer": "Wir helfen." } } }))?;
    let notice = Renderer::load(None)?.compile(&content, &facts)?;
    let form = Form::named("din5008_b")?;
    let fonts = Fonts::shared();
    let mut bytes = 0;
    for _ in 0..bench.repeat {
        let start = Instant::now();
        for number in 0..LETTERS {
            let name = format!("Person {number}");
            let record = PersonRecord {
                reference: Pii::new(format!("R-{number}")),
                name: Some(Pii::new(name.clone())),
                ..PersonRecord::default()
            };
            let Rendered::Letter(letter) = notice.render(Channel::Letter, &record)? else { continue };
            let recipient = [name, format!("Lindenallee {number}"), String::from("10115 Berlin")];
            let date = "2026-11-22";
            let made_at = "2026-11-22T10:00:00.000Z";
            let on = Stationery { form, sender: &[], recipient: &recipient, date, made_at };
            bytes = letter_pdf(&letter, &on, fonts)?.bytes.len();
        }
        report.measured("one letter", "ms", start.elapsed().as_secs_f64() * 1e3 / f64::from(LETTERS));
    }
    report.setting("bytes of a letter", bytes);
    Ok(report)
}
