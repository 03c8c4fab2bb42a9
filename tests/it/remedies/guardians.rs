//! The code is the minor's: whoever is told as guardian, in the minor's place or as well, is told that one.

use candour::domain::actor::Role;
use candour::domain::id::IncidentId;
use candour::store::{DeliveryStore, Left, PeopleStore, RemedyStore};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{codes, notice, upload};
use crate::api::campaigns::propose;
use crate::api::notices::{facts, write};
use crate::support::app::{TestApp, send};
use crate::support::stores::on_both;

/// Guardians are told in a minor's place, and in Alabama as well.
const PEOPLE: &str = "ref,email,jurisdiction,birth_date,guardian_email,consent\n\
    grown,a@example.org,us-al,,,email\n\
    child,d@example.org,us-al,2020-01-01,mum@example.org,\n\
    lone,g@example.org,,2020-01-01,gran@example.org,\n";

/// Where guardians are told of health data.
fn clinic() -> Value {
    let mut clinic = facts();
    clinic["organisation"]["traits"] = json!(["hipaa_covered_entity"]);
    clinic["scope"] = json!({ "data": ["name", "health"], "properties": ["confidentiality"],
        "affected": [{ "jurisdiction": "us-al", "individuals": 4 }] });
    clinic
}

on_both!(a_guardian_is_told_the_minors, |world| {
    let app = TestApp::start(&world).await;
    let incident = app.file(&clinic()).await;
    app.act(Role::Responder, &format!("/v1/incidents/{incident}/open")).await;
    let people = format!("/v1/incidents/{incident}/people");
    let request = app.request(Method::POST, &people, Some(Role::Responder)).header("content-type", "text/csv");
    assert_eq!(send(request.body(PEOPLE)).await.json["added"], 3);
    write(&app, &incident, None, &notice(&["email"])).await;
    upload(&app, &incident, "text/plain", codes(0, 3)).await;
    let campaign = propose(&app, &incident).await;
    let counts = app.get(&format!("/v1/campaigns/{campaign}")).await.json["counts"].clone();
    assert_eq!((&counts["pending"], &counts["suppressed"]), (&json!(4), &json!(1)), "{counts}");
    let pool = app.get(&format!("/v1/incidents/{incident}/remedy-codes")).await.json;
    assert_eq!((&pool["assigned"], &pool["left"]), (&json!(3), &json!(0)), "four are told, three are entitled: {pool}");

    let listed = send(app.request(Method::GET, &people, Some(Role::Approver))).await.json;
    let mut found: Vec<(String, bool, String)> = Vec::new();
    for person in listed["items"].as_array().unwrap() {
        let path = format!("{people}/{}/remedy-code", person["id"].as_str().unwrap());
        app.get(&path).await.problem(403, "forbidden");
        let code = send(app.request(Method::GET, &path, Some(Role::Approver))).await;
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{}", code.text)).to_owned();
        found.push((text(&person["ref"]), person["is_guardian"] == true, text(&code.json["remedy_code"])));
    }
    found.sort();
    let [child, mum, grown, lone, gran] = &found[..] else { panic!("{found:?}") };
    assert_eq!((&child.2, &lone.2), (&mum.2, &gran.2), "{found:?}");
    assert!(child.2 != lone.2 && child.2 != grown.2 && lone.2 != grown.2, "{found:?}");
    let audit = app.get(&format!("/v1/incidents/{incident}/audit")).await.text;
    assert_eq!(audit.matches("remedy_codes.looked_up").count(), 5, "{audit}");

    // Of a campaign that is over only those come back whom nobody tells, guardians included.
    let release = format!("/v1/incidents/{incident}/remedy-codes/release");
    assert_eq!(
        app.act(Role::Responder, &release).await.json["codes"],
        0,
        "the lone child is told through the grandmother"
    );
    app.act(Role::Responder, &format!("/v1/campaigns/{campaign}/cancel")).await;
    assert_eq!(app.act(Role::Responder, &release).await.json["codes"], 3);
});

// The one campaign has no codes in what it tells, the next has.
on_both!(a_guardian_whom_a_cancelled_campaign_leaves_is_told_the_minors, |world| {
    let app = TestApp::start(&world).await;
    let incident = app.file(&clinic()).await;
    app.act(Role::Responder, &format!("/v1/incidents/{incident}/open")).await;
    let people = format!("/v1/incidents/{incident}/people");
    let request = app.request(Method::POST, &people, Some(Role::Responder)).header("content-type", "text/csv");
    let lone =
        "ref,email,jurisdiction,birth_date,guardian_email,consent\nlone,g@example.org,,2020-01-01,gran@example.org,\n";
    assert_eq!(send(request.body(lone)).await.json["added"], 1);
    let mut content = notice(&["email"]);
    let with_code = content["texts"]["en"]["what_we_offer"].take();
    content["texts"]["en"]["what_we_offer"] = json!("A year of credit monitoring.");
    let written = write(&app, &incident, None, &content).await;
    let first = propose(&app, &incident).await;
    let despite = json!({ "despite": "a test" });
    let approved = app.post(Role::Approver, &format!("/v1/campaigns/{first}/approve"), &despite).await;
    assert_eq!(approved.status, StatusCode::OK, "{}", approved.text);
    app.act(Role::Responder, &format!("/v1/campaigns/{first}/start")).await;

    content["texts"]["en"]["what_we_offer"] = with_code;
    let tag = written.headers["etag"].to_str().unwrap().to_owned();
    let written = write(&app, &incident, Some(&tag), &content).await;
    assert_eq!(written.status, StatusCode::OK, "{}", written.text);
    upload(&app, &incident, "text/plain", codes(0, 2)).await;
    propose(&app, &incident).await;
    app.act(Role::Responder, &format!("/v1/campaigns/{first}/cancel")).await;
    let left = world.store.leave_untold(first.parse().unwrap(), world.now()).await.unwrap();
    assert_eq!(left, Left { people: 1, more: false });

    let id: IncidentId = incident.parse().unwrap();
    let listed = world.store.people(id, None, 10).await.unwrap().items;
    let (gran, lone): (Vec<_>, Vec<_>) = listed.iter().partition(|person| person.record.ward.is_some());
    let given = world.store.give_codes(id, &[gran[0].id], world.now()).await.unwrap();
    assert_eq!(world.store.code_of(id, lone[0].id).await.as_ref(), Ok(&given[&gran[0].id]), "it is the child's");
});
