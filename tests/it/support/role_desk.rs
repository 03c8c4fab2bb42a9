//! Who hands out the keys of a role: an instance's metadata service (version 2 alone) and a container's address, both at
//! `url`. That it plays its part is held against Amazon's own client.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, put};
use candour::domain::clock::Millis;
use serde_json::{Value, json};

const ROLE: &str = "Candour@mail";
const TOKEN: &str = "x-aws-ec2-metadata-token";

#[derive(Default)]
struct Shared {
    keys: Value,
    failing: Option<u16>,
    wanted: Option<String>,
    handed: usize,
    tokens: Vec<String>,
}

/// The desk. It ends with the test.
pub struct RoleDesk {
    /// Where the metadata service is.
    pub url: String,
    shared: Arc<Mutex<Shared>>,
}

type Said = (StatusCode, String);

impl RoleDesk {
    /// A desk that hands out these keys; `null` where there is no role.
    pub async fn handing(keys: Value) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Mutex::new(Shared { keys, ..Shared::default() }));
        let app = Router::new()
            .route("/latest/api/token", put(token))
            .route("/latest/meta-data/iam/security-credentials/", get(role))
            .route("/latest/meta-data/iam/security-credentials/{role}", get(keys_of_the_instance))
            .route("/v2/credentials/x", get(keys_of_the_container))
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, shared }
    }

    /// Where a container gets keys.
    pub fn container(&self) -> String {
        format!("{}/v2/credentials/x", self.url)
    }

    /// From now on it hands out these.
    pub fn hands(&self, keys: Value) {
        self.shared.lock().unwrap().keys = keys;
    }

    /// From now on it answers with that status, or as it should.
    pub fn fails(&self, status: Option<u16>) {
        self.shared.lock().unwrap().failing = status;
    }

    /// From now on a container must show this.
    pub fn wants(&self, text: &str) {
        self.shared.lock().unwrap().wanted = Some(text.to_owned());
    }

    /// How often keys were handed out.
    pub fn handed(&self) -> usize {
        self.shared.lock().unwrap().handed
    }
}

/// Keys as they are handed out.
pub fn keys(id: &str, secret: &str, token: &str, until: Millis) -> Value {
    json!({
        "Code": "Success", "LastUpdated": "2026-11-23T00:00:00Z", "Type": "AWS-HMAC",
        "AccessKeyId": id, "SecretAccessKey": secret, "Token": token,
        "Expiration": until.to_timestamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    })
}

fn status(code: u16) -> Said {
    (StatusCode::from_u16(code).unwrap(), String::from("no"))
}

impl Shared {
    /// What is answered where the token must be one that was given out.
    fn behind_the_token(&self, headers: &HeaderMap, answer: impl FnOnce() -> Said) -> Said {
        let shown = headers.get(TOKEN).and_then(|token| token.to_str().ok()).unwrap_or_default();
        if !self.tokens.iter().any(|token| token == shown) {
            return status(401);
        }
        self.failing.map_or_else(answer, status)
    }

    fn hand(&mut self) -> Said {
        self.handed += 1;
        (StatusCode::OK, self.keys.to_string())
    }
}

async fn token(State(shared): State<Arc<Mutex<Shared>>>, headers: HeaderMap) -> Said {
    let seconds = headers.get("x-aws-ec2-metadata-token-ttl-seconds").and_then(|text| text.to_str().ok());
    if !seconds.and_then(|text| text.parse().ok()).is_some_and(|seconds: u32| (1..=21_600).contains(&seconds)) {
        return status(400);
    }
    let mut shared = shared.lock().unwrap();
    let token = format!("token-{}==", shared.tokens.len());
    shared.tokens.push(token.clone());
    (StatusCode::OK, token)
}

async fn role(State(shared): State<Arc<Mutex<Shared>>>, headers: HeaderMap) -> Said {
    let shared = shared.lock().unwrap();
    let named = || if shared.keys.is_null() { status(404) } else { (StatusCode::OK, ROLE.to_owned()) };
    shared.behind_the_token(&headers, named)
}

async fn keys_of_the_instance(
    State(shared): State<Arc<Mutex<Shared>>>,
    Path(role): Path<String>,
    headers: HeaderMap,
) -> Said {
    let mut shared = shared.lock().unwrap();
    match shared.behind_the_token(&headers, || if role == ROLE { status(200) } else { status(404) }) {
        (StatusCode::OK, _) => shared.hand(),
        other => other,
    }
}

async fn keys_of_the_container(State(shared): State<Arc<Mutex<Shared>>>, headers: HeaderMap) -> Said {
    let mut shared = shared.lock().unwrap();
    let shown = headers.get("authorization").and_then(|text| text.to_str().ok());
    if shared.wanted.is_some() && shared.wanted.as_deref() != shown {
        return status(401);
    }
    match shared.failing {
        Some(code) => status(code),
        None => shared.hand(),
    }
}
