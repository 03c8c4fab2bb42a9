//! How the demo talks to Candour: over HTTP with a key, as any responder would.

use serde_json::Value;

/// A caller with one key.
#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    key: String,
}

/// What went wrong, in the server's own words.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    /// The server refused.
    #[error("{call}: {status} {problem}")]
    Refused { call: String, status: u16, problem: String },
    /// The server could not be reached.
    #[error("{call}: {reason}")]
    Failed { call: String, reason: String },
}

impl ClientError {
    /// The HTTP status, if there was one.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            Self::Failed { .. } => None,
        }
    }
}

/// An answer: its body and its entity tag.
pub(super) struct Reply {
    pub(super) body: Value,
    pub(super) etag: Option<String>,
}

impl Client {
    pub(super) fn new(http: reqwest::Client, base: &str, key: &str) -> Self {
        Self { http, base: base.to_owned(), key: key.to_owned() }
    }

    pub(super) async fn get(&self, path: &str) -> Result<Reply, ClientError> {
        self.send("GET", path, |request| request).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Reply, ClientError> {
        self.send("POST", path, |request| request.json(body)).await
    }

    pub(super) async fn put(&self, path: &str, body: &Value) -> Result<Reply, ClientError> {
        self.send("PUT", path, |request| request.json(body)).await
    }

    pub(super) async fn patch(&self, path: &str, etag: &str, body: &Value) -> Result<Reply, ClientError> {
        let bytes = body.to_string();
        self.send("PATCH", path, |request| {
            request.header("if-match", etag).header("content-type", "application/merge-patch+json").body(bytes)
        })
        .await
    }

    pub(super) async fn upload(&self, path: &str, content_type: &str, body: Vec<u8>) -> Result<Reply, ClientError> {
        self.send("POST", path, |request| request.header("content-type", content_type).body(body)).await
    }

    /// The bytes behind an address, e.g. of a PDF.
    pub(super) async fn download(&self, path: &str) -> Result<Vec<u8>, ClientError> {
        let call = format!("GET {path}");
        let failed = |error: reqwest::Error| ClientError::Failed { call: call.clone(), reason: error.to_string() };
        let response = self.request("GET", path).send().await.map_err(failed)?;
        let status = response.status();
        let bytes = response.bytes().await.map_err(failed)?;
        if status.is_success() { Ok(bytes.to_vec()) } else { Err(refused(call, status.as_u16(), &bytes)) }
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().unwrap_or(reqwest::Method::GET);
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key)
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        dress: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Result<Reply, ClientError> {
        let call = format!("{method} {path}");
        let failed = |error: reqwest::Error| ClientError::Failed { call: call.clone(), reason: error.to_string() };
        let response = dress(self.request(method, path)).send().await.map_err(failed)?;
        let status = response.status();
        let etag = response.headers().get("etag").and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let bytes = response.bytes().await.map_err(failed)?;
        if !status.is_success() {
            return Err(refused(call, status.as_u16(), &bytes));
        }
        Ok(Reply { body: serde_json::from_slice(&bytes).unwrap_or(Value::Null), etag })
    }
}

/// A problem (RFC 9457) told in one line.
fn refused(call: String, status: u16, bytes: &[u8]) -> ClientError {
    let problem: Value = serde_json::from_slice(bytes).unwrap_or(Value::Null);
    let title = problem["title"].as_str().unwrap_or("");
    let detail = problem["detail"].as_str().unwrap_or("");
    let fields: Vec<String> = problem["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|e| format!("{}: {}", e["field"].as_str().unwrap_or("?"), e["reason"].as_str().unwrap_or("?")))
        .collect();
    ClientError::Refused { call, status, problem: format!("{title}: {detail} {}", fields.join("; ")).trim().to_owned() }
}
