//! Files below the directory of templates that stand in for nothing: most likely misspelt.

use std::path::Path;

use crate::console::ConsolePages;
use crate::public::Pages;

/// Why it cannot be said that each file stands in for one.
#[derive(Debug, thiserror::Error)]
pub(super) enum Strays {
    /// The directory cannot be read.
    #[error("{0} cannot be read: {1}")]
    Unreadable(String, #[source] std::io::Error),
    /// Files that stand in for nothing.
    #[error(
        "nothing is replaced by: {}; a file stands in for the one of the same name in public/ or console/, and notices/ has its sets \
         and words",
        .0.join(", ")
    )]
    Found(Vec<String>),
}

/// Whether every file below a directory stands in for one. Those of notices are seen to where they are loaded.
pub(super) fn no_strays(directory: &Path) -> Result<(), Strays> {
    let mut found = Vec::new();
    walk(directory, "", &mut found)?;
    found.sort();
    if found.is_empty() { Ok(()) } else { Err(Strays::Found(found)) }
}

fn walk(directory: &Path, below: &str, found: &mut Vec<String>) -> Result<(), Strays> {
    let unreadable = |error| Strays::Unreadable(directory.display().to_string(), error);
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // What editors and version control leave behind.
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        let place = format!("{below}{name}");
        if path.is_dir() {
            if place != "notices" {
                walk(&path, &format!("{place}/"), found)?;
            }
        } else if !place.strip_prefix("public/").is_some_and(Pages::has)
            && !place.strip_prefix("console/").is_some_and(ConsolePages::has)
        {
            found.push(place);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_for_nothing_is_named() {
        let root = tempfile::tempdir().expect("a directory");
        let put = |file: &str| {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            std::fs::write(path, "").expect("a file");
        };
        for file in
            ["public/page.css", "public/words/de.toml", "console/list.html.hbs", "public/.list.html.hbs.swp", "a~"]
        {
            put(file);
        }
        put("notices/own/email.txt.hbs");
        assert!(no_strays(root.path()).is_ok());
        for file in ["public/lists.html.hbs", "page.css", "publik/page.css", "public/words/it.toml"] {
            put(file);
        }
        let said = no_strays(root.path()).expect_err("four stand in for nothing").to_string();
        let all = "by: page.css, public/lists.html.hbs, public/words/it.toml, publik/page.css; ";
        assert!(said.contains(all), "{said}");
    }
}
