//! The notice is sent for a test to people of the operator's own, through the configured providers, marked, and counted nowhere.

use serde_json::{Value, json};

use crate::support::candour::{CallFault, Candour};
use crate::support::databases;
use crate::support::http_stub::{HttpStub, answer};

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("token"), "let-me-in\n").unwrap();
    let taken = answer(200, r#"{"ErrorCode":0,"MessageID":"m-1"}"#);
    let stub = HttpStub::start(vec![taken, answer(422, r#"{"ErrorCode":406,"Message":"inactive"}"#)]).await;
    let texts = dir.path().join("texts");
    let providers = format!(
        "[test_sends]\nallow = [\"qa@example.org\", \"*@lab.example.org\", \"+14155550123\"]\n\
         [[providers]]\nkind = \"postmark\"\nname = \"mail\"\nbase_url = \"{}\"\nserver_token_file = \"{}\"\n\
         from = \"incident@example.org\"\n\
         [[providers]]\nkind = \"spool\"\nname = \"texts\"\nchannel = \"sms\"\ndirectory = \"{}\"\n",
        stub.url.as_str().trim_end_matches('/'),
        dir.path().join("token").display(),
        texts.display()
    );
    let mut candour = Candour::start(dir.path(), &database, &providers).await;
    let incident = candour.file().await.unwrap();
    candour.import(&incident, String::from("ref,name,email\nP1,Real Person,real@example.net\n")).await.unwrap();
    let path = format!("/v1/incidents/{incident}/notice/test");
    let to = |addresses: &[(&str, &str)]| {
        let to: Vec<Value> = addresses.iter().map(|(c, a)| json!({ "channel": c, "address": a })).collect();
        json!({ "to": to })
    };
    let try_it = async |body: Value| candour.try_call(&candour.responder, "POST", &path, Some(body)).await;
    let refused = async |body: Value, status: u16, why: &str| match try_it(body).await {
        Err(CallFault::Refused(found, text)) => assert!(found == status && text.contains(why), "{found} {text}"),
        other => panic!("{other:?}"),
    };
    refused(to(&[("email", "qa@example.org")]), 404, "no notice").await;
    candour.write_notice(&incident).await.unwrap();
    refused(to(&[("email", "qa@example.org"), ("email", "real@example.net")]), 422, "to[1].address").await;
    refused(to(&[("letter", "1 Elm St")]), 422, "preview").await;
    refused(to(&[("voice", "+14155550123")]), 422, "no such provider").await;
    refused(to(&[]), 422, "1 to 10").await;
    assert!(stub.heard().is_empty(), "something left before all was right");

    let sent = try_it(to(&[("email", "qa@example.org"), ("sms", "+14155550123")])).await.unwrap();
    let outcome =
        |place: usize| (sent["outcomes"][place]["provider"].clone(), sent["outcomes"][place]["outcome"].clone());
    assert_eq!(outcome(0), (json!("mail"), json!("accepted")), "{sent}");
    assert_eq!(outcome(1), (json!("texts"), json!("accepted")), "{sent}");
    let mail = stub.heard()[0].json();
    assert!(mail["To"].as_str().unwrap().contains("qa@example.org"), "{mail}");
    assert!(mail["Subject"].as_str().unwrap().starts_with("[TEST] "), "{mail}");
    for part in ["TextBody", "HtmlBody"] {
        let text = mail[part].as_str().unwrap();
        assert!(text.contains("[TEST] This message tries out a notice") && text.contains("Alex Example"), "{text}");
        assert!(!text.contains("Real Person"), "{text}");
    }
    let text = std::fs::read_dir(&texts).unwrap().next().unwrap().unwrap().path();
    let text: Value = serde_json::from_str(&std::fs::read_to_string(text).unwrap()).unwrap();
    assert!(text["body"]["text"].as_str().unwrap().starts_with("[TEST] Not real:"), "{text}");
    let second = try_it(to(&[("email", "any@lab.example.org")])).await.unwrap();
    assert_eq!(second["outcomes"][0]["outcome"], "rejected", "what the provider says is the answer: {second}");

    // Nobody has been told.
    let campaigns = candour.call(&candour.responder, "GET", &format!("/v1/incidents/{incident}/campaigns"), None).await;
    assert_eq!(campaigns["campaigns"], json!([]));
    let audit = candour.call(&candour.responder, "GET", &format!("/v1/incidents/{incident}/audit"), None).await;
    let audit = audit.to_string();
    assert_eq!(audit.matches("notice.test_intended").count(), 2, "{audit}");
    assert_eq!(audit.matches("notice.test_sent").count(), 2, "{audit}");
    candour.terminate().await;
    for text in [audit, candour.log()] {
        assert!(
            !text.contains("qa@example") && !text.contains("lab.example") && !text.contains("4155550123"),
            "{text}"
        );
    }
}
