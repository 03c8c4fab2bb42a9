//! A server that plays a vendor: it remembers each request as it came and answers as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::process::PATIENCE;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its method.
    pub method: Method,
    /// Path and query.
    pub target: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Seen {
    /// The value of a header.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body as a form, or the query where there is no body.
    pub fn form(&self) -> Vec<(String, String)> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let text = if self.body.is_empty() { query.as_bytes() } else { &self.body };
        url::form_urlencoded::parse(text).into_owned().collect()
    }

    /// The value of a form's field.
    pub fn field(&self, name: &str) -> String {
        self.form().into_iter().find(|(n, _)| n == name).map(|(_, value)| value).unwrap_or_default()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What it does with the next request.
#[derive(Clone, Debug)]
pub enum Turn {
    /// Answers with a status and a body.
    Say(u16, String),
    /// Closes the connection once the request is there.
    HangUp,
}

struct Shared {
    seen: Mutex<Vec<Seen>>,
    turns: Mutex<VecDeque<Turn>>,
    count: watch::Sender<()>,
}

/// The server. It ends with the test.
pub struct Loopback {
    /// Where it listens.
    pub url: url::Url,
    shared: Arc<Shared>,
}

impl Loopback {
    /// Starts it; the last turn is kept for all further requests.
    pub async fn start(turns: impl IntoIterator<Item = Turn>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = url::Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let shared = Arc::new(Shared {
            seen: Mutex::default(),
            turns: Mutex::new(turns.into_iter().collect()),
            count: watch::Sender::new(()),
        });
        let app = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, shared }
    }

    /// One that says the same to everything.
    pub async fn saying(status: u16, body: &str) -> Self {
        Self::start([Turn::Say(status, body.to_owned())]).await
    }

    /// Waits until something has come that was not taken.
    pub async fn until_something(&self) {
        let mut count = self.shared.count.subscribe();
        while self.shared.seen.lock().unwrap().is_empty() {
            tokio::time::timeout(PATIENCE, count.changed()).await.expect("a request comes").unwrap();
        }
    }

    /// Takes the first that came.
    pub fn take_first(&self) -> Seen {
        self.shared.seen.lock().unwrap().remove(0)
    }

    /// What came, in order.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let target = uri.path_and_query().unwrap().to_string();
    shared.seen.lock().unwrap().push(Seen { method, target, headers, body });
    shared.count.send_replace(());
    let turn = {
        let mut turns = shared.turns.lock().unwrap();
        if turns.len() > 1 { turns.pop_front() } else { turns.front().cloned() }
    };
    match turn {
        Some(Turn::Say(status, body)) => {
            (axum::http::StatusCode::from_u16(status).unwrap(), [("content-type", "application/json")], body)
                .into_response()
        }
        // The connection is cut before the first byte of an answer.
        Some(Turn::HangUp) | None => std::panic::panic_any("the connection is cut on purpose"),
    }
}
