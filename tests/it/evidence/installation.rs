//! The installation's own chain is read and verified like any other, by those who look after it.

use candour::domain::actor::Role;
use reqwest::{Method, StatusCode};

use crate::support::app::{TestApp, send};
use crate::support::stores::on_both;

on_both!(what_belongs_to_no_incident_is_read_and_verified, |world| {
    let app = TestApp::start(&world).await;
    let audit = app.get("/v1/audit?limit=2").await;
    assert_eq!(audit.status, StatusCode::OK, "{}", audit.text);
    assert_eq!((&audit.json["chain"]["whole"], &audit.json["next"]), (&true.into(), &2.into()), "{}", audit.text);
    assert_eq!(audit.json["items"][0]["action"], "key.issued", "{}", audit.text);
    assert_eq!(send(app.request(Method::GET, "/v1/audit", Some(Role::Admin))).await.status, StatusCode::OK);
    send(app.request(Method::GET, "/v1/audit", Some(Role::Approver))).await.problem(403, "forbidden");

    world.execute("UPDATE audit SET detail = '{}' WHERE seq = 2 AND action = 'key.issued'").await;
    let chain = &app.get("/v1/audit").await.json["chain"];
    assert_eq!((&chain["whole"], &chain["broken"]["seq"]), (&false.into(), &2.into()), "{chain}");
});
