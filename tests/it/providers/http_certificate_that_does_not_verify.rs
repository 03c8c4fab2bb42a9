//! A server over HTTPS whose certificate does not verify is told nothing, and people are told what is wrong with it.

use std::path::Path;
use std::sync::Arc;

use candour::providers::http::{Http, HttpFault, Reach};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::support::candour::Candour;
use crate::support::certificates;

/// A server with the certificate in a directory, that answers every request with 200. Gives its address.
async fn server(directory: &Path) -> url::Url {
    candour::providers::http::install_crypto();
    let chain = CertificateDer::pem_file_iter(directory.join("cert.pem")).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(directory.join("key.pem")).unwrap();
    let config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = url::Url::parse(&format!("https://{}/", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            if stream.read(&mut [0; 4096]).await.is_ok() {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
            }
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_authority_an_end_that_has_passed_and_another_name_are_told_from_a_connection_that_failed() {
    let directory = tempfile::tempdir().unwrap();
    let authority = directory.path().join("ca.pem");
    for (names, until, expected) in [
        (["127.0.0.1"], 4000, Ok(200)),
        (["127.0.0.1"], 2001, Err(HttpFault::Certificate)),
        (["vendor.example"], 4000, Err(HttpFault::Certificate)),
    ] {
        certificates::write_for(directory.path(), &names, until);
        let url = server(directory.path()).await;
        let ours = Http::trusting(&authority).unwrap();
        let answered = ours.run(ours.get(url.clone())).await.map(|reply| reply.status);
        assert_eq!(answered, expected, "{names:?} until {until}");
        let strangers = Http::new(Reach::Anywhere).unwrap();
        let answered = strangers.run(strangers.get(url)).await.map(|reply| reply.status);
        assert_eq!(answered, Err(HttpFault::Certificate), "an authority that nobody knows");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_says_so_and_whose_it_is_once() {
    let dir = tempfile::tempdir().unwrap();
    certificates::write(dir.path());
    let base = server(dir.path()).await;
    std::fs::write(dir.path().join("key"), "a-key").unwrap();
    let providers = format!(
        "[[providers]]\nkind = 'postmark'\nname = 'mail'\nbase_url = '{base}'\nfrom = 'a@example.org'\nserver_token_file = '{}'\n",
        dir.path().join("key").display()
    );
    let database = format!("sqlite:{}", dir.path().join("candour.db").display());
    let candour = Candour::prepare(dir.path(), &database, "", &providers).await;
    let said = String::from_utf8_lossy(&candour.prepared(&["check"]).output().await.unwrap().stdout).into_owned();
    assert!(said.contains("FAULT  provider mail: the server's certificate does not verify"), "{said}");
}
