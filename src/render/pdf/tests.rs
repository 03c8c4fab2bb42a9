use super::*;
use crate::domain::obligation::DeadlineKind;
use crate::domain::report::{MissingField, ReportField, ReportSection};

fn field(label: &str, value: Option<&[&str]>, required: bool) -> ReportField {
    let value = value.map(|lines| lines.iter().map(|l| (*l).to_owned()).collect());
    ReportField { key: label.to_lowercase().replace(' ', "_"), label: label.to_owned(), value, required }
}

fn english() -> ReportDocument {
    ReportDocument {
        title: String::from("Personal data breach notification: payroll <archive> & mailbox"),
        locale: String::from("en"),
        authority: String::from("Office of the Attorney General, California"),
        citations: vec![String::from("Cal. Civ. Code § 1798.82(f)")],
        rules_version: String::from("2026-11-01"),
        deadline: Some(String::from("2026-12-10T23:59:59-08:00")),
        deadline_kind: Some(DeadlineKind::Statutory),
        deadline_text: String::from("15 calendar days after consumers are notified"),
        late: true,
        sections: vec![ReportSection {
            heading: String::from("The incident"),
            fields: vec![
                field("Nature of the breach", Some(&["A mailbox was read by a stranger.", "Copies were made."]), true),
                field("Individuals affected", Some(&["1,200 (approximate)"]), true),
                field("Date of discovery", None, true),
            ],
        }],
        missing: vec![MissingField {
            key: String::from("discovered"),
            label: String::from("Date of discovery"),
            where_to_give: String::from("timeline.discovered"),
            required: true,
        }],
        prepared_at: String::from("2026-11-22T10:00:00.000Z"),
    }
}

fn chinese() -> ReportDocument {
    let mut document = english();
    document.title = String::from("个人信息安全事件报告");
    document.locale = String::from("zh-Hans");
    document.authority = String::from("国家互联网信息办公室");
    document.sections[0].heading = String::from("事件情况");
    document.sections[0].fields[0] = field("发生经过", Some(&["攻击者读取了“工资”邮箱，并复制了部分数据。"]), true);
    document
}

/// A directory without fonts: what the binary has by itself.
fn binary_only() -> Fonts {
    Fonts::in_directories(Vec::new())
}

#[test]
fn an_english_report_needs_no_font_from_outside_and_is_the_same_each_time() {
    let first = typeset_with(&english(), &binary_only()).unwrap();
    assert!(first.starts_with(b"%PDF-"));
    let text = String::from_utf8_lossy(&first);
    assert!(text.contains("pdfaid:part") && text.contains("pdfuaid:part"), "archival and accessible, and says so");
    assert_eq!(first, typeset_with(&english(), &binary_only()).unwrap());
}

#[test]
fn a_character_without_a_font_is_named_with_the_remedy() {
    let error = typeset_with(&chinese(), &binary_only()).unwrap_err();
    let PdfError::NoFont { characters } = &error else { panic!("{error}") };
    assert!(characters.contains("U+") && characters.contains("more"), "{characters}");
    assert!(error.to_string().contains("fonts-noto-cjk"));
}

#[test]
fn every_frame_sets_in_its_language() {
    for locale in ["de", "fr", "es"] {
        let mut document = english();
        document.locale = locale.to_owned();
        typeset_with(&document, &binary_only()).unwrap_or_else(|error| panic!("{locale}: {error}"));
    }
}

#[test]
fn chinese_sets_with_a_font_of_the_machine() {
    let bytes = typeset(&chinese()).unwrap();
    assert!(bytes.len() > 10_000, "the used glyphs are inside");
}

#[test]
fn the_page_escapes_says_its_language_and_lists_what_is_missing() {
    let page = report_html(&english()).unwrap();
    assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">"));
    assert!(page.contains("payroll &lt;archive&gt; &amp; mailbox"));
    assert!(page.contains("<code>timeline.discovered</code>"));
    assert!(page.contains("class=\"late\""));
    assert!(!page.contains("<script") && !page.contains("http"), "self-contained");
}

#[test]
fn the_page_of_a_complete_report_says_that_nothing_is_missing() {
    let mut document = english();
    document.missing.clear();
    document.late = false;
    let page = report_html(&document).unwrap();
    assert!(page.contains("Nothing the authority asks for is missing."));
    assert!(!page.contains("class=\"late\"") && !page.contains("<table>"));
}

/// The page of a report without a time.
fn untimed(kind: Option<DeadlineKind>, locale: &str) -> String {
    let mut document = english();
    (document.deadline, document.deadline_kind, document.locale) = (None, kind, locale.to_owned());
    report_html(&document).unwrap()
}

#[test]
fn a_time_that_does_not_run_yet_is_not_said_to_be_none() {
    let (none, waits) = ("The law gives no fixed time", "Not running yet");
    let says = |kind| [none, waits].map(|words| untimed(kind, "en").contains(words));
    assert_eq!(says(Some(DeadlineKind::None)), [true, false]);
    assert_eq!(says(Some(DeadlineKind::Statutory)), [false, true]);
    assert_eq!(says(Some(DeadlineKind::Guidance)), [false, true]);
    assert!(untimed(Some(DeadlineKind::Statutory), "zh-Hant-HK").contains("期限尚未起算"));
}

#[test]
fn an_older_document_that_does_not_keep_the_kind_is_read_and_claims_nothing() {
    let mut stored = serde_json::to_value(english()).unwrap();
    stored.as_object_mut().unwrap().remove("deadline_kind");
    let read: ReportDocument = serde_json::from_value(stored.clone()).unwrap();
    assert!(report_html(&read).unwrap().contains("2026-12-10 23:59:59 -08:00"));
    assert_eq!(serde_json::to_value(&read).unwrap(), stored);
    let page = untimed(None, "en");
    assert!(!page.contains("no fixed time") && !page.contains("Not running"));
    assert!(page.contains("15 calendar days after consumers are notified"));
}
