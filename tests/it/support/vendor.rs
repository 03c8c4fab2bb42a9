//! A vendor's API that a test plays: it keeps what it was asked and answers what it was told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

/// Largest request.
const LARGEST: usize = 16 * 1024 * 1024;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method and target, `POST /v1/letters`.
    pub what: String,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

/// What is answered.
#[derive(Clone, Debug)]
pub enum Say {
    /// A status and a body; `{base}` in it is the vendor's address.
    Answer(u16, String),
    /// Nothing: the connection breaks once the request has arrived.
    Drop,
}

#[derive(Default)]
struct Desk {
    base: String,
    asked: Vec<Asked>,
    script: VecDeque<Say>,
}

/// The vendor.
pub struct Vendor {
    /// Its address.
    pub url: String,
    desk: Arc<Mutex<Desk>>,
}

impl Vendor {
    /// A vendor that says these one after the other, and the last for ever.
    pub async fn saying(script: impl IntoIterator<Item = Say>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let desk = Desk { base: url.clone(), script: script.into_iter().collect(), ..Desk::default() };
        let desk = Arc::new(Mutex::new(desk));
        let app = Router::new().fallback(answer).with_state(Arc::clone(&desk));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, desk }
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.desk.lock().unwrap().asked.clone()
    }
}

impl Asked {
    /// The value of a header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

async fn answer(State(desk): State<Arc<Mutex<Desk>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LARGEST).await.unwrap();
    let target = |uri: &Uri| uri.path_and_query().map_or_else(String::new, ToString::to_string);
    let asked = Asked { what: format!("{} {}", parts.method, target(&parts.uri)), headers: parts.headers, body };
    let say = {
        let mut desk = desk.lock().unwrap();
        desk.asked.push(asked);
        let say = if desk.script.len() > 1 { desk.script.pop_front() } else { desk.script.front().cloned() };
        say.map(|say| match say {
            Say::Answer(status, body) => Say::Answer(status, body.replace("{base}", &desk.base)),
            Say::Drop => Say::Drop,
        })
    };
    match say.expect("the script has an answer") {
        Say::Answer(status, body) => {
            (StatusCode::from_u16(status).unwrap(), [("content-type", "application/json")], body).into_response()
        }
        // The server closes the connection of a handler that panics.
        Say::Drop => panic!("as the test wants it"),
    }
}
