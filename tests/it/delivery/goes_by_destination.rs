//! Providers of one channel carry different countries: everybody is told by one that carries their number; whoever nobody
//! carries is told by the next channel; and when the configuration changes, whoever waits goes by another.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::candour::{Candour, SHORT_LEASE};
use crate::support::databases;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

/// More than one claim takes.
const EACH: usize = 70;

fn spool(dir: &Path, name: &str, channel: &str, more: &str) -> String {
    let directory = dir.join(name);
    format!(
        "[[providers]]\nkind = \"spool\"\nname = \"{name}\"\nchannel = \"{channel}\"\ndirectory = \"{}\"\n{more}\n",
        directory.display()
    )
}

/// To whom a spool has written.
fn told(dir: &Path, name: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(dir.join(name)).expect("its directory").map(|entry| entry.expect("an entry").path());
    let whole = files.filter(|file| !file.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')));
    whole
        .map(|file| {
            let text = std::fs::read_to_string(file).expect("it can be read");
            match serde_json::from_str::<Value>(&text) {
                Ok(document) => document["body"]["to"].as_str().expect("a number").to_owned(),
                Err(_) => text.lines().find(|line| line.starts_with("To:")).expect("an email").to_owned(),
            }
        })
        .collect()
}

async fn begun(candour: &Candour, csv: String) -> String {
    let incident = candour.file().await.expect("filed");
    candour.import(&incident, csv).await.expect("imported");
    let notice = json!({ "default_locale": "en", "cascade": ["sms", "email"], "texts": { "en": {
        "what_happened": "A copy of our list was taken.", "what_we_do": "We closed the door.",
        "what_you_can_do": ["Change your password."], "what_we_offer": "Help by telephone." } } });
    candour.call(&candour.responder, "PUT", &format!("/v1/incidents/{incident}/notice"), Some(notice)).await;
    let campaign = candour.propose(&incident).await.expect("proposed");
    candour.approve(&campaign).await.expect("approved");
    candour.start_campaign(&campaign).await.expect("started");
    campaign
}

async fn scenario(database: String) {
    let home = tempfile::tempdir().expect("a directory");
    let dir = home.path();
    let providers = |china: &str, america: &str| {
        [spool(dir, "china", "sms", china), spool(dir, "america", "sms", america), spool(dir, "mail", "email", "")]
            .concat()
    };
    let apart = providers("only_to = [\"+86\"]", "only_to = [\"+1\"]\nnot_to = [\"+1876\"]");
    let mut candour = Candour::prepare(dir, &database, SHORT_LEASE, &apart).await;
    candour.restart().await;
    let people = |country: &str, prefix: &str| -> String {
        let lines: Vec<_> =
            (0..EACH).map(|n| format!("{country}{n},{prefix}{n:02},{country}{n}@example.org\n")).collect();
        lines.concat()
    };
    let all =
        ["ref,phone,email\n", &people("c", "+86138123456"), &people("a", "+120255501"), &people("d", "+49151123456")];
    let campaign = begun(&candour, all.concat()).await;
    let state = candour.completed(&campaign).await;
    assert_eq!(state["counts"]["reached"], 3 * EACH, "{state}");
    let (china, america, mail) = (told(dir, "china"), told(dir, "america"), told(dir, "mail"));
    assert_eq!([china.len(), america.len(), mail.len()], [EACH; 3], "{china:?} {america:?} {mail:?}");
    assert!(china.iter().all(|number| number.starts_with("+86")), "{china:?}");
    assert!(america.iter().all(|number| number.starts_with("+1")), "{america:?}");
    assert!(mail.iter().all(|to| to.contains('d') && to.ends_with("@example.org")), "nobody carries Germany: {mail:?}");
    let attempts =
        candour.call(&candour.responder, "GET", &format!("/v1/campaigns/{campaign}/attempts?limit=500"), None).await;
    let of = |provider: &str| {
        let items = attempts["items"].as_array().expect("a list");
        items.iter().filter(|a| a["provider"] == provider).map(|a| a["outcome"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(of("china").len() + of("america").len(), 2 * EACH, "to be looked at is no attempt: {attempts}");
    assert_eq!(of("no provider").len(), EACH, "nobody was asked for Germany: {attempts}");
    assert_eq!(of("mail").len(), EACH);

    // China's provider hardly moves; then there is none, and the other carries everything.
    candour.terminate().await;
    configure(dir, &apart, &providers("only_to = [\"+86\"]\nrate = 0.01", "not_to = [\"+86\"]"));
    candour.restart().await;
    let csv = ["ref,phone,email\n", &people("c", "+86139123456"), &people("a", "+120255501")].concat();
    let campaign = begun(&candour, csv).await;
    candour.follow(&campaign, |state| state["counts"]["reached"].as_u64() >= Some(EACH as u64)).await;
    candour.terminate().await;
    let before = told(dir, "china").len();
    let rest = [spool(dir, "america", "sms", ""), spool(dir, "mail", "email", "")].concat();
    configure(dir, &providers("only_to = [\"+86\"]\nrate = 0.01", "not_to = [\"+86\"]"), &rest);
    candour.restart().await;
    let state = candour.completed(&campaign).await;
    assert_eq!(state["counts"]["reached"], 2 * EACH, "{state}");
    candour.logged(1, "no provider carries these any more").await;
    assert_eq!(told(dir, "china").len(), before);
    assert_eq!(told(dir, "mail").len(), EACH, "nobody had to go on");
    candour.terminate().await;
}

fn configure(dir: &Path, from: &str, to: &str) {
    let file = dir.join("candour.toml");
    let text = std::fs::read_to_string(&file).expect("the configuration");
    assert!(text.contains(from), "the providers stand there as they were written");
    std::fs::write(&file, text.replace(from, to)).expect("the configuration is written");
}
