//! What the loader refuses, and where it says the flaw is.

use super::{LawError, Rules};
use crate::domain::clock::Millis;

const SOUND: &str = r#"
id = "xx"
name = "Somewhere"
status = "in_force"
language = "en"
rules_version = "2026-11-22.1"

[authority]
name = "Authority"
url = "https://example.org"
zone = "Europe/Berlin"

[[rule]]
id = "notify-individuals"
duty = "notify_individuals"
to = "people"
force = "mandatory"
because = "{individuals} individuals"
contents = ["contact"]

[rule.when]
count = [{ of = "individuals", among = "jurisdiction", gt = 500 }]

[rule.deadline]
kind = "statutory"
amount = 72
unit = "hours"
counting = "hours_elapsed"
starts = ["aware"]
text = "72 hours"

[[rule.citation]]
text = "Section 1"
source = "the law"
evidence = "primary"
"#;

/// The error of the sound file with one part replaced.
fn refused(part: &str, by: &str) -> LawError {
    assert!(SOUND.contains(part), "{part}");
    Rules::load(&[("xx.toml", &SOUND.replacen(part, by, 1))]).expect_err(by)
}

#[test]
fn a_sound_file_is_read() {
    let rules = Rules::load(&[("xx.toml", SOUND)]).unwrap();
    assert_eq!(rules.known().map(ToString::to_string).collect::<Vec<_>>(), ["xx"]);
}

#[test]
fn what_cannot_be_read_is_refused_with_its_line() {
    let line = |part: &str| SOUND[..SOUND.find(part).unwrap()].matches('\n').count() + 1;
    let cases = [
        ("\"hours_elapsed\"", "\"hours_somehow\"", "hours_elapsed"),
        ("[\"aware\"]", "[\"awake\"]", "awake"),
        ("\"notify_individuals\"", "\"notify_everyone\"", "notify_everyone"),
        ("\"Europe/Berlin\"", "\"Europe/Bonn\"", "Europe/Bonn"),
        ("gt = 500", "gt = 500, ge = 500", "exactly one"),
        ("gt = 500", "gt = -1", "-1"),
        ("evidence = \"primary\"", "evidence = \"hearsay\"", "hearsay"),
        ("text = \"72 hours\"", "text = \"72 hours\"\nroll = true", "roll"),
        ("[rule.when]", "[rule.when]\nrisk_at_least = \"hihg\"", "hihg"),
        ("contents", "effective_from = \"2027-01-01T00:00:00\"\ncontents", "no day"),
        ("contents", "effective_until = \"2027-02-29\"\ncontents", "no day"),
        ("status = \"in_force\"", "status = ", ""),
    ];
    for (part, by, says) in cases {
        match refused(part, by) {
            LawError::Line { file, line: found, field, reason } => {
                assert_eq!(file, "xx.toml");
                assert_eq!(field.is_empty(), says.is_empty(), "{by}: only what is no TOML has no field: {field}");
                let at = line(part);
                assert!((at..=at + 1).contains(&found), "{by}: line {found}, not {at}");
                assert!(reason.contains(says), "{by}: {reason}");
            }
            other => panic!("{by}: {other}"),
        }
    }
}

#[test]
fn a_rule_that_is_not_sound_is_refused_with_its_field() {
    let citation = &SOUND[SOUND.find("[[rule.citation]]").unwrap()..];
    let cases = [
        (citation, "", "citation"),
        ("source = \"the law\"", "source = \" \"", "citation"),
        ("{individuals} individuals", "{people} individuals", "because"),
        ("{individuals} individuals", "{individuals individuals", "because"),
        ("to = \"people\"", "to = \"{individuals}\"", "to"),
        ("[\"contact\"]", "[\"horoscope\"]", "contents"),
        ("amount = 72\n", "", "deadline.amount"),
        ("amount = 72", "amount = 0", "deadline.amount"),
        ("\"hours\"", "\"calendar_days\"", "deadline.unit"),
        ("\"hours_elapsed\"", "\"none\"", "deadline.counting"),
        ("kind = \"statutory\"", "kind = \"none\"", "deadline.counting"),
        ("starts = [\"aware\"]\n", "", "deadline.starts"),
        ("text = \"72 hours\"", "text = \"\"", "deadline.text"),
        ("status = \"in_force\"", "status = \"voluntary\"", "force"),
        ("duty = \"notify_individuals\"", "duty = \"notify_authority\"", "report"),
        ("contents = [\"contact\"]", "only_with = \"nothing\"", "only_with"),
        ("contents = [\"contact\"]", "met_by = \"lunch\"", "met_by"),
        ("contents = [\"contact\"]", "report = { form = \"f\", kinds = [\"initial\"] }", "report"),
        ("[rule.when]", "[rule.review_if]\nrisk_is = [\"unlikely\"]\n[rule.when]", "review_if"),
        ("[rule.when]", "[rule.unless]\nbecause = \"so\"\n[rule.when]", "unless"),
        ("id = \"notify-individuals\"", "id = \"Notify\"", "id"),
    ];
    for (part, by, expected) in cases {
        match refused(part, by) {
            LawError::Rule { file, field, .. } => {
                assert_eq!((file.as_str(), field.as_str()), ("xx.toml", expected), "{by}");
            }
            other => panic!("{by}: {other}"),
        }
    }
}

