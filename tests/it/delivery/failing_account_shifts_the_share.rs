//! Two providers of a channel, and the account of one fails for good: everybody is told by the other, nobody waits behind the
//! one that is left alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::support::candour::Candour;
use crate::support::databases;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

const PEOPLE: usize = 600;

/// A provider is left alone for so long that those who wait behind it, told one after each pause, would outlast the scenario.
const PAUSES: &str = "poll_ms = 20\nbatch = 200\n[delivery.sms]\nbase_ms = 20\ncap_ms = 50\npause_ms = 5000\n\
                          quiet = { from = \"00:00\", until = \"00:00\" }\n";

/// A vendor that takes so many and then says that the account is not known.
#[derive(Clone)]
struct Vendor {
    takes: usize,
    asked: Arc<AtomicUsize>,
}

impl Vendor {
    async fn start(takes: usize) -> String {
        let vendor = Self { takes, asked: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let app = Router::new().fallback(answer).with_state(vendor);
        tokio::spawn(async move { axum::serve(listener, app).await });
        url
    }
}

async fn answer(State(vendor): State<Vendor>) -> (StatusCode, Json<Value>) {
    let number = vendor.asked.fetch_add(1, Ordering::SeqCst);
    if number < vendor.takes {
        (StatusCode::CREATED, Json(json!({ "sid": format!("SM{number}"), "status": "queued" })))
    } else {
        (StatusCode::UNAUTHORIZED, Json(json!({ "code": 20003, "message": "Authenticate", "status": 401 })))
    }
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().expect("a directory");
    let provider = |name: &str, url: &str| {
        let token = dir.path().join("token");
        std::fs::write(&token, "t").expect("the token is written");
        format!(
            "[[providers]]\nkind = \"twilio\"\nname = \"{name}\"\nconcurrency = 4\nbase_url = \"{url}\"\nfrom = \"+15005550006\"\n\
             account_sid = \"AC00000000000000000000000000000001\"\nauth_token_file = \"{}\"\n",
            token.display()
        )
    };
    let failing = provider("failing", &Vendor::start(100).await);
    let well = provider("well", &Vendor::start(usize::MAX).await);
    let mut candour = Candour::prepare(dir.path(), &database, PAUSES, &[failing, well].concat()).await;
    candour.restart().await;
    let people: Vec<_> = (0..PEOPLE).map(|n| format!("P{n},+1202555{:04}\n", 100 + n % 100)).collect();
    let campaign = candour.text_campaign(format!("ref,phone\n{}", people.concat())).await;
    let state = candour.completed(&campaign).await;
    assert_eq!(state["counts"]["reached"], PEOPLE, "{state}");
    candour.logged(1, "the provider is left alone for a while").await;
    candour.terminate().await;
}
