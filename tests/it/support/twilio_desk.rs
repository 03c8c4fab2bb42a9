//! A stand-in for Twilio's Messages resource that takes messages and hangs up, and lists what it took.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use candour::domain::clock::Clock;
use candour::providers::twilio::sign_callback;
use candour::system::System;
use serde_json::{Value, json};

use super::candour::http_client;

/// What it does with a request to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Takes the message and answers.
    Takes,
    /// Takes the message and hangs up.
    TakesAndHangsUp,
    /// Hangs up without taking it.
    HangsUp,
    /// Says by callback what became of it, and only then answers that it has taken it.
    TellsFirst(&'static str),
}

#[derive(Default)]
struct Desk {
    /// What it does with the requests of a number, one after the other; then it takes them.
    script: BTreeMap<String, Vec<Deed>>,
    sent: Vec<(String, String)>,
    listed: Vec<Value>,
    asked: BTreeMap<String, usize>,
    /// Where Candour really listens, and what it answered to callbacks.
    candour: String,
    answers: Vec<u16>,
}

/// The stand-in. It ends with the test.
pub(crate) struct TwilioDesk {
    url: String,
    desk: Arc<Mutex<Desk>>,
}

const ACCOUNT: &str = "AC00000000000000000000000000000001";

impl TwilioDesk {
    /// Starts it with what it does to whom.
    pub(crate) async fn start(script: &[(&str, &[Deed])]) -> Self {
        let script =
            script.iter().map(|(to, deeds)| ((*to).to_owned(), deeds.iter().rev().copied().collect())).collect();
        let desk = Arc::new(Mutex::new(Desk { script, ..Desk::default() }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json");
        let app = Router::new().route(&path, post(send).get(list)).with_state(Arc::clone(&desk));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, desk }
    }

    /// The provider's table; its token goes into a file of a directory.
    pub(crate) fn provider(&self, dir: &std::path::Path) -> String {
        let token = dir.join("twilio.token");
        std::fs::write(&token, "token").unwrap();
        format!(
            "[[providers]]\nkind = \"twilio\"\nname = \"texts\"\nconcurrency = 4\naccount_sid = \"{ACCOUNT}\"\n\
             auth_token_file = \"{}\"\nfrom = \"+15005550006\"\nbase_url = \"{}\"\n",
            token.display(),
            self.url
        )
    }

    /// Callbacks go to a Candour that listens there, whatever address it names as its own.
    pub(crate) fn call_back(&self, candour: &str) {
        candour.clone_into(&mut self.desk.lock().unwrap().candour);
    }

    /// What callbacks were answered with.
    pub(crate) fn answers(&self) -> Vec<u16> {
        self.desk.lock().unwrap().answers.clone()
    }

    /// How often a number was sent to.
    pub(crate) fn sent_to(&self, number: &str) -> usize {
        self.desk.lock().unwrap().sent.iter().filter(|(to, _)| to == number).count()
    }

    /// How many messages a number really got.
    pub(crate) fn taken_for(&self, number: &str) -> usize {
        self.desk.lock().unwrap().listed.iter().filter(|message| message["to"] == number).count()
    }

    /// How often it was asked about a number.
    pub(crate) fn asked_about(&self, number: &str) -> usize {
        self.desk.lock().unwrap().asked.get(number).copied().unwrap_or_default()
    }
}

async fn send(State(desk): State<Arc<Mutex<Desk>>>, body: Bytes) -> Response {
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    let (to, words) = (form["To"].clone(), form["Body"].clone());
    let (deed, sid) = {
        let mut desk = desk.lock().unwrap();
        let deed = desk.script.get_mut(&to).and_then(Vec::pop).unwrap_or(Deed::Takes);
        desk.sent.push((to.clone(), words.clone()));
        let sid = format!("SM{:032x}", desk.sent.len());
        if deed != Deed::HangsUp {
            let at = jiff::Timestamp::from_millisecond(System.now().0).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
            desk.listed.push(json!({
                "sid": sid, "to": to, "body": words, "direction": "outbound-api", "status": "sent", "error_code": null,
                "date_created": jiff::fmt::rfc2822::to_string(&at).unwrap(), "date_sent": null,
            }));
        }
        (deed, sid)
    };
    if let Deed::TellsFirst(outcome) = deed {
        tell(&desk, &form["StatusCallback"], &sid, outcome).await;
    }
    match deed {
        Deed::Takes | Deed::TellsFirst(_) => {
            (StatusCode::CREATED, json!({ "sid": sid, "status": "queued" }).to_string()).into_response()
        }
        // The server closes the connection of a handler that panics.
        Deed::TakesAndHangsUp | Deed::HangsUp => std::panic::panic_any("the connection is cut on purpose"),
    }
}

/// Calls back under the account's signature; `outcome` is a status and maybe a code.
async fn tell(desk: &Mutex<Desk>, callback: &str, sid: &str, outcome: &str) {
    let (status, code) = outcome.split_once(' ').unwrap_or((outcome, ""));
    let form: Vec<(String, String)> =
        [("MessageSid", sid), ("MessageStatus", status), ("ErrorCode", code), ("AccountSid", ACCOUNT)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    let signature = sign_callback("token", callback, &form);
    let public: url::Url = callback.parse().unwrap();
    let path = &public[url::Position::BeforePath..];
    let url = format!("{}{path}", desk.lock().unwrap().candour);
    let call = http_client().post(url).header("x-twilio-signature", signature).form(&form);
    let status = call.send().await.unwrap().status().as_u16();
    desk.lock().unwrap().answers.push(status);
}

async fn list(State(desk): State<Arc<Mutex<Desk>>>, Query(query): Query<BTreeMap<String, String>>) -> Response {
    let mut desk = desk.lock().unwrap();
    let to = query["To"].clone();
    *desk.asked.entry(to.clone()).or_default() += 1;
    let newest: Vec<_> = desk.listed.iter().rev().filter(|message| message["to"] == to.as_str()).collect();
    (StatusCode::OK, json!({ "messages": newest, "page": 0 }).to_string()).into_response()
}
