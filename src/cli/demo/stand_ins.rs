//! The demo's stand-ins on loopback for a text-message API (in Twilio's form) and a browser maker's push service.
//!
//! Numbers that end in 99 are refused as no numbers; push addresses with `/gone/` are answered as expired. What is taken
//! is stored, and text messages are reported as delivered by a signed callback, as the real service does.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// A callback that is to be sent: the address and its form.
#[derive(Debug)]
pub(super) struct Callback {
    pub(super) url: String,
    pub(super) form: Vec<(String, String)>,
}

struct StandIns {
    directory: PathBuf,
    messages: AtomicU64,
    pushes: AtomicU64,
    callbacks: mpsc::UnboundedSender<Callback>,
}

/// Starts both on one free port of loopback; what they take is written to `directory`.
pub(super) async fn start(
    directory: PathBuf,
    callbacks: mpsc::UnboundedSender<Callback>,
) -> std::io::Result<SocketAddr> {
    tokio::fs::create_dir_all(&directory).await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let state = StandIns { directory, messages: AtomicU64::new(0), pushes: AtomicU64::new(0), callbacks };
    let router = Router::new()
        .route("/2010-04-01/Accounts/{account}/Messages.json", post(message))
        .route("/push/{fate}/{number}", post(push))
        .with_state(Arc::new(state));
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the demo's stand-ins stopped");
        }
    });
    Ok(address)
}

async fn message(
    State(state): State<Arc<StandIns>>,
    Path(account): Path<String>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    let to = form.get("To").map(String::as_str).unwrap_or_default();
    if to.ends_with("99") {
        let problem =
            serde_json::json!({ "code": 21211, "message": "not a phone number", "more_info": "", "status": 400 });
        return (StatusCode::BAD_REQUEST, Json(problem)).into_response();
    }
    let number = state.messages.fetch_add(1, Ordering::Relaxed) + 1;
    let sid = format!("SM{number:032x}");
    let text = form.get("Body").map(String::as_str).unwrap_or_default();
    let stored =
        tokio::fs::write(state.directory.join(format!("sms-{number:06}.txt")), format!("To: {to}\n\n{text}\n")).await;
    if let Err(error) = stored {
        tracing::error!(%error, "the demo's text-message stand-in cannot store a message");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    if let Some(url) = form.get("StatusCallback") {
        let told = [
            ("MessageSid", sid.as_str()),
            ("SmsSid", &sid),
            ("AccountSid", &account),
            ("MessageStatus", "delivered"),
            ("SmsStatus", "delivered"),
            ("To", to),
        ];
        let form = told.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let _ = state.callbacks.send(Callback { url: url.clone(), form });
    }
    let answer = serde_json::json!({ "sid": sid, "status": "queued", "error_code": null, "num_segments": "1" });
    (StatusCode::CREATED, Json(answer)).into_response()
}

async fn push(
    State(state): State<Arc<StandIns>>,
    Path((fate, number)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !headers.contains_key("ttl") || !headers.contains_key("authorization") {
        return StatusCode::BAD_REQUEST.into_response();
    }
    if fate == "gone" {
        return StatusCode::GONE.into_response();
    }
    let count = state.pushes.fetch_add(1, Ordering::Relaxed) + 1;
    if let Err(error) = tokio::fs::write(state.directory.join(format!("push-{count:06}.aes128gcm")), &body).await {
        tracing::error!(%error, "the demo's push stand-in cannot store a message");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    (StatusCode::CREATED, [("location", format!("/push/receipt/{number}"))]).into_response()
}
