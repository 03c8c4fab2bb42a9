//! A vendor of text messages that takes its time, or does not know the account any more, as the scenario says.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::process::PATIENCE;

/// The vendor. It speaks as Twilio does.
#[derive(Clone)]
pub(crate) struct TextVendor {
    url: String,
    shared: Arc<Shared>,
}

struct Shared {
    delay_ms: AtomicU64,
    /// How many more it takes.
    takes: AtomicUsize,
    taken: AtomicUsize,
    refused: watch::Sender<usize>,
}

impl TextVendor {
    /// Starts one that takes so many messages, and then says that it does not know the account.
    pub(crate) async fn start(takes: usize) -> Self {
        let shared = Shared {
            delay_ms: AtomicU64::new(0),
            takes: AtomicUsize::new(takes),
            taken: AtomicUsize::new(0),
            refused: watch::Sender::new(0),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let vendor = Self { url, shared: Arc::new(shared) };
        let app = Router::new().fallback(answer).with_state(Arc::clone(&vendor.shared));
        tokio::spawn(async move { axum::serve(listener, app).await });
        vendor
    }

    /// The provider that sends through it; `dir` is for its token.
    pub(crate) fn provider(&self, name: &str, dir: &Path) -> String {
        let token = dir.join("token");
        std::fs::write(&token, "t").expect("the token is written");
        format!(
            "[[providers]]\nkind = \"twilio\"\nname = \"{name}\"\nconcurrency = 4\nbase_url = \"{}\"\nfrom = \"+15005550006\"\n\
             account_sid = \"AC00000000000000000000000000000001\"\nauth_token_file = \"{}\"\n",
            self.url,
            token.display()
        )
    }

    /// Waits until it has refused so many.
    pub(crate) async fn refused(&self, number: usize) {
        let mut refused = self.shared.refused.subscribe();
        let waited = tokio::time::timeout(PATIENCE, refused.wait_for(|now| *now >= number)).await;
        assert!(waited.is_ok(), "{} were refused where {number} were waited for", *self.shared.refused.borrow());
    }

    /// Takes so many more from now on.
    pub(crate) fn take(&self, more: usize) {
        self.shared.takes.store(more, Ordering::SeqCst);
    }

    /// Takes so long from now on for each.
    pub(crate) fn delay(&self, millis: u64) {
        self.shared.delay_ms.store(millis, Ordering::SeqCst);
    }

    /// How many it has taken since it was last asked.
    pub(crate) fn taken(&self) -> usize {
        self.shared.taken.swap(0, Ordering::SeqCst)
    }
}

/// So many people of North America, with names that begin so, as a file to import.
pub(crate) fn people(prefix: &str, number: usize) -> String {
    let rows: Vec<_> = (0..number).map(|n| format!("{prefix}{n},+1202555{:04}\n", 100 + n % 100)).collect();
    format!("ref,phone\n{}", rows.concat())
}

async fn answer(State(vendor): State<Arc<Shared>>) -> (StatusCode, Json<Value>) {
    tokio::time::sleep(Duration::from_millis(vendor.delay_ms.load(Ordering::SeqCst))).await;
    if vendor.takes.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err() {
        vendor.refused.send_modify(|number| *number += 1);
        let problem = json!({ "code": 20003, "message": "Authenticate", "status": 401 });
        return (StatusCode::UNAUTHORIZED, Json(problem));
    }
    let number = vendor.taken.fetch_add(1, Ordering::SeqCst);
    (StatusCode::CREATED, Json(json!({ "sid": format!("SM{number}"), "status": "queued" })))
}
