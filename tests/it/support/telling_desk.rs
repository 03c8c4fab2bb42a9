//! A stand-in for any vendor over HTTP that tells by callback what became of a message before it answers that it has taken it:
//! every other message reached somebody, the rest did not.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::sync::watch;

use super::candour::http_client;
use super::process::PATIENCE;

/// What a callback is made of.
pub(crate) struct Tale<'a> {
    /// Path and query of the request that sent the message.
    pub(crate) target: &'a str,
    /// Its body.
    pub(crate) body: &'a [u8],
    /// The vendor's own name for the message.
    pub(crate) id: &'a str,
    /// Whether it reached its recipient.
    pub(crate) arrived: bool,
    /// What the vendor signs with.
    pub(crate) secret: &'a str,
}

impl Tale<'_> {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(self.body).unwrap()
    }

    /// A field of the query or of the body as a form.
    pub(crate) fn field(&self, name: &str) -> String {
        let query = self.target.split_once('?').map_or("", |(_, query)| query).as_bytes();
        let mut fields = [query, self.body].into_iter().flat_map(url::form_urlencoded::parse);
        fields.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap()
    }

    /// The attempt's name in the part of a multipart body, or the field of a form, that is named so.
    pub(crate) fn attempt(&self, name: &str) -> String {
        let body = String::from_utf8_lossy(self.body);
        let after = body.split_once(name).expect("the message names its attempt").1;
        let start = after.find(|c: char| c.is_ascii_hexdigit()).unwrap();
        after[start..start + 36].to_owned()
    }
}

/// A call to Candour.
pub(crate) struct Callback {
    /// What follows the provider's address of receipts, or that address in full.
    pub(crate) address: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// What it says to requests that send nothing yet, by a part of their address; `BASE` stands for its own.
pub(crate) type Before = &'static [(&'static str, &'static str)];

struct Desk {
    url: String,
    secret: &'static str,
    before: Before,
    tells: fn(&Tale<'_>) -> Callback,
    answer: (u16, &'static str, &'static str),
    candour: Mutex<String>,
    messages: Mutex<usize>,
    first: Mutex<Vec<u16>>,
    /// Callbacks that were not taken yet.
    open: watch::Sender<usize>,
}

/// The stand-in. It ends with the test.
pub(crate) struct TellingDesk {
    pub(crate) url: String,
    desk: Arc<Desk>,
}

impl TellingDesk {
    /// Starts it. `answer` is a status, a header as `name: value`, and a body in which `ID` is the message's name.
    pub(crate) async fn start(
        secret: &'static str,
        tells: fn(&Tale<'_>) -> Callback,
        answer: (u16, &'static str, &'static str),
        before: Before,
    ) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let desk = Arc::new(Desk {
            url: url.clone(),
            secret,
            before,
            tells,
            answer,
            candour: Mutex::default(),
            messages: Mutex::default(),
            first: Mutex::default(),
            open: watch::Sender::new(0),
        });
        let app = Router::new().fallback(take).with_state(Arc::clone(&desk));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, desk }
    }

    /// Callbacks go to a Candour that listens there, whatever address it names as its own.
    pub(crate) fn call_back(&self, candour: &str) {
        candour.clone_into(&mut self.desk.candour.lock().unwrap());
    }

    /// What the first callback of each message was answered with.
    pub(crate) fn first_answers(&self) -> Vec<u16> {
        self.desk.first.lock().unwrap().clone()
    }

    /// Waits until every callback has been taken.
    pub(crate) async fn heard_out(&self) {
        let mut open = self.desk.open.subscribe();
        let taken = tokio::time::timeout(PATIENCE, open.wait_for(|open| *open == 0)).await;
        taken.expect("a callback that is repeated is taken").unwrap();
    }
}

async fn take(State(desk): State<Arc<Desk>>, uri: Uri, body: Bytes) -> Response {
    let target = uri.path_and_query().unwrap().as_str();
    if let Some((_, body)) = desk.before.iter().find(|(part, _)| target.contains(part)) {
        return body.replace("BASE", &desk.url).into_response();
    }
    let number = {
        let mut messages = desk.messages.lock().unwrap();
        *messages += 1;
        *messages
    };
    let id = format!("m{number}");
    let tale = Tale { target, body: &body, id: &id, arrived: number % 2 == 1, secret: desk.secret };
    let callback = (desk.tells)(&tale);
    let status = tell(&desk, &callback).await;
    desk.first.lock().unwrap().push(status);
    if !StatusCode::from_u16(status).unwrap().is_success() {
        // Before it is answered: whoever has seen the answer can wait for the rest.
        desk.open.send_modify(|open| *open += 1);
        tokio::spawn(tell_again(Arc::clone(&desk), callback));
    }
    let (status, header, body) = desk.answer;
    let (name, value) = header.split_once(": ").unwrap();
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static(name), HeaderValue::from_str(&value.replace("ID", &id)).unwrap());
    (StatusCode::from_u16(status).unwrap(), headers, body.replace("ID", &id)).into_response()
}

async fn tell(desk: &Desk, callback: &Callback) -> u16 {
    let public = callback.address.split_once("/v1/receipts/v").map_or(callback.address.as_str(), |(_, rest)| rest);
    let url = format!("{}/v1/receipts/v{public}", desk.candour.lock().unwrap());
    let mut call = http_client().post(url).body(callback.body.clone());
    for (name, value) in &callback.headers {
        call = call.header(*name, value);
    }
    call.send().await.unwrap().status().as_u16()
}

/// As vendors do with a callback that was not taken.
async fn tell_again(desk: Arc<Desk>, callback: Callback) {
    while tell(&desk, &callback).await >= 300 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    desk.open.send_modify(|open| *open -= 1);
}
