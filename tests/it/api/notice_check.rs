//! A notice that surely lacks what a law demands is approved only with a reason, and the reason is kept.

use candour::domain::actor::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::campaigns::{import, propose};
use super::notices::{facts, notice, write};
use crate::support::app::{TestApp, send};
use crate::support::stores::on_both;

/// An open incident of Californians about which nobody has said when it happened, with a notice and people.
async fn ready(app: &TestApp) -> String {
    let mut facts = facts();
    facts["timeline"].as_object_mut().unwrap().remove("occurred_from");
    let id = app.file(&facts).await;
    write(app, &id, None, &notice("")).await;
    import(&app.world, &id, &[("a", None, "en")]).await;
    app.act(Role::Responder, &format!("/v1/incidents/{id}/open")).await;
    id
}

fn of<'a>(check: &'a Value, obligation: &str) -> &'a Value {
    let requirements = check["requirements"].as_array().unwrap();
    requirements.iter().find(|one| one["obligation"] == obligation).unwrap_or_else(|| panic!("{check}"))
}

on_both!(the_check_says_what_is_there_what_is_not_and_what_only_a_reader_can_judge, |world| {
    let app = TestApp::start(&world).await;
    let id = ready(&app).await;
    let path = format!("/v1/incidents/{id}/notice/check");
    let check = app.get(&path).await;
    assert_eq!((check.status, &check.json["fit"]), (StatusCode::OK, &json!(false)), "{}", check.text);
    let california = of(&check.json, "us-ca/notify-individuals");
    let has = |list: &str, element: &str| california[list].as_array().unwrap().contains(&json!(element));
    assert!(has("missing", "date_of_breach") && has("present", "contact") && has("present", "data_categories"));
    assert!(has("to_be_read", "type_of_ten_points") && !has("to_be_read", "date_of_breach"));
    // The German text has no words by which the title of California could be seen.
    assert!(
        has("to_be_read", "title_notice_of_data_breach") && has("not_applicable", "change_password_if_credentials")
    );
    let lists = ["missing", "present", "to_be_read", "not_applicable"];
    let sorted: usize = lists.iter().map(|list| california[*list].as_array().unwrap().len()).sum();
    assert_eq!(sorted, california["contents"].as_array().unwrap().len(), "each element is in one list: {california}");

    let known = json!({ "timeline": { "occurred_from": "2026-11-19T08:00:00+08:00" } });
    let request = app.request(Method::PATCH, &format!("/v1/incidents/{id}"), Some(Role::Responder));
    assert_eq!(send(request.header("if-match", "*").json(&known)).await.status, StatusCode::OK);
    assert_eq!(app.get(&path).await.json["fit"], true);
    assert_eq!(app.get(&format!("{path}?jurisdiction=hk")).await.json["requirements"], json!([]));
    app.get(&format!("/v1/incidents/{}/notice/check", app.file(&facts()).await)).await.problem(404, "not-found");
});

