//! Notices: what people read, in each language, and what stops one from being sent.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use candour::domain::channel::Channel;
use candour::domain::contact::EmailAddress;
use candour::domain::facts::{Contact, IncidentFacts, Moment};
use candour::domain::locale::Locale;
use candour::domain::notice::{NoticeContent, NoticeTexts};
use candour::domain::person::{PersonRecord, Ward};
use candour::domain::pii::Pii;
use candour::render::{CompiledNotice, RenderError, Rendered, Renderer, check};
use proptest::prelude::*;

fn locale(tag: &str) -> Locale {
    Locale::parse(tag).unwrap()
}

fn texts(what_happened: &str) -> NoticeTexts {
    NoticeTexts {
        subject: None,
        what_happened: what_happened.to_owned(),
        what_we_do: String::from("We closed the hole."),
        what_you_can_do: vec![String::from("Change your password.")],
        what_we_offer: String::new(),
        short: None,
    }
}

fn content(default: &str, all: &[(&str, &str)]) -> NoticeContent {
    NoticeContent {
        template: String::from("standard"),
        default_locale: locale(default),
        texts: all.iter().map(|(tag, text)| (locale(tag), texts(text))).collect(),
        variants: Vec::new(),
        cascade: vec![Channel::Email],
    }
}

fn facts() -> IncidentFacts {
    serde_json::from_value(serde_json::json!({
        "title": "Stolen backup",
        "organisation": { "name": "Example Library" },
        // Already the next day in UTC minus hours; the day where it was recorded is what people are told.
        "timeline": { "occurred_from": "2026-11-14T09:00:00+08:00", "occurred_until": "2026-11-16T21:00:00+08:00",
                      "discovered": "2026-11-21T01:10:00+08:00" },
        "scope": { "data": ["name", "password", "health"] },
        "contact": { "name": "Privacy Office", "email": "privacy@example.org", "phone": "+41446681800",
                     "url": "https://example.org/incident" }
    }))
    .unwrap()
}

fn person(name: Option<&str>, tag: Option<&str>) -> PersonRecord {
    PersonRecord {
        reference: Pii::new(String::from("R-1001")),
        name: name.map(|name| Pii::new(name.to_owned())),
        locale: tag.map(locale),
        ..PersonRecord::default()
    }
}

fn compile(content: &NoticeContent) -> CompiledNotice {
    Renderer::load(None).unwrap().compile(content, &facts()).unwrap()
}

fn email(notice: &CompiledNotice, record: &PersonRecord) -> (String, String, String) {
    match notice.render(Channel::Email, record).unwrap() {
        Rendered::Email { subject, text, html, .. } => {
            (subject.expose().clone(), text.expose().clone(), html.expose().clone())
        }
        other => panic!("{other:?}"),
    }
}

fn short(notice: &CompiledNotice, record: &PersonRecord) -> (String, String, String) {
    let Rendered::Sms { text: sms, .. } = notice.render(Channel::Sms, record).unwrap() else { panic!("no SMS") };
    let Rendered::Push { title, text, url, .. } = notice.render(Channel::Push, record).unwrap() else {
        panic!("no push")
    };
    assert_eq!(url.as_deref(), Some("https://example.org/incident"));
    (sms.expose().clone(), title.expose().clone(), text.expose().clone())
}

/// Language, phrases that its email must have, with a name and without.
const LANGUAGES: [(&str, [&str; 5]); 6] = [
    (
        "en",
        [
            "Notice of Data Breach",
            "What Information Was Involved",
            "Dear Kim Lee,",
            "Hello,",
            "14 November 2026 to 16 November 2026",
        ],
    ),
    (
        "de",
        ["Datenschutzvorfall", "Welche Daten betroffen sind", "Guten Tag Kim Lee,", "Guten Tag,", "21. November 2026"],
    ),
    (
        "fr",
        ["violation de données", "Les données concernées", "Bonjour Kim Lee,", "Bonjour,", "du 14 novembre 2026 au"],
    ),
    ("es", ["Aviso de brecha", "Qué puede hacer usted", "Hola, Kim Lee:", "Hola:", "21 de noviembre de 2026"]),
    (
        "zh-Hans",
        ["个人信息安全事件通知", "涉及您的哪些信息", "尊敬的Kim Lee：", "您好：", "2026年11月14日至2026年11月16日"],
    ),
    ("zh-Hant", ["個人資料外洩通知", "涉及您的哪些資料", "Kim Lee您好：", "您好：", "2026年11月21日"]),
];

