//! Nobody comes in without a key of a role that reads.

use reqwest::{StatusCode, header};
use serde_json::json;

use super::read;
use crate::support::candour::{Candour, http_client};
use crate::support::databases;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().unwrap();
    let candour = Candour::start(dir.path(), &database, "").await;
    let hook = candour.command(&["keys", "issue", "--name", "Alerts", "--role", "hook"]).await;
    let auditor = candour.command(&["keys", "issue", "--name", "Ira", "--role", "auditor"]).await;
    let admin = candour.command(&["keys", "issue", "--name", "Root", "--role", "admin"]).await;
    let some = "/console/incidents/019ab6f0-0000-7000-8000-00000000abcd";

    for path in ["/console", some] {
        for key in [None, Some(""), Some("cnd_nonsense"), Some(&candour.responder[..candour.responder.len() - 1])] {
            let page = read(&candour, path, key).await;
            assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{path} {key:?}");
            assert!(page.header(header::WWW_AUTHENTICATE).starts_with("Basic realm=\"candour\""));
            assert!(page.body.contains("candour keys issue"), "it says how to come in: {}", page.body);
        }
        let page = read(&candour, path, Some(hook.trim())).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        assert!(page.body.contains("role is hook"), "{}", page.body);
        assert!(!page.headers.contains_key(header::WWW_AUTHENTICATE));
    }
    for key in [&candour.responder, &candour.approver, auditor.trim(), admin.trim()] {
        let page = read(&candour, "/console", Some(key)).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("There are no incidents"), "{}", page.body);
    }
    for path in [some, "/console/incidents/nonsense", "/console/incidents/%3Cscript%3E"] {
        let page = read(&candour, path, Some(&candour.responder)).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
    }

    // What the browser remembers opens these pages and no more.
    let api = http_client().get(format!("{}/v1/incidents", candour.base)).basic_auth("me", Some(&candour.responder));
    assert_eq!(api.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);

    let id = auditor.split('_').nth(1).unwrap();
    candour.call(admin.trim(), "POST", &format!("/v1/keys/{id}/revoke"), Some(json!({}))).await;
    let page = read(&candour, "/console", Some(auditor.trim())).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(page.body.contains("has been revoked"), "{}", page.body);
    assert!(!candour.log().contains(admin.trim()), "a key is in the log");
}
