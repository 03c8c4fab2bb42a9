//! What stands in a document.

use super::store::{Memory, campaign};
use super::{Answers, Report, ReportKind, draft, jurisdiction, reports};
use crate::domain::actor::ActorRef;
use crate::domain::campaign::Counts;
use crate::domain::clock::Millis;
use crate::domain::report::ReportField;
use crate::domain::vocabulary::{Circumstance, DataCategory, Finding, Trait};

fn field<'a>(report: &'a Report, key: &str) -> &'a ReportField {
    let mut fields = report.document.sections.iter().flat_map(|section| &section.fields);
    fields.find(|field| field.key == key).unwrap_or_else(|| panic!("no field {key}"))
}

fn value(report: &Report, key: &str) -> Vec<String> {
    field(report, key).value.clone().unwrap_or_else(|| panic!("{key} is missing"))
}

fn missing<'a>(report: &'a Report, key: &str) -> Option<&'a str> {
    report.document.missing.iter().find(|m| m.key == key).map(|m| m.where_to_give.as_str())
}

#[tokio::test]
async fn a_report_in_the_union() {
    let memory = Memory::with_sample();
    let report = draft(&memory, Some("eu-gdpr"), ReportKind::Initial).await.unwrap().remove(0);
    let document = &report.document;
    assert_eq!(document.locale, "en");
    assert_eq!(document.authority, "Competent German authority (BfDI or of the Land)");
    assert_eq!(document.deadline.as_deref(), Some("2026-11-23T11:00:00+01:00"));
    assert!(!document.late);
    assert_eq!(document.citations[0], "GDPR Art. 33(1), (3), (4)");
    assert_eq!(document.prepared_at, "2026-11-21T12:00:00.000Z");
    assert_eq!(value(&report, "individuals"), ["900"]);
    assert_eq!(value(&report, "data"), ["Names", "Email addresses", "Passwords"]);
    assert_eq!(value(&report, "aware_at"), ["2026-11-20 10:30:00+01:00"]);
    assert_eq!(value(&report, "ongoing"), ["No"]);
    assert_eq!(value(&report, "contact"), ["Ada Keller, dpo", "dpo@example.org"]);
    assert_eq!(
        value(&report, "other_jurisdictions"),
        ["Hong Kong SAR: 300", "California: 1200", "China mainland: 1000000"]
    );
    assert_eq!(value(&report, "individuals_told"), ["Not yet"]);
    // What nobody said is listed with the place where it can be given.
    assert_eq!(missing(&report, "records"), Some("scope.affected.records"));
    assert_eq!(missing(&report, "nature"), Some("answers.nature"));
    assert_eq!(missing(&report, "measures_planned"), Some("remediation.planned"));
    assert_eq!(missing(&report, "period"), Some("timeline.occurred_from"));
    assert_eq!(missing(&report, "individuals"), None);
    let required: Vec<_> = document.missing.iter().filter(|m| m.required).map(|m| m.key.as_str()).collect();
    assert_eq!(required, ["nature", "categories_of_people", "records"]);
    // Lateness is nothing to explain yet.
    assert_eq!(missing(&report, "reasons_for_delay"), None);
}

#[tokio::test]
async fn every_missing_field_is_empty_and_every_other_is_not() {
    let memory = Memory::with_sample();
    for report in draft(&memory, None, ReportKind::Initial).await.unwrap() {
        for field in report.document.sections.iter().flat_map(|section| &section.fields) {
            assert_eq!(field.value.is_none(), missing(&report, &field.key).is_some(), "{}", field.key);
        }
    }
}

#[tokio::test]
async fn a_report_in_chinese_is_chinese_but_for_what_was_given() {
    let memory = Memory::with_sample();
    let drafted = draft(&memory, Some("cn"), ReportKind::Initial).await.unwrap();
    let report = &drafted[0];
    assert_eq!(report.obligation, "cn/report-incident");
    assert_eq!(report.document.locale, "zh-Hans");
    assert_eq!(report.document.title, "网络安全事件报告");
    assert_eq!(value(report, "properties"), ["泄露（信息被他人查看或获取）"]);
    assert_eq!(value(report, "level"), ["较大"]);
    assert_eq!(value(report, "individuals"), ["1000000"]);
    assert_eq!(value(report, "report_kind"), ["首次报告"]);
    assert_eq!(value(report, "data"), ["姓名", "电子邮箱地址", "密码"]);
    assert!(
        report.document.deadline_text.starts_with("发现或者获知事件后4小时内"),
        "{}",
        report.document.deadline_text
    );
    let labels = report.document.sections.iter().flat_map(|s| s.fields.iter().map(|f| &f.label).chain([&s.heading]));
    for label in labels {
        assert!(!label.chars().any(|c| c.is_ascii_alphabetic()), "{label}");
    }
    // Four hours from 10:30 in Berlin are over at noon UTC of the next day.
    assert!(report.document.late);
    assert_eq!(missing(report, "reasons_for_delay"), Some("answers.reasons_for_delay"));
}

