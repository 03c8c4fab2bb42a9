//! A variable that is not UTF-8 is named, where it is ours, and never printed.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use super::said;
use crate::support::candour::{Candour, SHORT_LEASE};
use crate::support::databases;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().expect("a directory");
    let candour = Candour::prepare(dir.path(), &database, SHORT_LEASE, "").await;
    let secret = OsStr::from_bytes(b"hunter2\xff");
    let mut ours = candour.prepared(&["keys", "list"]);
    ours.env("CANDOUR_KEYS__MASTER_KEY", secret);
    let (done, out, err) = said(ours).await;
    assert_eq!((done, out.as_str()), (false, ""), "{err}");
    assert_eq!(err, "candour: CANDOUR_KEYS__MASTER_KEY: its value is not UTF-8\n");
    let mut foreign = candour.prepared(&["keys", "list"]);
    foreign.env("LESSOPEN", secret);
    let (done, _, err) = said(foreign).await;
    assert!(done, "{err}");
}