#[test]
fn each_language_says_what_a_notice_must_say() {
    for (tag, [title, heading, named, neutral, date]) in LANGUAGES {
        let notice = compile(&content(tag, &[(tag, "Somebody took a backup.\n\nIt was encrypted.")]));
        let (subject, text, html) = email(&notice, &person(Some("Kim Lee"), None));
        let (_, text_neutral, html_neutral) = email(&notice, &person(None, None));
        assert!(subject.contains("Example Library"), "{tag}: {subject}");
        for body in [&text, &html] {
            for phrase in [title, heading, named, date, "Example Library", "Privacy Office", "R-1001", "+41446681800"] {
                assert!(body.contains(phrase), "{tag} lacks {phrase}:\n{body}");
            }
            assert!(!body.contains("{{") && !body.contains("}}"), "{tag}:\n{body}");
        }
        assert!(text_neutral.contains(neutral) && !text_neutral.contains(named), "{tag}:\n{text_neutral}");
        assert!(html_neutral.contains(&format!("<p>{neutral}</p>")), "{tag}:\n{html_neutral}");
        assert!(html.contains(&format!("<html lang=\"{tag}\" dir=\"ltr\">")));
        assert!(html.contains("<p>Somebody took a backup.</p>\n<p>It was encrypted.</p>"), "{html}");
        assert!(text.contains("Somebody took a backup.\n\nIt was encrypted."), "{text}");
        assert!(!text.contains("\n\n\n\n"), "{tag}: holes in\n{text}");
        // Nothing is offered, so nothing is said of it.
        assert!(
            !text.contains(Renderer::load(None).unwrap().words(&locale(tag)).unwrap().headings.what_we_offer.as_str())
        );
        let (sms, push_title, push) = short(&notice, &person(Some("Kim Lee"), None));
        assert!(sms.contains("https://example.org/incident") && sms.starts_with("Example Library: "), "{sms}");
        assert!(!sms.contains("Kim") && !push.contains("Kim") && !sms.contains("R-1001"), "{sms} {push}");
        assert_eq!(push_title, "Example Library");
        let western = !tag.starts_with("zh");
        assert!(sms.chars().count() <= if western { 306 } else { 134 }, "{tag}: three segments: {sms}");
        assert!(!western || sms.chars().all(is_gsm7), "{tag}: not GSM-7: {sms}");
    }
}

/// The letters of GSM 03.38 that count once and that a notice may need.
fn is_gsm7(c: char) -> bool {
    c.is_ascii_alphanumeric() || " !\"#%&'()*+,-./:;<=>?@_\n".contains(c) || "èéùìòÇØøÅåÆæßÉÄÖÑÜ§äöñüà¿¡".contains(c)
}

#[test]
fn a_compiled_notice_is_shared_between_tasks() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<CompiledNotice>();
    shared::<Renderer>();
}

#[test]
fn html_needs_nothing_from_elsewhere() {
    let (_, _, html) = email(&compile(&content("en", &[("en", "It happened.")])), &person(None, None));
    for remote in ["<img", "<script", "<link", "http://", "src=", "url(", "@import"] {
        assert!(!html.contains(remote), "{remote} in {html}");
    }
    assert_eq!(html.matches("https://").count(), 1, "only the address to type, as text");
    assert!(!html.contains("href=\"https"));
}

#[test]
fn every_template_renders_with_every_sample() {
    let findings = check::check(&Renderer::load(None).unwrap());
    assert_eq!(findings.errors, []);
    assert_eq!(findings.rendered, 6 * 2 * 5 * 2);
}

#[test]
fn people_read_the_nearest_language_there_is() {
    let notice = compile(&content(
        "en",
        &[("en", "english"), ("de", "deutsch"), ("zh-Hans", "simplified"), ("zh-Hant", "traditional")],
    ));
    for (wanted, read) in [
        (Some("de-AT"), "deutsch"),
        (Some("zh-TW"), "traditional"),
        (Some("zh-HK"), "traditional"),
        (Some("zh-Hant-MO"), "traditional"),
        (Some("zh-CN"), "simplified"),
        (Some("zh"), "simplified"),
        (Some("pt"), "english"),
        (None, "english"),
    ] {
        let (_, text, _) = email(&notice, &person(None, wanted));
        assert!(text.contains(read), "{wanted:?} read {text}");
    }
}

