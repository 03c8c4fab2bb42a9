//! The one HTTP client: every provider that speaks HTTP goes through it.
//!
//! Guarantees: every request ends within [`WHOLE`] or what its client is given instead; an answer's body is cut at [`BODY_CAP`]; redirects are not
//! followed (a 3xx comes back as it is); the environment's proxies are not used; a client for addresses that people
//! gave us reaches public addresses only, whatever their names resolve to; and a failure says whether the request may
//! have left ([`HttpFault`]), which decides between trying again and not knowing.
//!
//! Never: retries, logs an address or a body.

mod connecting;
mod guard;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::Certificate;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use url::Url;

pub use self::connecting::connect;
use self::guard::{NotPublic, PublicNames, may_reach};
use super::{Answer, Descriptor};
use crate::domain::clock::Millis;
use crate::domain::outcome::Outcome;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a request may take, connection and answer included.
pub const WHOLE: Duration = Duration::from_secs(30);
/// How much of an answer's body is read.
pub const BODY_CAP: usize = 256 * 1024;
/// How long an unused connection is kept; shorter than the usual 60 seconds of servers, so that we close first.
const IDLE: Duration = Duration::from_secs(20);

/// Which addresses a client may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Any: the operator wrote the address into the configuration.
    Anywhere,
    /// Public ones over HTTPS only: the address came from outside.
    PublicOnly,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpFault {
    /// The address is not one that this client may reach. Nothing was sent.
    #[error("the address is not a public https address")]
    Forbidden,
    /// The server's certificate does not verify. Nothing was sent.
    #[error("the server's certificate does not verify; check the address and this machine's trusted certificates")]
    Certificate,
    /// No connection. Nothing was sent.
    #[error("no connection to the server; check the address, the network and the firewall")]
    NotSent,
    /// No answer in time. The request may have left.
    #[error("no answer in time")]
    TimedOut,
    /// The connection broke. The request may have left.
    #[error("the connection broke before the answer")]
    Broken,
}

impl HttpFault {
    /// What it means for a message that was to be sent to a server the operator chose.
    #[must_use]
    pub fn answer(self) -> Answer {
        match self {
            Self::Forbidden => Answer::of(Outcome::Misconfigured, "address-not-allowed"),
            Self::Certificate => Answer::of(Outcome::Misconfigured, "tls-certificate"),
            Self::NotSent => Answer::of(Outcome::Retry, "connect"),
            Self::TimedOut => Answer::of(Outcome::Unknown, "timeout"),
            Self::Broken => Answer::of(Outcome::Unknown, "dropped"),
        }
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct HttpReply {
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body, cut at [`BODY_CAP`] or where the connection broke.
    pub body: Bytes,
}

impl HttpReply {
    /// The wait that the answer asks for (`Retry-After`, RFC 9110 section 10.2.3), in milliseconds.
    #[must_use]
    pub fn retry_after_ms(&self, now: Millis) -> Option<i64> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse::<u32>() {
            return Some(i64::from(seconds) * 1000);
        }
        let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_millisecond();
        Some(at.saturating_sub(now.0).max(0))
    }
}

/// The HTTP client.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    reach: Reach,
    whole: Duration,
}

impl Http {
    /// Builds a client.
    ///
    /// # Errors
    /// When this machine has no trusted certificates, in words for the operator.
    pub fn new(reach: Reach) -> Result<Self, String> {
        Self::built(reach, Vec::new())
    }

    /// Builds a client that reaches any address and believes the authorities of a PEM file alone.
    ///
    /// # Errors
    /// When the file cannot be read or holds no certificate, in words for the operator.
    pub fn trusting(ca_file: &Path) -> Result<Self, String> {
        let pem = std::fs::read(ca_file).map_err(|e| format!("{} cannot be read: {e}", ca_file.display()))?;
        let authorities = Certificate::from_pem_bundle(&pem).unwrap_or_default();
        if authorities.is_empty() {
            return Err(format!("{} holds no certificate in PEM form", ca_file.display()));
        }
        Self::built(Reach::Anywhere, authorities)
    }

    fn built(reach: Reach, authorities: Vec<Certificate>) -> Result<Self, String> {
        install_crypto();
        #[expect(clippy::disallowed_methods, reason = "this is the client that everything else is to use")]
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .tcp_nodelay(true)
            .user_agent(concat!("candour/", env!("CARGO_PKG_VERSION")));
        if reach == Reach::PublicOnly {
            builder = builder.dns_resolver(Arc::new(PublicNames)).https_only(true);
        }
        if !authorities.is_empty() {
            builder = builder.tls_certs_only(authorities);
        }
        let client = builder.build().map_err(|e| format!("the HTTP client cannot start: {}", reason(&e)))?;
        Ok(Self { client, reach, whole: WHOLE })
    }

    /// The same client with another limit of time for a request.
    #[must_use]
    pub fn within(self, whole: Duration) -> Self {
        Self { whole, ..self }
    }

    /// A POST to that address.
    pub fn post(&self, url: Url) -> reqwest::RequestBuilder {
        self.client.post(url)
    }

    /// A PUT to that address.
    pub fn put(&self, url: Url) -> reqwest::RequestBuilder {
        self.client.put(url)
    }

    /// A request of any method.
    pub fn request(&self, method: reqwest::Method, url: Url) -> reqwest::RequestBuilder {
        self.client.request(method, url)
    }

