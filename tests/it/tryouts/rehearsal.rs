//! A campaign is rehearsed: the people of a draft and of an approved campaign are told by the engine through sinks, with mishaps;
//! nothing leaves, and nobody stands anywhere else for it.

use serde_json::{Value, json};

use crate::support::candour::{CallFault, Candour};
use crate::support::databases;
use crate::support::recording_sink::RecordingSink;
use crate::support::responder::people_at;

const PEOPLE: i64 = 400;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

fn count(rehearsal: &Value, outcome: &str) -> i64 {
    let attempts = rehearsal["attempts"].as_array().unwrap().iter().filter(|one| one["outcome"] == outcome);
    attempts.map(|one| one["attempts"].as_i64().unwrap()).sum()
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().unwrap();
    let sink = RecordingSink::start().await;
    let candour = &mut Candour::start(dir.path(), &database, &sink.provider(8, "rate = 10.0\n")).await;
    let facts = json!({ "title": "A test", "organisation": { "name": "Example" },
        "timeline": { "discovered": "2026-11-20T12:00:00Z", "aware": "2026-11-20T12:00:00Z" },
        "scope": { "properties": ["confidentiality"], "data": ["name", "payment_card"],
                   "affected": [{ "jurisdiction": "us-ca", "individuals": 400 }] },
        "contact": { "email": "privacy@example.org" } });
    let incident = candour.call(&candour.responder, "POST", "/v1/incidents", Some(facts)).await;
    let incident = incident["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/incidents/{incident}/rehearsal");
    let rehearse = async |body: Value| {
        candour.try_call(&candour.responder, "POST", &path, Some(body)).await?;
        Ok(candour.played(&incident, "played").await["result"].clone())
    };
    let nobody = rehearse(json!({})).await;
    assert!(matches!(nobody, Err(CallFault::Refused(409, _))), "{nobody:?}");
    candour.import(&incident, people_at("example.net", usize::try_from(PEOPLE).unwrap())).await.unwrap();
    // Some read a text that uses what they lack.
    candour.import(&incident, String::from("ref,locale,customer\nP1,de,77\nP2,de,\nP3,de,\n")).await.unwrap();
    let texts = |offer: &str| {
        json!({ "what_happened": "A copy of our list was taken.", "what_we_do": "We closed the door.",
            "what_you_can_do": ["Change your password."], "what_we_offer": offer })
    };
    let notice = json!({ "default_locale": "en", "cascade": ["email", "sms"], "texts": {
        "en": texts("Monitoring: {{person.remedy_code}}"), "de": texts("Ihre Nummer: {{person.customer}}") } });
    candour.call(&candour.responder, "PUT", &format!("/v1/incidents/{incident}/notice"), Some(notice.clone())).await;

    // A draft: those for whom it cannot be made are named, and nobody is proposed.
    let played = rehearse(json!({})).await.unwrap();
    assert_eq!(
        (&played["counts"]["reached"], &played["counts"]["unreachable"]),
        (&json!(PEOPLE - 2), &json!(2)),
        "{played}"
    );
    assert_eq!((&played["unmade"], played["unmade_for"].as_array().unwrap().len()), (&json!(2), 2), "{played}");
    let list =
        candour.call(&candour.approver, "GET", &format!("/v1/incidents/{incident}/people?limit=500"), None).await;
    for person in list["items"].as_array().unwrap() {
        let unmade = played["unmade_for"].as_array().unwrap().contains(&person["id"]);
        assert_eq!(unmade, ["P2", "P3"].contains(&person["ref"].as_str().unwrap()), "{person}");
    }
    // 400 attempts at 10 a second, from now.
    let forecast = &played["forecast"];
    assert_eq!(forecast["channels"][0]["per_second"], 10.0, "{forecast}");
    assert_eq!(forecast["channels"][0]["seconds"], 40, "{forecast}");
    let duty = forecast["obligations"].as_array().unwrap().iter().find(|duty| duty["jurisdiction"] == "us-ca");
    assert!(duty.is_some_and(|duty| duty["met_at"].is_string() && duty["verdict"] == "in_time"), "{forecast}");

    // With mishaps: everybody is accounted for, and shares are about what was asked for.
    let mishaps =
        json!({ "mishaps": { "temporary_percent": 20, "bad_address_percent": 30, "slow_percent": 5, "slow_ms": 10 } });
    let played = rehearse(mishaps).await.unwrap();
    let counts = &played["counts"];
    let (reached, gone) = (counts["reached"].as_i64().unwrap(), counts["unreachable"].as_i64().unwrap());
    assert_eq!(reached + gone, PEOPLE, "{counts}");
    let (bad, again) = (count(&played, "bad_address"), count(&played, "retry"));
    assert!((90..=220).contains(&bad) && again > 30, "30 and 20 percent of about 500: {played}");
    assert_eq!(count(&played, "accepted"), reached, "{played}");
    let wrong = rehearse(json!({ "mishaps": { "temporary_percent": 80, "bad_address_percent": 30 } })).await;
    assert!(
        matches!(&wrong, Err(CallFault::Refused(422, why)) if why.contains("mishaps.refused_percent")),
        "{wrong:?}"
    );

    // Of a campaign: it stands as before, and so do the codes.
    candour.call(&candour.responder, "POST", &format!("/v1/incidents/{incident}/open"), None).await;
    candour.import(&incident, String::from("ref,customer\nP2,78\nP3,79\n")).await.unwrap();
    let codes = format!("/v1/incidents/{incident}/remedy-codes");
    let file: Vec<String> = (0..PEOPLE).map(|number| format!("C-{number}")).collect();
    let upload = candour.http.post(format!("{}{codes}", candour.base)).bearer_auth(&candour.responder);
    let answer = upload.header("content-type", "text/plain").body(file.join("\n")).send().await.unwrap();
    assert!(answer.status().is_success());
    let campaign = candour.propose(&incident).await.unwrap();
    let (before, pool) =
        (candour.read_campaign(&campaign).await, candour.call(&candour.responder, "GET", &codes, None).await);
    let played = rehearse(json!({ "campaign": campaign })).await.unwrap();
    assert_eq!((&played["counts"]["reached"], &played["unmade"]), (&json!(PEOPLE), &json!(0)), "{played}");
    assert_eq!(candour.read_campaign(&campaign).await, before);
    assert_eq!(candour.call(&candour.responder, "GET", &codes, None).await, pool);
    let attempts = candour.call(&candour.responder, "GET", &format!("/v1/campaigns/{campaign}/attempts"), None).await;
    assert_eq!(attempts["items"], json!([]));
    let audit =
        candour.call(&candour.responder, "GET", &format!("/v1/incidents/{incident}/audit?limit=500"), None).await;
    assert_eq!(audit.to_string().matches("campaign.rehearsed").count(), 3, "{audit}");
    assert_eq!(audit.to_string().matches("campaign.rehearsal_begun").count(), 3, "{audit}");
    assert_eq!(sink.count(), 0, "a message left");
    candour.terminate().await;
}
