//! Whether a server can be connected to, without a request.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Url;

use super::{CONNECT, HttpFault, rustls_error};
use crate::providers::smtp::tls;

/// Connects to the server of an address, under TLS where it is an `https` one, and leaves again. Not one byte of HTTP is
/// sent.
///
/// # Errors
/// When there is no connection, or its certificate does not verify.
pub async fn connect(url: &Url) -> Result<(), HttpFault> {
    within(CONNECT, url).await
}

async fn within(limit: Duration, url: &Url) -> Result<(), HttpFault> {
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return Err(HttpFault::Forbidden);
    };
    // An IPv6 address stands in brackets in an address of the web, and nowhere else.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let stream = timeout(limit, TcpStream::connect((host, port))).await;
    let stream = stream.ok().and_then(Result::ok).ok_or(HttpFault::NotSent)?;
    if url.scheme() != "https" {
        return Ok(());
    }
    let name = tls::server_name(host).map_err(|_| HttpFault::Forbidden)?;
    let config = tls::client_config(None).map_err(|_| HttpFault::Certificate)?;
    match timeout(limit, TlsConnector::from(config).connect(name, stream)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) if matches!(rustls_error(&error), Some(rustls::Error::InvalidCertificate(_))) => {
            Err(HttpFault::Certificate)
        }
        Ok(Err(_)) | Err(_) => Err(HttpFault::NotSent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_server_that_is_there_hears_nothing_and_one_that_is_not_is_a_fault() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/send", listener.local_addr().unwrap())).unwrap();
        let heard = tokio::spawn(async move {
            let mut heard = Vec::new();
            listener.accept().await.unwrap().0.read_to_end(&mut heard).await.unwrap();
            heard
        });
        assert_eq!(connect(&url).await, Ok(()));
        assert_eq!(heard.await.unwrap(), b"");
        assert_eq!(connect(&url).await, Err(HttpFault::NotSent));
    }

    #[tokio::test]
    async fn a_server_that_speaks_no_tls_or_says_nothing_is_not_one_for_https() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("https://{}/send", listener.local_addr().unwrap())).unwrap();
        assert_eq!(within(Duration::from_millis(20), &url).await, Err(HttpFault::NotSent), "it never answers");
        drop(listener);
        assert_eq!(connect(&url).await, Err(HttpFault::NotSent));
    }
}
