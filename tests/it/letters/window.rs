//! The window shows the whole address and nothing but addresses, wherever the letter slides, on every form.

use candour::render::letter::{Area, Form, address_lines};
use candour::render::pdf::{Fonts, Stationery, letter_pdf};

use crate::support::letters::{address, berlin, letter};
use crate::support::pdf::{Word, assert_fit_for_print, tool, words};

const NOON: &str = "2026-11-22T12:00:00.000Z";
const SENDER: [&str; 3] = ["Example Library", "Hauptstraße 12", "10999 Berlin"];

/// Sets a letter, has it checked, and gives the words of its first page.
fn set(form: &Form, recipient: &[String]) -> Vec<Word> {
    let sender = SENDER.map(str::to_owned);
    let on = Stationery { form, sender: &sender, recipient, date: "2026-11-22", made_at: NOON };
    let pdf = letter_pdf(&letter("Erika Mustermann", "de"), &on, Fonts::shared()).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("letter.pdf");
    std::fs::write(&file, &pdf.bytes).unwrap();
    assert_fit_for_print(&file);
    let info = tool("pdfinfo", "poppler-utils", &[], &file);
    let size = if form.paper.width > 212.0 { "612 x 792 pts" } else { "595.276 x 841.89 pts" };
    assert!(info.contains(size) && info.contains(&format!("Pages:           {}", pdf.pages)), "{info}");
    words(&file).into_iter().filter(|word| word.page == 1).collect()
}

/// The area a little larger, for what rounding and the measures of fonts leave.
fn about(area: &Area) -> Area {
    Area { left: area.left - 0.2, top: area.top - 0.2, width: area.width + 0.4, height: area.height + 0.4 }
}

#[test]
fn every_form_shows_the_address_and_hides_the_rest() {
    for form in Form::all() {
        let recipient = match form.name.as_str() {
            "us_10" | "lob" => address("US", &["1200 Elm Street", "Apartment 34"], "Austin", "TX", "78701"),
            _ => berlin(),
        };
        let recipient = address_lines(&recipient, Some("Erika Mustermann"), Some("FR"));
        let words = set(form, &recipient);
        let may_stand: Vec<Area> = form.address.iter().chain(&form.return_line).map(about).collect();
        let seen = |word: &&Word| {
            let clear = form.shown().map(|shown| shown.ever).chain(form.keep_clear.iter().copied());
            clear.into_iter().any(|area| word.area.overlaps(&area))
        };
        for word in words.iter().filter(seen) {
            assert!(may_stand.iter().any(|area| word.area.within(area)), "{}: {word:?} can be seen", form.name);
        }
        let Some(area) = form.address else { continue };
        let shown: Vec<&str> =
            words.iter().filter(|word| word.area.overlaps(&area)).map(|word| word.text.as_str()).collect();
        assert_eq!(shown, recipient.join(" ").split(' ').collect::<Vec<_>>(), "{}", form.name);
        assert!(
            words
                .iter()
                .filter(|w| w.area.overlaps(&area))
                .all(|w| form.shown().all(|s| w.area.within(&about(&s.always))))
        );
    }
}

#[test]
fn a_long_address_is_set_smaller_and_one_that_cannot_fit_is_refused() {
    let form = Form::named("din5008_b").unwrap();
    let lines = |count: usize, length: usize| -> Vec<String> {
        (0..count).map(|n| format!("{n}{}", " Abcde".repeat(length))).collect()
    };
    let words = set(form, &lines(7, 6));
    let area = form.address.unwrap();
    assert_eq!(words.iter().filter(|word| word.area.overlaps(&area)).count(), 7 * 7);
    for recipient in [lines(12, 3), lines(5, 40), vec!["W".repeat(200)]] {
        let on = Stationery { form, sender: &[], recipient: &recipient, date: "2026-11-22", made_at: NOON };
        let error = letter_pdf(&letter("X", "de"), &on, Fonts::shared()).unwrap_err();
        assert!(error.to_string().contains("does not fit the window"), "{error}");
    }
    let on = Stationery { form, sender: &[], recipient: &[], date: "2026-11-22", made_at: NOON };
    assert!(letter_pdf(&letter("X", "de"), &on, Fonts::shared()).unwrap_err().to_string().contains("no address"));
}
