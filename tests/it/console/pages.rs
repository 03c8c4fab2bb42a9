//! The pages tell how many, never who; and what somebody has written stays text.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::read;
use crate::support::candour::Candour;
use crate::support::databases;
use crate::support::smtp_sink::SmtpSink;

/// Parts of the people's names, addresses, numbers and references.
const CANARIES: [&str; 5] = ["Quillfeather", "canary.example", "+4915112345678", "REF-CANARY", "privacy@example.org"];

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
    let sink = SmtpSink::start(dir.path(), &[]).await;
    let providers = format!(
        "[[providers]]\nkind = \"smtp\"\nname = \"mail\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
         from = \"incident@example.org\"\n",
        sink.address.port()
    );
    let candour = Candour::start(dir.path(), &database, &providers).await;
    let csv = "ref,name,email,phone\nREF-CANARY-1,Ann Quillfeather,ann@canary.example,\nREF-CANARY-2,Ben Quillfeather,\
               ben@canary.example,\nREF-CANARY-3,Cy Quillfeather,cy@canary.example,\n\
               REF-CANARY-4,Di Quillfeather,,+4915112345678\n";
    let (incident, campaign) = candour.campaign(csv.to_owned()).await;
    candour.follow(&campaign, |state| state["state"] == "completed").await;

    let list = read(&candour, "/console", Some(&candour.responder)).await;
    assert_eq!(list.status, StatusCode::OK);
    assert!(list.body.contains(&format!("href=\"console/incidents/{incident}\"")), "{}", list.body);
    assert!(list.body.contains("4 of 4 people done"), "{}", list.body);
    let page = read(&candour, &format!("/console/incidents/{incident}"), Some(&candour.approver)).await;
    assert_eq!(page.status, StatusCode::OK);
    for part in [
        "Of 4 people: 3 reached, 1 unreachable.",
        "</span>reached</th><td class=\"number\">3</td>",
        "</span>unreachable</th><td class=\"number\">1</td>",
        "</span>pending</th><td class=\"number\">0</td>",
        "<th scope=\"row\">email</th><td>mail</td><td>accepted</td><td class=\"number\">3</td>",
        "as many as were sealed",
        "<span class=\"tag whole\">whole</span>",
    ] {
        assert!(page.body.contains(part), "no {part} in {}", page.body);
    }
    for canary in CANARIES {
        assert!(!list.body.contains(canary) && !page.body.contains(canary), "{canary} is on a page");
    }
    hostile(&candour).await;
}

/// An incident whose words are markup, with obligations and a report.
async fn hostile(candour: &Candour) {
    let title = "<script>alert(\"x\")</script>{{title}}";
    let facts = json!({ "title": title, "organisation": { "name": "<b>Example</b>", "country": "DE" },
        "timeline": { "aware": "2020-01-01T00:00:00+01:00" },
        "scope": { "properties": ["confidentiality"], "data": ["name"],
            "affected": [{ "jurisdiction": "eu-gdpr", "individuals": 1200 }] },
        "impact": { "risk": "high" }, "contact": { "name": "Ola Quillfeather", "email": "privacy@example.org" } });
    let filed = candour.call(&candour.responder, "POST", "/v1/incidents", Some(facts)).await;
    let path = format!("/v1/incidents/{}", filed["id"].as_str().unwrap());
    candour.call(&candour.responder, "POST", &format!("{path}/open"), Some(json!({}))).await;
    let drafted = candour.call(&candour.responder, "POST", &format!("{path}/reports"), Some(json!({}))).await;
    let told = json!({ "obligation": "eu-gdpr/notify-individuals", "done_at": "2020-01-02T00:00:00+01:00",
        "how": "<i>By letter</i>" });
    candour.call(&candour.responder, "POST", &format!("{path}/fulfilments"), Some(told)).await;
    let token_of = |report: &Value| report["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();

    let list = read(candour, "/console", Some(&candour.responder)).await;
    let page = read(candour, &path.replace("/v1/", "/console/"), Some(&candour.responder)).await;
    for body in [&list.body, &page.body] {
        assert!(body.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;{{title}}"), "{body}");
    }
    assert!(list.body.contains(" overdue</p>"), "{}", list.body);
    assert!(list.body.find("&lt;script&gt;") < list.body.find("A test"), "the newest stands first");
    assert!(page.body.contains("<p dir=\"auto\">&lt;i&gt;By letter&lt;/i&gt;</p>"), "{}", page.body);
    assert!(page.body.contains("Done 2020-01-01 23:00 UTC, recorded "), "{}", page.body);
    assert!(page.body.contains("&lt;b&gt;Example&lt;/b&gt;, DE"), "{}", page.body);
    assert!(page.body.contains("<span class=\"tag overdue\">overdue</span>"), "{}", page.body);
    assert!(page.body.contains("2020-01-01 00:00 +01:00"), "{}", page.body);
    for report in drafted["reports"].as_array().unwrap() {
        assert!(page.body.contains(&format!("/reports/{}\"", token_of(report))), "{}", page.body);
    }
    assert!(!page.body.contains("Quillfeather") && !page.body.contains("privacy@"), "{}", page.body);
}