    /// A GET of that address.
    pub fn get(&self, url: Url) -> reqwest::RequestBuilder {
        self.client.get(url)
    }

    /// Sends a request that asks a provider to carry a message, and says what came of it.
    pub async fn ask(
        &self,
        request: reqwest::RequestBuilder,
        about: &Descriptor,
        read: impl FnOnce(&HttpReply) -> Answer,
    ) -> Answer {
        match self.run(request).await {
            Ok(reply) => read(&reply),
            Err(fault) => {
                tracing::warn!(provider = %about.name, kind = about.kind, reason = %fault, "no answer from the provider");
                fault.answer()
            }
        }
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// When there is none; the fault says whether the request may have left.
    pub async fn run(&self, request: reqwest::RequestBuilder) -> Result<HttpReply, HttpFault> {
        let request = request.timeout(self.whole).build().map_err(|_| HttpFault::Forbidden)?;
        if self.reach == Reach::PublicOnly && !may_reach(request.url()) {
            return Err(HttpFault::Forbidden);
        }
        let mut response = self.client.execute(request).await.map_err(|e| classify(&e))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = BytesMut::new();
        // The status is the answer; a body that breaks off takes nothing of it back.
        while let Ok(Some(chunk)) = response.chunk().await {
            let room = BODY_CAP - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body.len() == BODY_CAP {
                break;
            }
        }
        Ok(HttpReply { status, headers, body: body.freeze() })
    }
}

/// A plain client for calls to Candour itself, without the limits of the providers' client. Follows nobody elsewhere: what it
/// sends is a key.
///
/// # Errors
/// When this machine has no trusted certificates, in words for the operator.
pub fn loopback_client() -> Result<reqwest::Client, String> {
    install_crypto();
    #[expect(clippy::disallowed_methods, reason = "it reaches this machine, which the providers' client may refuse")]
    let builder = reqwest::Client::builder().no_proxy().tcp_nodelay(true).redirect(reqwest::redirect::Policy::none());
    builder.build().map_err(|e| format!("the HTTP client cannot start: {}", reason(&e)))
}

/// Makes `ring` the process's TLS cryptography; harmless when done before.
pub fn install_crypto() {
    // An error only says that a provider is installed already, which is what we want.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn classify(error: &reqwest::Error) -> HttpFault {
    if chain(error).any(<dyn std::error::Error>::is::<NotPublic>) {
        return HttpFault::Forbidden;
    }
    if error.is_connect() {
        let certificate = rustls_error(error).is_some_and(|e| matches!(e, rustls::Error::InvalidCertificate(_)));
        return if certificate { HttpFault::Certificate } else { HttpFault::NotSent };
    }
    if error.is_builder() {
        return HttpFault::Forbidden;
    }
    if error.is_timeout() { HttpFault::TimedOut } else { HttpFault::Broken }
}

/// An error, what caused it, what caused that, and so on.
fn chain<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |e| wrapped(*e).or_else(|| e.source()))
}

/// What an IO error wraps: its `source` is the source of that and skips it.
fn wrapped<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a (dyn std::error::Error + 'static)> {
    let inner = error.downcast_ref::<std::io::Error>()?.get_ref()?;
    Some(inner)
}

/// The TLS error inside an error, however many others wrap it.
pub(super) fn rustls_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    chain(error).find_map(|e| e.downcast_ref())
}

fn reason(error: &reqwest::Error) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn the_guarded_client_refuses_private_literals_names_and_plain_http() {
        let http = Http::new(Reach::PublicOnly).unwrap();
        for address in ["https://127.0.0.1:9/x", "https://localhost:9/x", "http://93.184.216.34/x", "https://[::1]:9/"]
        {
            let fault = http.run(http.post(Url::parse(address).unwrap())).await.unwrap_err();
            assert_eq!(fault, HttpFault::Forbidden, "{address}");
        }
    }

    async fn serve_once(reply: Option<&'static [u8]>) -> Url {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            if let Some(reply) = reply {
                let _ = stream.write_all(reply).await;
            }
        });
        url
    }

    #[tokio::test]
    async fn a_refused_connection_was_not_sent_and_a_dropped_one_may_have_been() {
        let http = Http::new(Reach::Anywhere).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let closed = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        drop(listener);
        let refused = http.run(http.post(closed)).await.unwrap_err();
        assert_eq!(refused.answer().outcome, Outcome::Retry);

        let dropped = http.run(http.post(serve_once(None).await)).await.unwrap_err();
        assert_eq!(dropped.answer().outcome, Outcome::Unknown);
    }

    #[tokio::test]
    async fn redirects_come_back_as_they_are() {
        let http = Http::new(Reach::Anywhere).unwrap();
        let url =
            serve_once(Some(b"HTTP/1.1 302 Found\r\nlocation: http://10.0.0.1/\r\ncontent-length: 0\r\n\r\n")).await;
        assert_eq!(http.run(http.get(url)).await.unwrap().status, 302);
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            HttpReply { status: 429, headers, body: Bytes::new() }.retry_after_ms(Millis(784_887_151_000 - 5_000))
        };
        assert_eq!(with("30"), Some(30_000));
        assert_eq!(with("Tue, 15 Nov 1994 08:12:31 GMT"), Some(5_000));
        assert_eq!(with("soon"), None);
    }
}