#[test]
fn texts_in_a_language_without_words_stand_in_the_frame_of_the_default() {
    let notice = compile(&content("de", &[("de", "deutsch"), ("ar", "نص")]));
    let (_, _, html) = email(&notice, &person(None, Some("ar-EG")));
    assert!(html.contains("<html lang=\"de\" dir=\"ltr\">") && html.contains("Was geschehen ist"), "{html}");
    assert!(html.contains("<div lang=\"ar\" dir=\"rtl\">\n<p>نص</p>"), "{html}");
    let rendered = notice.render(Channel::Email, &person(None, Some("ar-EG"))).unwrap();
    assert_eq!(rendered.locale(), &locale("ar"));
    let (_, _, html) = email(&compile(&content("it", &[("it", "testo")])), &person(None, None));
    assert!(html.contains("<html lang=\"en\"") && html.contains("<div lang=\"it\" dir=\"ltr\">"), "{html}");
}

#[test]
fn a_missing_value_is_named() {
    let renderer = Renderer::load(None).unwrap();
    for (text, name) in [
        ("You, {{person.name}}, had points.", "person.name"),
        ("You had {{person.points}} points.", "person.points"),
        ("{{#if person.name}}{{date person.since}}{{/if}}", "person.since"),
    ] {
        let notice = renderer.compile(&content("en", &[("en", text)]), &facts()).unwrap();
        let mut record = person((name != "person.name").then_some("Kim"), None);
        record.fields = BTreeMap::from([(String::from("points"), Pii::new(String::from(" ")))]);
        let error = notice.render(Channel::Email, &record).unwrap_err();
        let template = String::from("texts.en.what_happened");
        assert_eq!(error, RenderError::Missing { template, locale: locale("en"), name: name.to_owned() });
        assert_eq!(notice.covers(&record).unwrap_err(), error);
    }
    // What is missing for everybody is found before anybody is rendered.
    for text in ["{{incident.timeline.contained}}", "{{date incident.timeline.contained}} {{person.name}}"] {
        let error = renderer.compile(&content("en", &[("en", text)]), &facts()).unwrap_err();
        assert!(error.to_string().contains("uses incident.timeline.contained, which has no value"), "{error}");
    }
    let mut nobody = facts();
    nobody.contact = Contact { name: Some(String::from("Office")), ..Contact::default() };
    let error = renderer.compile(&content("en", &[("en", "x")]), &nobody).unwrap_err();
    assert!(error.to_string().contains("incident.contact.url, .phone or .email"), "{error}");
}

#[test]
fn texts_use_facts_fields_and_helpers() {
    let text = "{{person.name}} ({{person.ref}}) had {{person.points}} points at {{incident.organisation.name}} on \
                {{date incident.timeline.discovered}}: {{categories incident.scope.data}}; {{category \"photo\"}}.";
    let notice = compile(&content("de", &[("de", text)]));
    let mut record = person(Some("Jörg\r\nBcc: <b>"), None);
    record.fields.insert(String::from("points"), Pii::new(String::from("12")));
    record.data = vec![String::from("email_address"), String::from("Kundenkarte")];
    assert_eq!(notice.covers(&record), Ok(()));
    let (_, plain, html) = email(&notice, &record);
    let expected = "Jörg Bcc: <b> (R-1001) had 12 points at Example Library on 21. November 2026: \
                    Name, Passwort und Gesundheitsdaten; Fotos.";
    assert!(plain.contains(expected), "{plain}");
    assert!(html.contains("Jörg Bcc: &lt;b&gt; (R-1001)"), "{html}");
    // The person's own data, not everybody's.
    assert!(plain.contains("- E-Mail-Adresse\n- Kundenkarte\n") && !plain.contains("- Passwort"), "{plain}");
}