#[test]
fn versions_of_a_rule_do_not_overlap() {
    let rule = &SOUND[SOUND.find("[[rule]]").unwrap()..];
    let dated = |line: &str| rule.replacen("contents", &format!("{line}\ncontents"), 1);
    let head = &SOUND[..SOUND.find("[[rule]]").unwrap()];
    let load =
        |first: &str, second: &str| Rules::load(&[("xx.toml", &format!("{head}{}{}", dated(first), dated(second)))]);
    assert!(load("effective_until = \"2025-12-31\"", "effective_from = \"2026-01-01\"").is_ok());
    for second in ["effective_from = \"2025-12-31\"", ""] {
        let error = load("effective_until = \"2025-12-31\"", second).unwrap_err();
        assert!(matches!(error, LawError::Rule { ref field, .. } if field == "effective_from"), "{error}");
    }
}

#[test]
fn a_set_that_is_not_sound_is_refused() {
    let cases = [
        ("rules_version = \"2026-11-22.1\"", "rules_version = \"latest\"", "rules_version"),
        ("contents = [\"contact\"]", "not_before = [\"something\"]", "not_before"),
        ("[authority]", "levels = [{ ge = 9, name = \"b\" }, { ge = 1, name = \"a\" }]\n[authority]", "levels"),
    ];
    for (part, by, expected) in cases {
        let error = refused(part, by);
        assert!(matches!(error, LawError::Set { ref field, .. } if field == expected), "{by}: {error}");
    }
    let twice = Rules::load(&[("xx.toml", SOUND), ("yy.toml", SOUND)]).unwrap_err();
    assert!(matches!(twice, LawError::Set { ref file, .. } if file == "yy.toml"), "{twice}");
}

#[test]
fn a_message_names_the_place() {
    let error = refused("amount = 72\n", "");
    assert_eq!(
        error.to_string(),
        "xx.toml, line 13, rule notify-individuals, deadline.amount: a deadline that is counted has an amount"
    );
}

const SHARED: &str = r#"
[parameters]
"breach.words" = "what happened"
"agency.to" = "the office"
"agency.count" = "thresholds"
"extra.words" = "words of a rule that not every file has"

[[rule]]
id = "notify-individuals"
duty = "notify_individuals"
to = "people of <name>"
force = "mandatory"
because = "{individuals} individuals; data was <breach.words>"
citation = [{ text = "Section 1", source = "the law", evidence = "primary" }]
deadline = { kind = "none", counting = "none", text = "at once" }

[[rule]]
id = "notify-bureaus"
for = "agency"
duty = "notify_credit_bureaus"
to = "<each.to>"
force = "mandatory"
because = "{individuals} individuals"
when = { count = "<each.count>" }
citation = [{ text = "Section 2", source = "the law", evidence = "primary" }]
deadline = { kind = "none", counting = "none", text = "at once" }

[[rule]]
id = "only-where-asked"
needs = ["extra.words"]
duty = "announce"
to = "people"
force = "mandatory"
because = "<extra.words>"
citation = [{ text = "Section 3", source = "the law", evidence = "primary" }]
deadline = { kind = "none", counting = "none", text = "at once" }
"#;

const LIKE: &str = r#"
like = "common"
id = "xx"
name = "Somewhere"
status = "in_force"
language = "en"
rules_version = "2026-11-22.1"

[authority]
name = "Authority"
zone = "Europe/Berlin"

[breach]
words = "taken"

[agency]
to = "the bureaus"
"#;

fn filled_in(own: &str) -> Result<Rules, LawError> {
    super::Reader::new(&[("common.toml", SHARED)]).unwrap().rules(&[("xx.toml", own)])
}

#[test]
fn a_file_that_is_like_another_is_filled_in() {
    let ids = |own: &str| -> Vec<String> {
        let rules = filled_in(own).unwrap();
        let set = rules.sets.values().next().unwrap();
        set.rules.iter().map(|rule| format!("{} {}", rule.id, rule.because)).collect()
    };
    let individuals = "notify-individuals {individuals} individuals; data was taken";
    assert_eq!(ids(LIKE), [individuals, "notify-bureaus {individuals} individuals"]);
    // Without the table there is no such rule, and with the words there is another.
    let other = LIKE.replace("[agency]\nto = \"the bureaus\"", "[extra]\nwords = \"so it is\"");
    assert_eq!(ids(&other), [individuals, "only-where-asked so it is"]);
    // A list makes one for each entry.
    let two = LIKE.replace("[agency]", "[[agency]]\nto = \"one\"\n[[agency]]");
    assert!(filled_in(&two).is_err_and(|error| error.to_string().contains("notify-bureaus")), "one name, one rule");
}

