//! Two kinds of push providers would each be given targets of the other: that is refused before anybody is told.

use std::path::Path;
use std::sync::Arc;

use candour::app;
use candour::config::Config;
use candour::domain::clock::{Clock, Entropy};
use candour::system::System;

fn providers(dir: &Path, tables: &[&str]) -> Result<usize, String> {
    let file = dir.join("candour.toml");
    std::fs::write(&file, tables.concat()).expect("the configuration is written");
    let config = Config::load(Some(&file), std::iter::empty(), &[]).expect("a configuration");
    let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) = (Arc::new(System), Arc::new(System));
    app::providers(&config, &clock, &entropy).map(|all| all.iter().count()).map_err(|error| error.to_string())
}

#[test]
fn push_of_several_kinds_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let key = dir.path().join("vapid.key");
    std::fs::write(&key, "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE").expect("the key is written");
    let browsers = |name: &str| {
        format!(
            "[[providers]]\nkind = \"webpush\"\nname = \"{name}\"\nvapid_private_key_file = \"{}\"\nsubject = \"mailto:a@example.org\"\n",
            key.display()
        )
    };
    let topics = "[[providers]]\nkind = \"ntfy\"\nname = \"topics\"\nurl = \"https://ntfy.example.org\"\n";
    assert_eq!(
        providers(dir.path(), &[&browsers("one"), &browsers("two")]),
        Ok(2),
        "two of one kind share their people"
    );
    let refused = providers(dir.path(), &[&browsers("one"), topics]).expect_err("two kinds");
    assert!(refused.contains("ntfy, webpush") && refused.contains("one kind"), "{refused}");
}
