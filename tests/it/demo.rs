//! The whole job as a newcomer runs it: every person is accounted for, and nobody is in the database by name.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::support::candour::BINARY;
use crate::support::databases;
use crate::support::dump::{contains, dump};

/// Parts of names, addresses, numbers and references of the made-up people.
const CANARIES: [&str; 9] =
    ["Schröder", "Jürgen", "O'Brien", "詠詩", "建国", "@mail.demo.example", "+491512", "/push/ok/", "P-0000"];

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
    let place = dir.path().join("demo");
    let output = Command::new(BINARY)
        .args(["demo", "--people", "400", "--exit", "--database", &database, "--dir"])
        .arg(&place)
        .env_clear()
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let (shown, errors) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{shown}\n{errors}");
    for part in ["it adds up", "sealed 400 people", "the author's own approval is refused", "audit chain", ": whole"] {
        assert!(shown.contains(part), "no {part:?} in:\n{shown}\n{errors}");
    }
    let mail = read_all(&place.join("mail"));
    assert!(mail.contains("Auto-Submitted: auto-generated"), "mail is there to be looked at");
    assert!(read_all(&place.join("messages")).contains("To: +"), "text messages are there to be looked at");
    for kind in ["json", "html", "pdf"] {
        let reports = std::fs::read_dir(place.join("reports")).unwrap();
        let made = reports.filter(|e| e.as_ref().unwrap().path().extension().is_some_and(|e| e == kind)).count();
        assert!(made >= 6, "{made} reports as {kind}:\n{shown}");
    }

    let dump = dump(&database).await;
    assert!(contains(&dump, "campaign.completed"), "the dump has what is written");
    for canary in CANARIES {
        assert!(!contains(&dump, canary), "{canary} is in the database");
        assert!(!errors.contains(canary), "{canary} is in the log:\n{errors}");
    }
}

fn read_all(directory: &Path) -> String {
    let files = std::fs::read_dir(directory).unwrap();
    files.map(|file| String::from_utf8_lossy(&std::fs::read(file.unwrap().path()).unwrap()).into_owned()).collect()
}
