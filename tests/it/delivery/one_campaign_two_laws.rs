//! Massachusetts forbids a notice to say what happened, California demands it: one campaign keeps both laws.

use serde_json::{Value, json};

use crate::support::candour::{CallFault, Candour};
use crate::support::databases;
use crate::support::smtp_sink::SmtpSink;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

const HAPPENED: &str = "A copy of our customer list was taken from a server.";
const STEPS: &str =
    "Ask your police department for a police report, and a bureau for a security freeze, which is free.";
const PEOPLE: &str = "ref,name,email,jurisdiction\nM1,Mo,mo@example.net,us-ma\nC1,Cy,cy@example.net,us-ca\n\
                      C2,Di,di@example.net,us-ca\n";

fn facts() -> Value {
    json!({ "title": "A list", "organisation": { "name": "Example" },
        "timeline": { "occurred_from": "2026-11-18T08:00:00Z", "discovered": "2026-11-20T08:00:00Z" },
        "scope": { "properties": ["confidentiality"], "data": ["name", "payment_card"], "affected": [
            { "jurisdiction": "us-ma", "individuals": 140 }, { "jurisdiction": "us-ca", "individuals": 260 }] },
        "contact": { "email": "privacy@example.org" } })
}

fn notice(variants: &Value) -> Value {
    json!({ "default_locale": "en", "cascade": ["email"], "variants": variants, "texts": { "en": {
        "what_happened": HAPPENED, "what_we_do": "We closed the door.",
        "what_you_can_do": ["Watch your statements."], "what_we_offer": "Credit monitoring for a year." } } })
}

fn variant() -> Value {
    json!([{ "jurisdictions": ["us-ma"], "omit": ["what_happened"],
        "texts": { "en": { "what_you_can_do": [STEPS] } } }])
}

fn of<'a>(check: &'a Value, obligation: &str) -> &'a Value {
    let requirements = check["requirements"].as_array().unwrap();
    requirements.iter().find(|one| one["obligation"] == obligation).unwrap_or_else(|| panic!("{check}"))
}

fn asked(check: &Value, absent: bool) -> Vec<&str> {
    let asked = check["to_confirm"].as_array().unwrap().iter().filter(|one| one["absent"] == absent);
    asked.map(|one| one["element"].as_str().unwrap()).collect()
}

async fn write(candour: &Candour, incident: &str, variants: &Value) {
    let path = format!("/v1/incidents/{incident}/notice");
    let current = candour.try_call(&candour.responder, "GET", &path, None).await.ok();
    let mut request = candour.http().put(format!("{}{path}", candour.base)).bearer_auth(&candour.responder);
    if let Some(current) = current {
        request = request.header("if-match", format!("\"v{}\"", current["version"]));
    }
    let written = request.json(&notice(variants)).send().await.unwrap();
    assert!(written.status().is_success(), "{}", written.text().await.unwrap());
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().unwrap();
    let sink = SmtpSink::start(dir.path(), &[]).await;
    let providers = format!(
        "[[providers]]\nkind = \"smtp\"\nname = \"mail\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
         from = \"incident@example.org\"\n",
        sink.address.port()
    );
    let candour = Candour::start(dir.path(), &database, &providers).await;
    let filed = candour.call(&candour.responder, "POST", "/v1/incidents", Some(facts())).await;
    let incident = filed["id"].as_str().unwrap().to_owned();
    candour.call(&candour.responder, "POST", &format!("/v1/incidents/{incident}/open"), None).await;
    candour.import(&incident, PEOPLE.to_owned()).await.unwrap();

    // One letter for all breaks one of the laws.
    let check_path = format!("/v1/incidents/{incident}/notice/check");
    write(&candour, &incident, &json!([])).await;
    let check = candour.call(&candour.responder, "GET", &check_path, None).await;
    assert_eq!(
        (&check["fit"], &of(&check, "us-ma/notify-individuals")["forbidden"]),
        (&json!(false), &json!(["nature_of_breach"]))
    );

    write(&candour, &incident, &variant()).await;
    let check = candour.call(&candour.responder, "GET", &check_path, None).await;
    assert_eq!(check["fit"], true, "{check}");
    assert!(of(&check, "us-ca/notify-individuals")["present"].as_array().unwrap().contains(&json!("nature_of_breach")));
    assert_eq!(asked(&check, true), ["nature_of_breach", "number_of_individuals"]);
    let there = asked(&check, false);
    for element in ["police_report", "security_freeze", "mitigation_services", "name_of_parent"] {
        assert!(there.contains(&element), "{element} is not asked for: {check}");
    }

    // Approved without `despite`, by a person who has read it.
    let campaign = candour.propose(&incident).await.unwrap();
    let path = format!("/v1/campaigns/{campaign}/approve");
    let partly = json!({ "confirmed": there, "confirmed_absent": ["nature_of_breach"] });
    let refused = candour.try_call(&candour.approver, "POST", &path, Some(partly)).await;
    let Err(CallFault::Refused(409, text)) = &refused else { panic!("{refused:?}") };
    assert!(text.contains("number_of_individuals is forbidden by us-ma/notify-individuals"), "{text}");
    assert!(text.contains("not-confirmed") && !text.contains("police_report"), "{text}");
    let nonsense = candour.try_call(&candour.approver, "POST", &path, Some(json!({ "confirmed": ["polise"] }))).await;
    assert!(matches!(nonsense, Err(CallFault::Refused(422, _))), "{nonsense:?}");
    let approval = json!({ "confirmed": there, "confirmed_absent": asked(&check, true) });
    candour.call(&candour.approver, "POST", &path, Some(approval.clone())).await;
    let evidence = candour.call(&candour.approver, "GET", &format!("/v1/incidents/{incident}/evidence"), None).await;
    let kept = &evidence["campaigns"][0]["approval"];
    assert_eq!(
        (&kept["confirmed"], &kept["confirmed_absent"]),
        (&approval["confirmed"], &approval["confirmed_absent"])
    );
    assert_eq!((&kept["faults"], &kept["despite"]), (&json!([]), &Value::Null));

    candour.start_campaign(&campaign).await.unwrap();
    candour.completed(&campaign).await;
    let told = sink.messages();
    assert_eq!(told.len(), 3);
    for message in told {
        let massachusetts = message.contains("mo@example.net");
        let (happened, steps) = (message.contains(HAPPENED), message.contains("police report"));
        assert_eq!((happened, steps), (!massachusetts, massachusetts), "{message}");
        assert_eq!(message.contains("What Happened"), !massachusetts, "{message}");
        assert!(message.contains("We closed the door.") && message.contains("Credit monitoring"), "{message}");
    }
}
