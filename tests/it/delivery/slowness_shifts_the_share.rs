//! Two providers of a channel: when one becomes slow, its share goes to the other; when it is fast again, it comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

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

/// A vendor that takes its time.
#[derive(Clone, Default)]
struct Vendor {
    delay_ms: Arc<AtomicU64>,
    taken: Arc<AtomicUsize>,
}

impl Vendor {
    async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let app = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        url
    }

    /// How many it has taken since it was last asked.
    fn taken(&self) -> usize {
        self.taken.swap(0, Ordering::SeqCst)
    }
}

async fn answer(State(vendor): State<Vendor>) -> (StatusCode, Json<Value>) {
    tokio::time::sleep(Duration::from_millis(vendor.delay_ms.load(Ordering::SeqCst))).await;
    let number = vendor.taken.fetch_add(1, Ordering::SeqCst);
    (StatusCode::CREATED, Json(json!({ "sid": format!("SM{number}"), "status": "queued" })))
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().expect("a directory");
    let (one, two) = (Vendor::default(), Vendor::default());
    let provider = |name: &str, url: &str| {
        let token = dir.path().join("token");
        std::fs::write(&token, "t").expect("the token is written");
        format!(
            "[[providers]]\nkind = \"twilio\"\nname = \"{name}\"\nconcurrency = 4\nbase_url = \"{url}\"\nfrom = \"+15005550006\"\n\
             account_sid = \"AC00000000000000000000000000000001\"\nauth_token_file = \"{}\"\n",
            token.display()
        )
    };
    let providers = [provider("one", &one.start().await), provider("two", &two.start().await)].concat();
    let mut candour = Candour::start(dir.path(), &database, &providers).await;
    let told = async |round: usize| {
        let people: Vec<_> = (0..PEOPLE).map(|n| format!("R{round}P{n},+1202555{:04}\n", 100 + n % 100)).collect();
        let campaign = candour.text_campaign(format!("ref,phone\n{}", people.concat())).await;
        let state = candour.completed(&campaign).await;
        assert_eq!(state["counts"]["reached"], PEOPLE, "{state}");
        (one.taken(), two.taken())
    };
    for vendor in [&one, &two] {
        vendor.delay_ms.store(5, Ordering::SeqCst);
    }
    let (first, second) = told(1).await;
    assert!(first > PEOPLE / 5 && second > PEOPLE / 5, "both alike: {first} and {second}");
    two.delay_ms.store(250, Ordering::SeqCst);
    let (first, second) = told(2).await;
    assert!(second > 0 && second < PEOPLE / 5, "the slow one has less: {first} and {second}");
    two.delay_ms.store(5, Ordering::SeqCst);
    let (first, second) = told(3).await;
    assert!(second > PEOPLE / 5, "and gets it back: {first} and {second}");
    candour.terminate().await;
}