#[test]
fn errors_say_where_and_never_what() {
    let renderer = Renderer::load(None).unwrap();
    let notice = renderer.compile(&content("en", &[("en", "{{date person.name}}")]), &facts()).unwrap();
    let error = notice.render(Channel::Email, &person(Some("Zebulon"), None)).unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("texts.en.what_happened") && shown.contains("helper date"), "{shown}");
    assert!(!shown.contains("Zebulon"), "{shown}");
    for (broken, expected) in [
        ("line\n{{#if x}}", "texts.en.what_happened, line 2, column"),
        ("{{shout incident.title}}", "there is no helper \"shout\""),
        ("{{log incident.title}}", "there is no helper \"log\""),
    ] {
        let error = renderer.compile(&content("en", &[("en", broken)]), &facts()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let error = renderer.compile(&content("fr", &[("en", "x")]), &facts()).unwrap_err();
    assert!(error.to_string().contains("default_locale fr is not among the texts (en)"), "{error}");
    let mut other = content("en", &[("en", "x")]);
    other.template = String::from("fancy");
    let error = renderer.compile(&other, &facts()).unwrap_err();
    assert!(error.to_string().contains("no template set \"fancy\"; there are: standard"), "{error}");
}

#[test]
fn the_hash_changes_with_what_people_read_and_with_nothing_else() {
    let renderer = Renderer::load(None).unwrap();
    let plain = content("en", &[("en", "It happened.")]);
    let hash =
        |content: &NoticeContent, facts: &IncidentFacts| renderer.compile(content, facts).unwrap().hash().to_owned();
    let first = hash(&plain, &facts());
    assert_eq!(first.len(), 64);
    assert_eq!(first, hash(&plain, &facts()));
    assert_ne!(first, hash(&content("en", &[("en", "It happened!")]), &facts()));
    let mut amended = facts();
    amended.title = String::from("Another working title");
    assert_eq!(first, hash(&plain, &amended));
    let titled = content("en", &[("en", "{{incident.title}} and {{person.ref}}")]);
    assert_ne!(hash(&titled, &facts()), hash(&titled, &amended));
    amended.timeline.discovered = Moment::parse("2026-11-25T00:00:00Z").ok();
    assert_ne!(first, hash(&plain, &amended));
    let overrides = tempfile::tempdir().unwrap();
    put(overrides.path(), "notices/words/en.toml", "[phrases]\nclosing = \"Kind regards,\"\n");
    let other = Renderer::load(Some(overrides.path())).unwrap().compile(&plain, &facts()).unwrap();
    assert_ne!(first, other.hash());
}

fn put(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn what_a_template_asks_of_a_person_is_missed_before_anybody_is_told() {
    let overrides = tempfile::tempdir().unwrap();
    put(overrides.path(), "notices/standard/email.html.hbs", "<p>{{{body.what_happened}}} {{person.policy_no}}</p>");
    let renderer = Renderer::load(Some(overrides.path())).unwrap();
    let notice = renderer.compile(&content("en", &[("en", "It happened.")]), &facts()).unwrap();
    let mut record = person(Some("Kim"), None);
    assert_eq!(notice.covers(&record), Ok(()), "whoever has no mailbox gets no email");
    record.emails = vec![EmailAddress::parse("kim@example.org").unwrap()];
    match notice.covers(&record).unwrap_err() {
        RenderError::Missing { template, name, .. } => {
            assert!(template.ends_with("notices/standard/email.html.hbs"), "{template}");
            assert_eq!(name, "person.policy_no");
        }
        other => panic!("{other:?}"),
    }
    record.fields.insert(String::from("policy_no"), Pii::new(String::from("P-7")));
    assert_eq!(notice.covers(&record), Ok(()));
    // A channel that the cascade does not have asks for nothing.
    let mut by_text = content("en", &[("en", "It happened.")]);
    by_text.cascade = vec![Channel::Sms];
    record.fields.clear();
    assert_eq!(renderer.compile(&by_text, &facts()).unwrap().covers(&record), Ok(()));
}

#[test]
fn overrides_lie_on_top() {
    let overrides = tempfile::tempdir().unwrap();
    put(overrides.path(), "notices/words/de.toml", "[phrases]\nclosing = \"Ihre\"\n");
    put(overrides.path(), "notices/standard/de/sms.txt.hbs", "Kurz von {{organisation.name}}");
    put(overrides.path(), "notices/standard/.email.txt.hbs.swp", "an editor's");
    let renderer = Renderer::load(Some(overrides.path())).unwrap();
    let notice = renderer.compile(&content("de", &[("de", "x"), ("en", "y")]), &facts()).unwrap();
    let (_, text, _) = email(&notice, &person(None, Some("de-CH")));
    assert!(text.contains("\nIhre\nExample Library") && text.contains("Was geschehen ist"), "{text}");
    let sms = |tag| match notice.render(Channel::Sms, &person(None, Some(tag))).unwrap() {
        Rendered::Sms { text, .. } => text.expose().clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(sms("de-CH"), "Kurz von Example Library");
    assert_ne!(sms("en"), "Kurz von Example Library");
}

#[test]
fn a_bad_override_is_named_with_its_place() {
    for (path, text, expected) in [
        ("notices/standard/email.txt.hbs", "fine\n{{#if x}}never closed", "email.txt.hbs, line 2, column"),
        ("notices/words/de.toml", "[phrases]\nclosing = Ihre\n", "de.toml, line 2, column 11"),
        ("notices/words/de.toml", "[phrases]\nclozing = \"Ihre\"\n", "clozing"),
        ("notices/words/it.toml", "language = \"Italiano\"\n", "missing field"),
        ("notices/standard/emial.txt.hbs", "x", "notices/standard/emial.txt.hbs overrides nothing"),
    ] {
        let overrides = tempfile::tempdir().unwrap();
        put(overrides.path(), path, text);
        let error = Renderer::load(Some(overrides.path())).unwrap_err().to_string();
        assert!(error.contains(expected), "{path}: {error}");
    }
    let missing = tempfile::tempdir().unwrap().path().join("gone");
    let error = Renderer::load(Some(&missing)).unwrap_err();
    assert!(matches!(&error, RenderError::Unreadable { path, .. } if path.ends_with("gone")), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever people are called, the page has the elements it has for everybody.
    #[test]
    fn names_never_become_markup(name in r#"[a-zA-Zäß张'"<>&/= \n{}`-]{1,40}"#) {
        thread_local!(static NOTICE: CompiledNotice = compile(&content("en", &[("en", "Hello {{person.name}}{{person.ref}}")])));
        NOTICE.with(|notice| {
            let mut record = person(Some(&format!("x{name}")), None);
            let (subject, _, html) = email(notice, &record);
            record.name = Some(Pii::new(String::from("Kim")));
            let (_, _, ordinary) = email(notice, &record);
            prop_assert_eq!(html.matches('<').count(), ordinary.matches('<').count());
            prop_assert_eq!(html.matches('>').count(), ordinary.matches('>').count());
            prop_assert_eq!(html.matches('"').count(), ordinary.matches('"').count());
            prop_assert!(!subject.contains('\n'));
            Ok(())
        })?;
    }
}

#[test]
fn a_guardian_is_told_whom_it_is_about() {
    let ward = Ward { name: Some(Pii::new(String::from("Tim Lee"))) };
    for (language, _) in LANGUAGES {
        let notice = compile(&content(language, &[(language, "Somebody took a backup.")]));
        let guardian = PersonRecord { ward: Some(ward.clone()), ..person(Some("Kim Lee"), None) };
        let (_, text, html) = email(&notice, &guardian);
        assert!(text.contains("Tim Lee") && html.contains("Tim Lee") && text.contains("Kim Lee"), "{language}: {text}");
        let (plain, ..) = email(&notice, &person(Some("Kim Lee"), None));
        assert!(!plain.contains("Tim Lee") && text.len() > plain.len() + 40, "{language}: {plain}");
        let (sms, title, push) = short(&notice, &guardian);
        let (own_sms, own_title, own_push) = short(&notice, &person(Some("Kim Lee"), None));
        assert!(sms.ends_with(&own_sms) && sms.len() > own_sms.len() + 10, "{language}: {sms}");
        assert_eq!(title, own_title, "a lock screen shows no more than it did");
        assert!(push.ends_with(&own_push) && !push.contains("Tim"), "{language}: {push}");
        assert!(!sms.contains("Tim"), "{language}: {sms}");
    }
}

#[test]
fn an_end_whose_beginning_nobody_knows_is_said_in_every_language() {
    let mut facts = facts();
    facts.timeline.occurred_from = None;
    let until = [
        ("en", "until 16 November 2026"),
        ("de", "bis zum 16. November 2026"),
        ("fr", "jusqu’au 16 novembre 2026"),
        ("es", "hasta el 16 de noviembre de 2026"),
        ("zh-Hans", "至2026年11月16日止"),
        ("zh-Hant", "至2026年11月16日止"),
    ];
    for (tag, words) in until {
        let notice = Renderer::load(None).unwrap().compile(&content(tag, &[(tag, "x")]), &facts).unwrap();
        let (_, text, html) = email(&notice, &person(None, Some(tag)));
        assert!(text.contains(words) && html.contains(words), "{tag}: {text}");
    }
}