on_both!(a_residence_is_asked_of_by_the_laws_of_the_organisation_too, |world| {
    let app = TestApp::start(&world).await;
    let mut facts = facts();
    facts["organisation"]["traits"] = json!(["hipaa_covered_entity"]);
    facts["scope"]["data"] = json!(["name", "health"]);
    let id = app.file(&facts).await;
    write(&app, &id, None, &notice("")).await;
    let asking = async |residence: &str| -> Vec<String> {
        let check = app.get(&format!("/v1/incidents/{id}/notice/check?jurisdiction={residence}")).await;
        let laws = check.json["requirements"].as_array().unwrap_or_else(|| panic!("{}", check.text)).iter();
        laws.map(|law| law["jurisdiction"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(asking("us-hipaa").await, ["us-hipaa"]);
    assert_eq!(asking("us-nv").await, ["us-hipaa"], "Nevada has nobody in it");
    assert_eq!(asking("us-ca").await, ["us-ca", "us-hipaa"]);
});

on_both!(approval_is_refused_until_somebody_says_why, |world| {
    let app = TestApp::start(&world).await;
    let id = ready(&app).await;
    let campaign = propose(&app, &id).await;
    let path = format!("/v1/campaigns/{campaign}/approve");
    let refused = app.act(Role::Approver, &path).await;
    let text = refused.at_fault(409, "notice-faults", "notice");
    assert!(text.contains("us-ca/notify-individuals demands date_of_breach") && text.contains("1798.82"), "{text}");
    assert_eq!(app.get(&format!("/v1/campaigns/{campaign}")).await.json["state"], "proposed");
    app.post(Role::Approver, &path, &json!({ "despite": " " })).await.at_fault(422, "invalid-fields", "despite");

    let reason = "The day is not known; the law lets us say so.";
    let approved = app.post(Role::Approver, &path, &json!({ "despite": reason })).await;
    assert_eq!((approved.status, &approved.json["state"]), (StatusCode::OK, &json!("approved")), "{}", approved.text);
    let evidence = app.get(&format!("/v1/incidents/{id}/evidence")).await;
    let approval = &evidence.json["campaigns"][0]["approval"];
    assert_eq!(approval["despite"], reason, "{}", evidence.text);
    let faults = approval["faults"].as_array().unwrap();
    assert_eq!(faults[0], "us-ca/notify-individuals: date_of_breach is missing");
    // What was not confirmed is among them.
    assert!(
        faults.contains(&json!("us-ca/notify-individuals: type_of_ten_points: nobody has confirmed it")),
        "{approval}"
    );
    assert_eq!(approval["confirmed"], json!([]));
    let audit = app.get(&format!("/v1/incidents/{id}/audit")).await;
    let seq = approval["seq"].as_i64().unwrap();
    let entry = audit.json["items"].as_array().unwrap().iter().find(|entry| entry["seq"] == seq).unwrap();
    assert_eq!(entry["action"], "campaign.approved");
    assert!(entry["detail"].as_str().unwrap().contains(reason));
});

on_both!(a_notice_that_is_fit_needs_no_reason, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts()).await;
    write(&app, &id, None, &notice("")).await;
    import(&app.world, &id, &[("a", None, "en")]).await;
    app.act(Role::Responder, &format!("/v1/incidents/{id}/open")).await;
    let campaign = propose(&app, &id).await;
    let approved = app.approve(Role::Approver, &campaign).await;
    assert_eq!(approved.status, StatusCode::OK, "{}", approved.text);
    let evidence = app.get(&format!("/v1/incidents/{id}/evidence")).await;
    let approval = &evidence.json["campaigns"][0]["approval"];
    assert_eq!((&approval["faults"], &approval["despite"]), (&json!([]), &Value::Null), "{}", evidence.text);
});

on_both!(a_duty_that_is_waived_asks_nothing_of_the_notice, |world| {
    let app = TestApp::start(&world).await;
    let id = ready(&app).await;
    let decision = json!({ "obligation": "us-ca/notify-individuals", "reason": "Told by the processor already." });
    let waived = app.post(Role::Approver, &format!("/v1/incidents/{id}/waivers"), &decision).await;
    assert_eq!(waived.status, StatusCode::CREATED, "{}", waived.text);
    assert_eq!(app.get(&format!("/v1/incidents/{id}/notice/check")).await.json["fit"], true);
    let campaign = propose(&app, &id).await;
    let approved = app.approve(Role::Approver, &campaign).await;
    assert_eq!(approved.status, StatusCode::OK, "{}", approved.text);
});

on_both!(a_date_that_the_check_says_is_there_stands_in_the_notice, |world| {
    let app = TestApp::start(&world).await;
    let mut facts = facts();
    let timeline = facts["timeline"].as_object_mut().unwrap();
    let from = timeline.remove("occurred_from").unwrap();
    timeline.insert(String::from("occurred_until"), from);
    let id = app.file(&facts).await;
    write(&app, &id, None, &notice("")).await;
    let path = format!("/v1/incidents/{id}/notice");
    let check = app.get(&format!("{path}/check")).await;
    let california = of(&check.json, "us-ca/notify-individuals");
    assert!(california["present"].as_array().unwrap().contains(&json!("date_of_breach")), "{}", check.text);
    let shown = app.post(Role::Responder, &format!("{path}/preview"), &json!({ "locale": "en" })).await;
    assert!(shown.text.contains("until 19 November 2026"), "{}", shown.text);
});