#[tokio::test]
async fn figures_come_from_the_campaigns_that_were_started() {
    let memory = Memory::with_sample();
    let before = draft(&memory, Some("hk"), ReportKind::Initial).await.unwrap().remove(0);
    assert_eq!(missing(&before, "people_told"), Some("POST /v1/incidents/{id}/campaigns"));
    let first = Counts { reached: 70, unreachable: 30, ..Counts::default() };
    let second = Counts { reached: 20, unreachable: 4, announced: 6, suppressed: 70, ..Counts::default() };
    let proposed = Counts { pending: 100, ..Counts::default() };
    memory.add_campaign(campaign(first, Some(Millis(1))));
    memory.add_campaign(campaign(second, Some(Millis(2))));
    memory.add_campaign(campaign(proposed, None));
    let after = draft(&memory, Some("hk"), ReportKind::Initial).await.unwrap().remove(0);
    assert_eq!(value(&after, "people_told"), ["90"]);
    assert_eq!(value(&after, "people_unreachable"), ["4"]);
}

#[tokio::test]
async fn while_nobody_is_listed_the_number_of_people_is_missing_and_not_zero() {
    let memory = Memory::with_sample();
    let mut listed = Vec::new();
    memory.change(|incident| {
        listed = std::mem::take(&mut incident.facts.scope.affected);
        incident.facts.organisation.traits = vec![Trait::NyDfsCoveredEntity, Trait::HipaaCoveredEntity];
        incident.facts.scope.data.push(DataCategory::Health);
    });
    for of in ["us-ny-dfs", "us-hipaa"] {
        let report = draft(&memory, Some(of), ReportKind::Initial).await.unwrap().remove(0);
        assert_eq!(missing(&report, "individuals"), Some("scope.affected.individuals"), "{of}");
    }
    memory.change(|incident| incident.facts.scope.affected = listed);
    let report = draft(&memory, Some("us-ny-dfs"), ReportKind::Initial).await.unwrap().remove(0);
    assert_eq!(value(&report, "individuals"), ["1002400"]);
}

#[tokio::test]
async fn where_each_country_is_owed_a_report_it_goes_to_that_countrys_authority() {
    let memory = Memory::with_sample();
    memory.change(|incident| {
        let facts = &mut incident.facts;
        facts.organisation.country = Some(String::from("US"));
        facts.organisation.traits = vec![Trait::NoEuEstablishment];
        facts.scope.countries = ["DE", "FR"].map(String::from).to_vec();
    });
    let to: Vec<_> = draft(&memory, Some("eu-gdpr"), ReportKind::Initial)
        .await
        .unwrap()
        .into_iter()
        .map(|report| (report.obligation, report.document.authority))
        .collect();
    let expected = [
        ("eu-gdpr/notify-each-authority/de", "Competent German authority (BfDI or of the Land)"),
        ("eu-gdpr/notify-each-authority/fr", "CNIL"),
    ];
    assert_eq!(to, expected.map(|(id, authority)| (id.to_owned(), authority.to_owned())));
}

#[tokio::test]
async fn an_office_that_asks_for_something_of_its_own_is_told_what_is_missing() {
    let memory = Memory::with_sample();
    memory.change(|incident| {
        incident.facts.scope.data.push(DataCategory::SocialSecurityNumber);
        incident.facts.scope.affected[0].jurisdiction = jurisdiction("us-la");
    });
    let report = draft(&memory, Some("us-la"), ReportKind::Initial).await.unwrap().remove(0);
    assert_eq!(missing(&report, "names_of_residents"), Some("answers.names_of_residents"));
    // What one office asks for the others do not.
    memory.change(|incident| incident.facts.scope.affected[0].jurisdiction = jurisdiction("us-ct"));
    let report = draft(&memory, Some("us-ct"), ReportKind::Initial).await.unwrap().remove(0);
    assert_eq!(missing(&report, "names_of_residents"), None);
}

#[tokio::test]
async fn who_tells_nobody_in_new_york_says_why_and_shows_no_notice() {
    let memory = Memory::with_sample();
    memory.change(|incident| {
        let facts = &mut incident.facts;
        facts.scope.data.push(DataCategory::SocialSecurityNumber);
        facts.scope.affected[0].jurisdiction = jurisdiction("us-ny");
        facts.scope.circumstances = vec![Circumstance::InadvertentDisclosure];
        facts.impact.findings = vec![Finding::HarmUnlikely];
    });
    let why = Answers::from([(String::from("reasons"), String::from("It was sent to our own lawyer."))]);
    let (ny, id) = (jurisdiction("us-ny"), memory.incident_id());
    let reports = reports(&memory, super::NOW);
    let drafted = reports.draft_with(id, Some(&ny), ReportKind::Initial, &why, &ActorRef::operator()).await.unwrap();
    assert_eq!(super::ids(&drafted), ["us-ny/explain-no-harm"]);
    assert_eq!(value(&drafted[0], "reasons"), ["It was sent to our own lawyer."]);
    let required: Vec<_> = drafted[0].document.missing.iter().filter(|m| m.required).map(|m| &m.key).collect();
    assert!(required.is_empty(), "{required:?}");
}
