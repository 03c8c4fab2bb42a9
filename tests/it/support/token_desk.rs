//! An OAuth 2.0 server that a test plays: it gives tokens to whoever shows what it wants, and says whose a token is.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

#[derive(Default)]
struct Shared {
    user: String,
    wanted: BTreeMap<String, String>,
    asked: usize,
    good: Vec<String>,
}

/// The server. It ends with the test.
pub struct TokenDesk {
    url: String,
    shared: Arc<Mutex<Shared>>,
}

impl TokenDesk {
    /// One that gives tokens of that user to who sends a form with these fields and no others.
    pub async fn wanting(user: &str, fields: &[(&str, &str)]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let wanted = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let shared = Arc::new(Mutex::new(Shared { user: user.to_owned(), wanted, ..Shared::default() }));
        let app = Router::new().route("/token", post(token)).route("/info", get(info)).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, shared }
    }

    /// Where tokens are given.
    pub fn tokens(&self) -> String {
        format!("{}/token", self.url)
    }

    /// Where it says whose the token is that is appended.
    pub fn info(&self) -> String {
        format!("{}/info?access_token=", self.url)
    }

    /// How many tokens it has given.
    pub fn given(&self) -> usize {
        self.shared.lock().unwrap().asked
    }

    /// No token that it gave is good any more.
    pub fn takes_back(&self) {
        self.shared.lock().unwrap().good.clear();
    }
}

type Said = (StatusCode, Json<Value>);

async fn token(State(shared): State<Arc<Mutex<Shared>>>, Form(fields): Form<BTreeMap<String, String>>) -> Said {
    let mut shared = shared.lock().unwrap();
    if fields != shared.wanted {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "invalid_client", "error_description": "prose" })));
    }
    shared.asked += 1;
    let token = format!("token-{}.x_y~z", shared.asked);
    shared.good.push(token.clone());
    (StatusCode::OK, Json(json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3599 })))
}

async fn info(State(shared): State<Arc<Mutex<Shared>>>, Query(query): Query<HashMap<String, String>>) -> Said {
    let shared = shared.lock().unwrap();
    match query.get("access_token").filter(|token| shared.good.contains(token)) {
        Some(_) => (StatusCode::OK, Json(json!({ "email": shared.user, "expires_in": 3599 }))),
        None => (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_token" }))),
    }
}