#[test]
fn what_does_not_fit_the_shared_file_is_refused_with_its_field() {
    let cases = [
        ("words = \"taken\"", "wrods = \"taken\"", "breach.words", "does not give it"),
        ("words = \"taken\"", "words = \"taken\"\nwrods = \"x\"", "breach.wrods", "did you mean breach.words?"),
        ("like = \"common\"", "like = \"uncommon\"", "like", "there is common"),
        ("to = \"the bureaus\"", "to = \"b\"\ncount = [{ of = \"people\" }]", "rule[1].when.count[0]", "people"),
        ("[agency]", "[office]", "office", "no such parameter"),
    ];
    for (part, by, at, says) in cases {
        assert!(LIKE.contains(part), "{part}");
        match filled_in(&LIKE.replacen(part, by, 1)).expect_err(by) {
            LawError::Set { file, field, reason, .. } => {
                assert_eq!(file, "xx.toml");
                assert!(field.starts_with(at), "{by}: {field}: {reason}");
                assert!(reason.contains(says), "{by}: {reason}");
            }
            other => panic!("{by}: {other}"),
        }
    }
    let syntax = filled_in(&LIKE.replace("words = \"taken\"", "words = ")).unwrap_err();
    assert!(matches!(syntax, LawError::Line { line: 14, .. }), "{syntax}");
}

#[test]
fn what_the_tables_ask_of_each_other_is_refused_when_it_is_missing() {
    let cases = [
        ("[rule.when]", "[rule.when]\nsubstitute = \"class\"", "when.substitute"),
        ("[\"contact\"]", "[\"contact\"]\nmust_not_contain = [\"horoscope\"]", "must_not_contain"),
        (
            "amount = 72\nunit = \"hours\"\ncounting = \"hours_elapsed\"",
            "amount = 3\nunit = \"business_days\"\ncounting = \"business_days\"",
            "deadline.calendar",
        ),
        (
            "amount = 72\nunit = \"hours\"\ncounting = \"hours_elapsed\"",
            "amount = 3\ncounting = \"with_event\"",
            "deadline.starts",
        ),
    ];
    for (part, by, expected) in cases {
        let error = refused(part, by);
        assert!(matches!(error, LawError::Rule { ref field, .. } if field == expected), "{by}: {error}");
    }
    let head = "[authority]\nname";
    for (by, expected) in [
        ("applies = { organisations = { with_any = [] } }\n[authority]\nname", "applies"),
        ("[substitute]\nform = []\n[authority]\nname", "substitute.form"),
        (
            "[substitute]\nform = [{ mode = \"all_of\", elements = [\"horoscope\"] }]\n[authority]\nname",
            "substitute.form",
        ),
    ] {
        let error = refused(head, by);
        assert!(matches!(error, LawError::Set { ref field, .. } if field == expected), "{by}: {error}");
    }
}

#[test]
fn a_clock_that_a_report_starts_begins_with_that_report() {
    let facts = serde_json::from_value(serde_json::json!({
        "title": "Two authorities",
        "organisation": { "country": "DE" },
        "timeline": { "aware": "2026-10-26T10:00:00-03:00", "authority_notified": "2026-10-26T12:00:00-03:00" },
        "scope": { "data": ["health"], "affected": [
            { "jurisdiction": "br", "individuals": 100 }, { "jurisdiction": "eu-gdpr", "individuals": 100 }] },
        "impact": { "findings": ["rights_significantly_affected"] },
    }))
    .unwrap();
    let now = Millis::from("2026-10-29T10:00:00Z".parse::<jiff::Timestamp>().unwrap());
    let told = now.plus(-86_400_000);
    let rules = Rules::embedded().unwrap();
    let began = |done: &[(&str, Millis)]| {
        let done = done.iter().map(|(id, at)| ((*id).to_owned(), *at)).collect();
        let all = rules.obligations(&facts, &done, now);
        all.into_iter().find(|duty| duty.id == "br/complete-communication").unwrap().deadline.began
    };
    assert_eq!(began(&[]), None, "nobody says which authority was told");
    assert_eq!(began(&[("br/notify-authority", told)]), Some(told));
    assert_eq!(began(&[("eu-gdpr/notify-authority", told)]), None);
    assert_eq!(began(&[("br/notify-authority", now.plus(1))]), None, "not before it has come");
}
