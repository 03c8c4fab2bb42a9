//! A template of a page that uses a name which is not there: found by `check` and at the start, and not by the public.

use super::said;
use crate::support::candour::{Candour, SHORT_LEASE};
use crate::support::databases;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().expect("a directory");
    let templates = dir.path().join("templates");
    for room in ["public", "console"] {
        std::fs::create_dir_all(templates.join(room)).expect("a directory");
    }
    let put = |file: &str, text: &str| std::fs::write(templates.join(file), text).expect("a file");
    let own = format!("[templates]\ndirectory = \"{}\"\n", templates.display());
    let candour = Candour::prepare(dir.path(), &database, SHORT_LEASE, &own).await;
    let (done, out, err) = said(candour.prepared(&["check"])).await;
    assert!(done, "{out}{err}");

    for (file, what) in [("public/not_found.html.hbs", "public pages"), ("console/list.html.hbs", "console")] {
        put(file, "<p>{{titel}}</p>");
        let (done, out, _) = said(candour.prepared(&["check"])).await;
        let fault = out.lines().find(|line| line.starts_with("FAULT")).expect("a fault");
        assert!(!done && fault.contains(file) && fault.contains("titel"), "{out}");
        let (done, _, err) = said(candour.prepared(&["serve"])).await;
        assert!(!done && err.contains(&format!("the {what}")) && err.contains(file), "{err}");
        std::fs::remove_file(templates.join(file)).expect("it was there");
    }

    put("public/lists.html.hbs", "");
    let (done, out, _) = said(candour.prepared(&["check"])).await;
    assert!(!done && out.contains("nothing is replaced by: public/lists.html.hbs"), "{out}");
}
