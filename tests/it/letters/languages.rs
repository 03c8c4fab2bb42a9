//! A letter says what the notice says, in every language there are words for, and to people whose names and addresses are
//! in another script.

use candour::render::letter::{Form, address_lines};
use candour::render::pdf::{Fonts, LetterPdf, Stationery, letter_pdf};

use crate::support::letters::{address, berlin, letter};
use crate::support::pdf::{assert_fit_for_print, tool};

fn set(tag: &str, name: &str, recipient: &[String]) -> LetterPdf {
    let sender = ["Example Library", "Hauptstraße 12", "10999 Berlin"].map(str::to_owned);
    let on = Stationery {
        form: Form::named("din5008_b").unwrap(),
        sender: &sender,
        recipient,
        date: "2026-11-22",
        made_at: "2026-11-22T10:00:00.000Z",
    };
    letter_pdf(&letter(name, tag), &on, Fonts::shared()).unwrap()
}

fn text(pdf: &LetterPdf, keep_as: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    // To be looked at: name a directory, and the pages stay there.
    let kept = std::env::var_os("TEST_KEEP_PDFS").map(std::path::PathBuf::from);
    let file = kept.unwrap_or_else(|| directory.path().to_owned()).join(format!("{keep_as}.pdf"));
    std::fs::write(&file, &pdf.bytes).unwrap();
    assert_fit_for_print(&file);
    tool("pdftotext", "poppler-utils", &["-layout", "-"], &file)
}

#[test]
fn every_language_says_all_of_it() {
    for (tag, expected) in [
        ("en", ["Notice of Data Breach", "Dear Kim Lee,", "What We Offer You", "Be wary of calls", "Page 1 of"]),
        ("de", ["Gesundheitsdaten", "Guten Tag Kim Lee,", "Was", "Achten Sie auf Anrufe", "Seite 1 von"]),
        ("fr", ["violation de données", "Bonjour Kim Lee,", "cette lettre", "Be wary of calls", "Page 1 sur"]),
        ("es", ["Aviso de brecha", "Hola, Kim Lee:", "esta carta", "Be wary of calls", "Página 1 de"]),
        ("zh-Hans", ["个人信息安全事件通知", "尊敬的", "我们为您提供的帮助", "留意以我们名义打来的电话", "第 1 页"]),
        ("zh-Hant", ["個人資料外洩通知", "您好", "這封信", "留意以我们名义打来的电话", "第 1 頁"]),
    ] {
        let text = text(&set(tag, "Kim Lee", &address_lines(&berlin(), Some("Kim Lee"), Some("DE"))), tag);
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for phrase in
            expected.iter().chain(&["R-1001", "+49 30 1234567", "10115 Berlin", "Privacy Office", "2026-11-22"])
        {
            assert!(flat.contains(phrase), "{tag} lacks {phrase}:\n{text}");
        }
        assert!(!text.contains("{{"), "{text}");
    }
}

#[test]
fn names_and_addresses_of_another_script_are_set() {
    let tokyo = address("JP", &["神南1-2-3"], "渋谷区", "東京都", "150-0041");
    let lines = address_lines(&tokyo, Some("山田花子"), Some("DE"));
    let text = text(&set("ja", "山田花子", &lines), "ja");
    for phrase in ["〒150-0041", "東京都渋谷区", "山田花子 様", "JAPAN", "Dear 山田花子,"] {
        assert!(text.contains(phrase), "no {phrase}:\n{text}");
    }
}

#[test]
fn what_people_wrote_never_becomes_layout() {
    let name = "#panic(\"x\") *bold* $x$ <h2>H</h2> \\u{41} //";
    let pdf = set("en", name, &address_lines(&berlin(), Some(name), None));
    let text = text(&pdf, "markup");
    assert!(text.contains("#panic(\"x\") *bold* $x$ <h2>H</h2> \\u{41} //"), "{text}");
}

#[test]
fn the_same_letter_gives_the_same_bytes() {
    let lines = address_lines(&berlin(), Some("Kim Lee"), None);
    assert_eq!(set("en", "Kim Lee", &lines).bytes, set("en", "Kim Lee", &lines).bytes);
}
