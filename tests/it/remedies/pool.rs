//! The pool: filled by files, sealed, counted, asked for by a proposal, emptied by people who may.

use candour::domain::actor::{ActorRef, Role};
use candour::domain::incident::IncidentState;
use candour::domain::remedy::RemedyCode;
use candour::store::{RemedyStore, StoreError};
use reqwest::Method;
use serde_json::json;

use super::{codes, notice, upload};
use crate::api::campaigns::{import, propose};
use crate::api::notices::{facts, write};
use crate::support::app::{TestApp, send};
use crate::support::dump::{contains, dump};
use crate::support::stores::on_both;

on_both!(a_file_of_codes_is_taken_in_once, |world| {
    let app = TestApp::start(&world).await;
    let incident = app.file(&facts()).await;
    let first = upload(&app, &incident, "text/plain", "CODE-A\r\n\n CODE-B \nSECRET WORDS\nCODE-A\n").await;
    assert_eq!(first.status, 200, "{}", first.text);
    let counted = |json: &serde_json::Value| ["added", "known", "rejected", "lines"].map(|name| json[name].clone());
    assert_eq!(counted(&first.json), [json!(2), json!(1), json!(1), json!(5)], "{}", first.text);
    assert_eq!(first.json["rejects"][0]["line"], 4, "{}", first.text);
    assert!(!first.text.contains("SECRET"), "no value is repeated: {}", first.text);
    let again = upload(&app, &incident, "text/csv; charset=utf-8", "until,Code\n2027,CODE-B\n2027,\"CODE-C\"\n").await;
    assert_eq!(counted(&again.json), [json!(1), json!(1), json!(0), json!(3)], "{}", again.text);
    let pool = json!({ "imported": 3, "assigned": 0, "sent": 0, "left": 3, "returned": 0 });
    assert_eq!(again.json["pool"], pool);
    assert_eq!(app.get(&format!("/v1/incidents/{incident}/remedy-codes")).await.json, pool);
    let nameless = upload(&app, &incident, "text/csv", "key\nCODE-D\n").await;
    assert!(nameless.problem(422, "invalid-fields")["detail"].as_str().unwrap().contains("column `code`"));
    upload(&app, &incident, "application/json", "[]").await.problem(415, "unsupported-type");
    // Another incident may have bought the same.
    let other = app.file(&facts()).await;
    assert_eq!(upload(&app, &other, "text/plain", "CODE-A\n").await.json["added"], 1);

    let dump = dump(&world.url).await;
    assert!(contains(&dump, "remedy_codes.imported"), "the dump has what is written");
    assert!(!contains(&dump, "CODE-A"), "a code is in the database in the clear, or in the audit chain");
});

