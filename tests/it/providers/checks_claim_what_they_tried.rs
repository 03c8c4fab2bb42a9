//! What a check says of a provider is what was tried: a login where there was one, a connection where there was no more.

use candour::providers::Checked;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use crate::support::candour::Candour;
use crate::support::configured::provider;
use crate::support::loopback::Loopback;
use crate::support::process::free_port;

fn defined(base: &str) -> String {
    format!(
        "kind = 'http'\nname = 'partner'\ndefinition = '46elks'\nsettings = {{ base_url = '{base}', username = 'u', from = 'Org' }}\n\
         secrets = {{ password = 'p', webhook = 'w' }}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_is_connected_to_and_no_more() {
    let nobody = provider(&defined(&format!("http://127.0.0.1:{}", free_port()))).check().await.unwrap_err();
    assert!(nobody.reason.contains("127.0.0.1: no connection to the server"), "{nobody}");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let checked = provider(&defined(&format!("http://{address}"))).check().await;
    assert_eq!(checked, Ok(Checked::Connects));
    let mut heard = Vec::new();
    listener.accept().await.unwrap().0.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, b"", "nothing is sent");

    // Whoever is there without a certificate for it is not who is meant.
    let plain = Loopback::saying(200, "{}").await;
    let port = plain.url.port().unwrap();
    assert!(provider(&defined(&format!("https://127.0.0.1:{port}"))).check().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_wants_no_credentials_has_taken_none() {
    let ntfy = Loopback::saying(200, "{}").await;
    let open = provider(&format!("kind = 'ntfy'\nname = 'n'\nurl = '{}'", ntfy.url));
    assert_eq!(open.check().await, Ok(Checked::Answers));
    let guarded = provider(&format!("kind = 'ntfy'\nname = 'n'\nurl = '{}'\ntoken = 'tk_1'", ntfy.url));
    assert_eq!(guarded.check().await, Ok(Checked::SignsIn));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_says_so() {
    let server = Loopback::saying(200, "{}").await;
    let dir = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", dir.path().join("candour.db").display());
    std::fs::write(dir.path().join("secret"), "s").unwrap();
    let secret = dir.path().join("secret").display().to_string();
    let table = defined(server.url.as_str().trim_end_matches('/'))
        .replace("password = 'p'", &format!("password_file = '{secret}'"))
        .replace("webhook = 'w'", &format!("webhook_file = '{secret}'"));
    let candour = Candour::prepare(dir.path(), &database, "", &format!("[[providers]]\n{table}\n")).await;
    let said = candour.command(&["check"]).await;
    let line = said.lines().find(|line| line.contains("provider partner")).unwrap_or_default();
    assert!(line.starts_with("ok ") && line.contains("the credentials were not tried"), "{said}");
    assert!(server.seen().is_empty(), "nothing is sent");
}
