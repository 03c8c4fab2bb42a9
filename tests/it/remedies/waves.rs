//! One code per person, for good: a repeated email, the letter after it and a further campaign all carry the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::json;

use super::{codes, codes_in, notice};
use crate::support::candour::{CallFault, Candour};
use crate::support::databases;
use crate::support::http_stub::{HttpStub, answer};
use crate::support::pdf::tool;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

const PEOPLE: &str = "ref,name,email,address_line1,city,postcode,country\n\
                      P1,Ann Lee,p1@example.net,1 Elm St,Austin,78701,US\n\
                      P2,Bob Ray,p2@example.net,,,,\n";
const MORE: &str = "ref,name,email,address_line1,city,postcode,country\n\
                    P2,Bob Ray,p2@example.net,2 Elm St,Austin,78701,US\n\
                    P3,Cy Dow,,3 Elm St,Austin,78701,US\n";

/// The codes in the letters, by the first name on them.
fn letters(directory: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let files = std::fs::read_dir(directory).into_iter().flatten().map(|entry| entry.unwrap().path());
    for file in files.filter(|file| file.extension().is_some_and(|e| e == "pdf")) {
        let text = tool("pdftotext", "poppler-utils", &["-"], &file);
        let name = ["Ann", "Bob", "Cy"].into_iter().find(|name| text.contains(name)).expect("a name");
        found.entry(name.to_owned()).or_default().extend(codes_in(&text));
    }
    found
}

/// The codes in the emails, by their recipients.
fn emails(stub: &HttpStub) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for heard in stub.heard() {
        let (message, body) = (heard.json(), String::from_utf8(heard.body).unwrap());
        let to = message["To"].as_str().expect("a recipient");
        let address = ["p1@", "p2@"].into_iter().find(|address| to.contains(address)).expect("one of ours");
        found.entry(address.to_owned()).or_default().extend(codes_in(&body));
    }
    found
}

fn one(codes: &BTreeMap<String, BTreeSet<String>>, of: &str) -> String {
    let codes = codes.get(of).unwrap_or_else(|| panic!("nothing to {of} in {codes:?}"));
    assert_eq!(codes.len(), 1, "{of} was told {codes:?}");
    codes.first().unwrap().clone()
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("token"), "let-me-in\n").unwrap();
    let dead = answer(422, r#"{"ErrorCode":406,"Message":"inactive"}"#);
    let busy = || answer(500, r#"{"ErrorCode":100,"Message":"maintenance"}"#);
    let stub = HttpStub::start(vec![busy(), busy(), dead]).await;
    let out = dir.path().join("letters");
    let providers = format!(
        "[[providers]]\nkind = \"postmark\"\nname = \"mail\"\nbase_url = \"{}\"\nserver_token_file = \"{}\"\n\
         from = \"incident@example.org\"\nconcurrency = 2\n\
         [[providers]]\nkind = \"spool\"\nname = \"letters\"\nchannel = \"letter\"\ndirectory = \"{}\"\n\
         sender = {{ lines = [\"Example\", \"Austin\"], country = \"US\" }}\n",
        stub.url.as_str().trim_end_matches('/'),
        dir.path().join("token").display(),
        out.display()
    );
    let mut candour = Candour::start(dir.path(), &database, &providers).await;
    let incident = candour.file().await.unwrap();
    candour.import(&incident, PEOPLE.to_owned()).await.unwrap();
    candour.write(&incident, notice(&["email", "letter"])).await;
    candour.import_codes(&incident, codes(0, 2)).await;
    let first = candour.propose(&incident).await.unwrap();
    candour.let_go(&first).await;
    let state = candour.completed(&first).await;
    assert_eq!((&state["counts"]["reached"], &state["counts"]["unreachable"]), (&json!(1), &json!(1)), "{state}");
    assert!(stub.heard().len() >= 4, "both are tried again");
    let (mails, printed) = (emails(&stub), letters(&out));
    let (ann, bob) = (one(&mails, "p1@"), one(&mails, "p2@"));
    assert_ne!(ann, bob);
    assert_eq!(one(&printed, "Ann"), ann, "the letter after the email");
    let pool = json!({ "imported": 2, "assigned": 2, "sent": 2, "left": 0, "returned": 0 });
    assert_eq!(candour.pool(&incident).await, pool);

    // An address for whom nobody reached, and somebody new.
    candour.import(&incident, MORE.to_owned()).await.unwrap();
    let refused = candour.propose(&incident).await;
    assert!(
        matches!(&refused, Err(CallFault::Refused(409, why)) if why.contains("1 more remedy codes")),
        "{refused:?}"
    );
    candour.import_codes(&incident, codes(2, 2)).await;
    let second = candour.propose(&incident).await.unwrap();
    candour.let_go(&second).await;
    let state = candour.completed(&second).await;
    assert_eq!((&state["counts"]["reached"], &state["counts"]["suppressed"]), (&json!(2), &json!(1)), "{state}");
    let printed = letters(&out);
    assert_eq!(one(&emails(&stub), "p2@"), bob, "in a further campaign");
    assert_eq!((one(&printed, "Ann"), one(&printed, "Bob")), (ann.clone(), bob.clone()));
    let cy = one(&printed, "Cy");
    assert!(cy != ann && cy != bob);

    // Whoever was told keeps theirs; what is left goes back.
    let pool = format!("/v1/incidents/{incident}/remedy-codes");
    let released = candour.call(&candour.responder, "POST", &format!("{pool}/release"), None).await;
    assert_eq!(released["codes"], 0, "{released}");
    let returned = candour.call(&candour.approver, "POST", &format!("{pool}/return"), None).await;
    let counts = json!({ "imported": 4, "assigned": 3, "sent": 3, "left": 0, "returned": 1 });
    assert_eq!((&returned["codes"], &returned["pool"]), (&json!(1), &counts));
    candour.terminate().await;
    let log = candour.log();
    assert!(codes_in(&log).is_empty(), "a code is in the log");
}
