//! The APIs that take email: what goes out, and what each kind of answer means, for one vendor after the other.

use std::sync::Arc;

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::Provider;

use crate::support::configured::provider;
use crate::support::http_stub::{Heard, HttpStub, Say, answer};
use crate::support::messages::email;

struct Vendor {
    /// The table in the configuration, but for the address.
    settings: &'static str,
    /// The same by a definition that the program brings along, if there is one.
    defined: &'static str,
    success: Say,
    bad_address: Say,
    account: Say,
    /// Looks at the one request that was made.
    look: fn(&Heard),
}

const ID: &str = "018f0000-0000-7000-8000-000000000001";

fn vendors() -> Vec<Vendor> {
    vec![
        Vendor {
            settings: "kind = 'sendgrid'\nname = 'mail'\napi_key = 'key'\nfrom = 'Example Org <a@example.org>'",
            defined: "kind = 'http'\nname = 'mail'\ndefinition = 'sendgrid'\nsecrets = { api_key = 'key' }\nsettings.from = 'a@example.org'",
            success: Say::Answer(202, "x-message-id: m1", String::new()),
            bad_address: answer(400, r#"{"errors":[{"message":"x","field":"personalizations.0.to.0.email"}]}"#),
            account: answer(403, r#"{"errors":[{"message":"x","field":"from"}]}"#),
            look: |heard| {
                let body = heard.json();
                assert_eq!(heard.line, "POST /v3/mail/send");
                assert_eq!(heard.headers["authorization"], "Bearer key");
                assert_eq!(body["personalizations"].as_array().unwrap().len(), 1);
                assert_eq!(body["personalizations"][0]["to"][0]["email"], "ann@example.org");
                assert_eq!(body["personalizations"][0]["custom_args"]["candour-attempt"], ID);
                assert_eq!(body["mail_settings"]["bypass_list_management"]["enable"], true);
                assert_eq!(body["tracking_settings"]["open_tracking"]["enable"], false);
                assert_eq!(body["headers"]["Auto-Submitted"], "auto-generated");
            },
        },
        Vendor {
            settings: "kind = 'postmark'\nname = 'mail'\nserver_token = 'key'\nfrom = 'Example Org <a@example.org>'",
            defined: "kind = 'http'\nname = 'mail'\ndefinition = 'postmark'\nsecrets = { server_token = 'key' }\nsettings.from = 'a@example.org'",
            success: answer(200, r#"{"MessageID":"m1","ErrorCode":0,"Message":"OK"}"#),
            // Postmark has no code for an address that cannot be; one it knows as dead is refused as inactive.
            bad_address: answer(422, r#"{"ErrorCode":406,"Message":"inactive"}"#),
            account: answer(422, r#"{"ErrorCode":405,"Message":"no credit"}"#),
            look: |heard| {
                let body = heard.json();
                assert_eq!(heard.line, "POST /email");
                assert_eq!(heard.headers["x-postmark-server-token"], "key");
                assert_eq!(body["To"], "\"Änne Müller\" <ann@example.org>");
                assert_eq!((&body["TrackOpens"], &body["TrackLinks"]), (&false.into(), &"None".into()));
                assert_eq!(body["Metadata"]["candour-attempt"], ID);
                assert_eq!(body["MessageStream"], "outbound");
            },
        },
        Vendor {
            settings: "kind = 'mailgun'\nname = 'mail'\napi_key = 'key'\ndomain = 'mg.example.org'\nfrom = 'a@example.org'",
            defined: "kind = 'http'\nname = 'mail'\ndefinition = 'mailgun'\nsecrets = { api_key = 'key' }\nsettings.from = 'a@example.org'\nsettings.domain = 'mg.example.org'",
            success: answer(200, r#"{"id":"m1","message":"Queued. Thank you."}"#),
            bad_address: answer(
                400,
                r#"{"message":"'to' parameter is not a valid address. please check documentation"}"#,
            ),
            account: answer(401, "Forbidden"),
            look: |heard| {
                let form = heard.form();
                assert_eq!(heard.line, "POST /v3/mg.example.org/messages");
                assert_eq!(heard.headers["authorization"], "Basic YXBpOmtleQ==");
                assert_eq!(form["to"], "\"Änne Müller\" <ann@example.org>");
                assert_eq!((form["o:tracking"].as_str(), form["v:candour-attempt"].as_str()), ("no", ID));
                assert_eq!(form["h:Auto-Submitted"], "auto-generated");
            },
        },
        Vendor {
            settings: "kind = 'ses'\nname = 'mail'\nregion = 'eu-west-1'\naccess_key_id = 'AKID'\nsecret_access_key = 'key'\n\
                       from = 'Example Org <a@example.org>'\nconfiguration_set = 'set'",
            defined: "",
            success: answer(200, r#"{"MessageId":"m1"}"#),
            // Amazon SES takes any address and tells by an event.
            bad_address: answer(400, r#"{"__type":"BadRequestException","message":"x"}"#),
            account: answer(400, r#"{"__type":"AccountSuspendedException","message":"x"}"#),
            look: |heard| {
                let body = heard.json();
                assert_eq!(heard.line, "POST /v2/email/outbound-emails");
                assert!(heard.headers["authorization"].contains("/eu-west-1/ses/aws4_request"));
                assert_eq!(body["Destination"]["ToAddresses"][0], "ann@example.org");
                assert_eq!(body["EmailTags"][0]["Value"], ID);
                assert_eq!(body["ConfigurationSetName"], "set");
            },
        },
    ]
}

async fn at(vendor: &Vendor, say: Say) -> (HttpStub, Arc<dyn Provider>) {
    let stub = HttpStub::start(vec![say]).await;
    let place = if vendor.settings.contains("kind = 'http'") { "settings.base_url" } else { "base_url" };
    let url = stub.url.as_str().trim_end_matches('/');
    let provider = provider(&format!("{}\n{place} = '{url}'", vendor.settings));
    (stub, provider)
}

/// Every vendor by its own kind, and by definition.
fn both() -> Vec<Vendor> {
    let defined = vendors().into_iter().filter(|vendor| !vendor.defined.is_empty());
    let defined = defined.map(|vendor| Vendor { settings: vendor.defined, ..vendor });
    vendors().into_iter().chain(defined).collect()
}

async fn outcome(vendor: &Vendor, say: Say) -> Outcome {
    let (_stub, provider) = at(vendor, say).await;
    provider.send(&email(1, "ann@example.org"), Millis(0)).await.outcome
}

#[tokio::test]
async fn a_message_goes_out_once_untracked_and_with_its_attempt() {
    for vendor in both() {
        let (stub, provider) = at(&vendor, vendor.success.clone()).await;
        let answer = provider.send(&email(1, "ann@example.org"), Millis(0)).await;
        assert_eq!(
            (answer.outcome, answer.reference.as_deref()),
            (Outcome::Accepted, Some("m1")),
            "{}",
            vendor.settings
        );
        let heard = stub.heard();
        assert_eq!(heard.len(), 1);
        (vendor.look)(&heard[0]);
    }
}

#[tokio::test]
async fn every_failure_has_its_class() {
    for vendor in both() {
        let name = vendor.settings;
        let bad = outcome(&vendor, vendor.bad_address.clone()).await;
        assert!(matches!(bad, Outcome::BadAddress | Outcome::Rejected), "{name}: {bad}");
        assert_eq!(outcome(&vendor, vendor.account.clone()).await, Outcome::Misconfigured, "{name}");
        assert_eq!(outcome(&vendor, answer(429, "")).await, Outcome::Throttled, "{name}");
        assert_eq!(outcome(&vendor, answer(503, "<html>")).await, Outcome::Unknown, "{name}");
        assert_eq!(outcome(&vendor, answer(200, "<html>a portal</html>")).await, Outcome::Unknown, "{name}");
        // The request has left, and nobody answers.
        assert_eq!(outcome(&vendor, Say::Nothing).await, Outcome::Unknown, "{name}");
    }
}

#[tokio::test]
async fn nobody_there_is_a_retry_and_a_refusal_of_the_key_is_said() {
    for vendor in vendors() {
        let gone = { HttpStub::start(Vec::new()).await.url.clone() };
        let gone = provider(&format!("{}\nbase_url = '{gone}'", vendor.settings));
        assert_eq!(gone.send(&email(1, "ann@example.org"), Millis(0)).await.outcome, Outcome::Retry);
        let (_stub, refused) = at(&vendor, answer(401, r#"{"__type":"UnrecognizedClientException"}"#)).await;
        let fault = refused.check().await.unwrap_err().to_string();
        assert!(fault.contains("_file") && !fault.contains("'key'"), "{fault}");
    }
}