on_both!(a_proposal_needs_a_code_for_everybody_it_is_to_tell, |world| {
    let app = TestApp::start(&world).await;
    let incident = app.file(&facts()).await;
    write(&app, &incident, None, &notice(&["email"])).await;
    import(&world, &incident, &[("a", None, "en"), ("b", None, "de"), ("c", None, "en")]).await;
    // Nobody can tell this one, so that nobody needs a code.
    let lost = serde_json::from_value(json!({ "ref": "lost" })).unwrap();
    let operator = ActorRef::operator();
    let (id, ids) = (incident.parse().unwrap(), world.people_ids(1));
    candour::store::PeopleStore::import_people(&*world.store, id, vec![lost], ids, world.now(), operator)
        .await
        .unwrap();
    app.act(Role::Responder, &format!("/v1/incidents/{incident}/open")).await;
    let path = format!("/v1/incidents/{incident}/campaigns");
    let refused = app.act(Role::Responder, &path).await;
    let detail = refused.problem(409, "too-few-codes")["detail"].to_string();
    assert!(detail.contains("3 more remedy codes") && detail.contains("remedy-codes"), "{detail}");
    upload(&app, &incident, "text/plain", codes(0, 2)).await;
    let refused = app.act(Role::Responder, &path).await;
    assert!(
        refused.problem(409, "too-few-codes")["detail"].as_str().unwrap().starts_with("1 more"),
        "{}",
        refused.text
    );
    let pool = format!("/v1/incidents/{incident}/remedy-codes");
    assert_eq!(app.get(&pool).await.json["assigned"], 0, "a refused proposal takes none");

    upload(&app, &incident, "text/plain", codes(0, 5)).await;
    let campaign = propose(&app, &incident).await;
    let campaign_path = format!("/v1/campaigns/{campaign}");
    assert_eq!(app.get(&campaign_path).await.json["remedy_codes"], true);
    let counts = app.get(&pool).await.json;
    assert_eq!(counts, json!({ "imported": 5, "assigned": 3, "sent": 0, "left": 2, "returned": 0 }));
    // Whoever is still to be told keeps theirs.
    let release = format!("{pool}/release");
    assert_eq!(app.act(Role::Responder, &release).await.json["codes"], 0);
    app.act(Role::Responder, &format!("{campaign_path}/cancel")).await;
    // The same people need no further ones.
    let again = propose(&app, &incident).await;
    assert_eq!(app.get(&pool).await.json["assigned"], 3);
    app.act(Role::Responder, &format!("/v1/campaigns/{again}/cancel")).await;
    let released = app.act(Role::Responder, &release).await;
    assert_eq!((&released.json["codes"], &released.json["pool"]["left"]), (&json!(3), &json!(5)), "{}", released.text);

    app.act(Role::Responder, &format!("{pool}/return")).await.problem(403, "forbidden");
    assert_eq!(app.act(Role::Approver, &format!("{pool}/return")).await.json["codes"], 5);
    upload(&app, &incident, "text/plain", codes(0, 6)).await;
    let unused = format!("{pool}/unused");
    app.get(&unused).await.problem(403, "forbidden");
    let listed = send(app.request(Method::GET, &unused, Some(Role::Approver))).await;
    assert_eq!(listed.header("content-type"), "text/csv; charset=utf-8");
    let mut lines: Vec<&str> = listed.text.lines().collect();
    assert_eq!(lines.remove(0), "code,state");
    lines.sort_unstable();
    let returned = (0..5).map(|n| format!("\"CODE-{n:05}\",returned"));
    assert_eq!(lines, returned.chain([String::from("\"CODE-00005\",left")]).collect::<Vec<_>>());
    let audit = app.get(&format!("/v1/incidents/{incident}/audit")).await.text;
    for action in ["imported", "released", "returned", "exported"] {
        assert!(audit.contains(&format!("remedy_codes.{action}")), "{action} is not in {audit}");
    }
    assert!(!audit.contains("CODE-"), "{audit}");
});

on_both!(only_those_need_one_whose_text_has_it, |world| {
    let app = TestApp::start(&world).await;
    let incident = app.file(&facts()).await;
    let mut content = notice(&["email"]);
    content["texts"]["en"]["what_we_offer"] = json!("Help by telephone.");
    content["variants"] = json!([{ "jurisdictions": ["us-ca"], "texts": { "en": {
        "what_we_offer": "Credit monitoring: {{person.remedy_code}}" } } }]);
    let written = write(&app, &incident, None, &content).await;
    assert_eq!(written.status, 200, "{}", written.text);
    let path = format!("/v1/incidents/{incident}/people");
    let file = "ref,email,jurisdiction\n1,a@example.org,us-ca\n2,b@example.org,us-ny\n3,c@example.org,\n";
    send(app.request(Method::POST, &path, Some(Role::Responder)).header("content-type", "text/csv").body(file)).await;
    app.act(Role::Responder, &format!("/v1/incidents/{incident}/open")).await;
    upload(&app, &incident, "text/plain", codes(0, 1)).await;
    propose(&app, &incident).await;
    let pool = app.get(&format!("/v1/incidents/{incident}/remedy-codes")).await.json;
    assert_eq!((&pool["assigned"], &pool["left"]), (&json!(1), &json!(0)));
});

on_both!(codes_may_leave_the_pool_of_an_incident_that_has_ended_but_none_comes_in, |world| {
    let incident = world.incident().await.id;
    let operator = ActorRef::operator();
    let code = |text: &str| vec![RemedyCode::parse(text).unwrap()];
    let first = world.store.add_codes(incident, code("CODE-A"), world.now(), &operator).await.unwrap();
    assert_eq!(first.added, 1);
    world.to_state(incident, IncidentState::Draft, IncidentState::Discarded).await;
    let refused = world.store.add_codes(incident, code("CODE-B"), world.now(), &operator).await;
    let said = "the incident is discarded; codes can be imported while it is draft or open";
    assert_eq!(refused, Err(StoreError::Conflict(String::from(said))));
    assert_eq!(world.store.release_codes(incident, world.now(), &operator).await, Ok(0));
    assert_eq!(world.store.return_codes(incident, world.now(), &operator).await, Ok(1));
});
