//! A responder's system that takes signed calls, answers as it is told, and remembers.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use tokio::sync::watch;
use url::Url;

use super::node;
use super::process::{PATIENCE, run};

/// One call as it came.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// `webhook-id`.
    pub(crate) id: String,
    /// `webhook-timestamp`.
    pub(crate) timestamp: String,
    /// `webhook-signature`.
    pub(crate) signature: String,
    /// The body.
    pub(crate) body: String,
}

impl Call {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// What the specification's own library says of it: the error's message, or nothing. `seconds` is what its clock shows.
    pub(crate) fn fault(&self, secret: &str, seconds: i64) -> String {
        let script = "const { Webhook } = require('standardwebhooks');\
            const [secret, id, timestamp, signature, body, seconds] = process.argv.slice(1);\
            Date.now = () => Number(seconds) * 1000;\
            try { new Webhook(secret).verify(body, { 'webhook-id': id, 'webhook-timestamp': timestamp,\
            'webhook-signature': signature }); } catch (error) { console.log(error.message); }";
        let seconds = seconds.to_string();
        let arguments = ["-e", script, secret, &self.id, &self.timestamp, &self.signature, &self.body, &seconds];
        run(node::node().args(arguments)).trim().to_owned()
    }
}

#[derive(Default)]
struct Book {
    calls: Mutex<Vec<Call>>,
    answers: Mutex<VecDeque<u16>>,
    count: watch::Sender<usize>,
}

/// The receiver. It ends with the test.
pub(crate) struct WebhookReceiver {
    /// Where it is called.
    pub(crate) url: Url,
    book: Arc<Book>,
}

impl WebhookReceiver {
    /// Starts it on a free port.
    pub(crate) async fn start() -> Self {
        let book = Arc::new(Book::default());
        let router = Router::new().route("/hook", post(take)).with_state(book.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, book }
    }

    /// Answers the next calls with these statuses, and later ones with 204.
    pub(crate) fn answer(&self, statuses: &[u16]) {
        self.book.answers.lock().unwrap().extend(statuses);
    }

    /// All calls, in order.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.book.calls.lock().unwrap().clone()
    }

    /// Waits until so many came.
    pub(crate) async fn until(&self, count: usize) {
        let mut counts = self.book.count.subscribe();
        let waited = tokio::time::timeout(PATIENCE, counts.wait_for(|now| *now >= count)).await;
        assert!(waited.is_ok(), "{} calls came where {count} were waited for", self.calls().len());
    }
}

async fn take(State(book): State<Arc<Book>>, headers: HeaderMap, body: String) -> StatusCode {
    let header = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let call = Call {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body,
    };
    let count = {
        let mut calls = book.calls.lock().unwrap();
        calls.push(call);
        calls.len()
    };
    let answer = book.answers.lock().unwrap().pop_front().unwrap_or(204);
    book.count.send_replace(count);
    StatusCode::from_u16(answer).unwrap()
}
