//! A vendor puts many reports into one callback, and one of them is about a message that nobody knows here. It is asked to come
//! again with all of them, and what is known counts already.

use serde_json::json;

use crate::support::candour::Candour;
use crate::support::databases;
use crate::support::http_stub::{HttpStub, answer};

const UNHURRIED: &str = "poll_ms = 20\n[delivery.sms]\nquiet = { from = \"00:00\", until = \"00:00\" }\n";

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().expect("a directory");
    let secret = dir.path().join("secret");
    std::fs::write(&secret, "s3cret").expect("the secret is written");
    let taken = |sid: &str| {
        answer(200, json!({ "Response": { "SendStatusSet": [{ "SerialNo": sid, "Code": "Ok" }] } }).to_string())
    };
    let tencent = HttpStub::start(vec![taken("2026:1"), taken("2026:2")]).await;
    let providers = format!(
        "[[providers]]\nname = 'v'\nkind = 'tencent'\nbase_url = '{}'\nsecret_id = 'k'\nsecret_key_file = '{secret}'\n\
         sdk_app_id = '1'\nreceipt_secret_file = '{secret}'\ntemplates = {{ '*' = {{ id = '1' }} }}\n",
        tencent.url,
        secret = secret.display()
    );
    let mut candour = Candour::prepare(dir.path(), &database, UNHURRIED, &providers).await;
    candour.restart().await;
    let people = "ref,name,phone\nA,Ann,+8613800138000\nB,Bob,+8613800138001\n";
    let (_, campaign) = candour.campaign_by("sms", people.to_owned()).await;
    let state = candour.completed(&campaign).await;
    assert_eq!(state["counts"]["reached"], 2, "{state}");

    let failed = |sid: &str| json!({ "sid": sid, "report_status": "FAIL", "errmsg": "UNDELIV" });
    let reports = json!([failed("2026:1"), failed("of another"), failed("2026:2")]);
    for _ in 0..2 {
        let url = format!("{}/v1/receipts/v?token=s3cret", candour.base);
        let answer = candour.http.post(url).json(&reports).send().await.expect("an answer");
        assert_eq!(answer.status(), 503);
        let state = candour.read_campaign(&campaign).await;
        assert_eq!((&state["counts"]["reached"], &state["counts"]["unreachable"]), (&json!(0), &json!(2)), "{state}");
    }
    candour.terminate().await;
}
