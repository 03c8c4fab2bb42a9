//! The house keeps its floors: a room imports only from floors below it, each foreign crate has its home, and no file
//! grows past what one sitting can read.

use std::fs;
use std::path::{Path, PathBuf};

/// Rooms by floor, ground floor first. Rooms of one floor do not import each other.
const FLOORS: &[&[&str]] = &[
    &["domain"],
    &["law", "render"],
    &["channels", "providers", "store"],
    &["responders"],
    &[
        "delivery",
        "incidents",
        "deadlines",
        "alarms",
        "people",
        "remedies",
        "announcements",
        "reports",
        "intake",
        "evidence",
        "access",
        "retention",
    ],
    &["api", "console", "public", "bounces"],
    &["app", "cli", "main", "lib"],
];

/// Rooms that any floor may use, and that use nothing but the ground floor.
const LEAVES: &[&str] = &["config", "telemetry", "system"];

/// Foreign crates and the rooms that may name them.
const HOMES: &[(&str, &[&str])] = &[
    ("sqlx", &["store"]),
    ("lettre", &["providers"]),
    ("async_imap", &["bounces"]),
    ("mail_parser", &["providers"]),
    ("handlebars", &["render", "public", "console", "providers"]),
    ("typst", &["render"]),
    ("typst_pdf", &["render"]),
    ("chacha20", &["store"]),
    ("prometheus_client", &["telemetry"]),
    ("csv_async", &["people"]),
    ("rlibphonenumber", &["people", "incidents"]),
    ("clap", &["cli", "main"]),
    ("indicatif", &["cli"]),
    ("mailin", &["cli"]),
    ("getrandom", &["system"]),
];

/// Lines that a source file may have.
const LONGEST: usize = 400;

fn sources() -> Vec<(String, PathBuf, String)> {
    fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).expect("src can be read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&src, &mut found);
    found.sort();
    found
        .into_iter()
        .map(|path| {
            let inside = path.strip_prefix(&src).expect("below src").to_owned();
            let first = inside.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
            let room = first.trim_end_matches(".rs").to_owned();
            let code = fs::read_to_string(&path).expect("UTF-8");
            (room, inside, code)
        })
        .collect()
}

/// Code without comments, so that documentation may point upstairs.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(n, line)| (n + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

#[test]
fn rooms_import_only_from_floors_below() {
    let mut faults = Vec::new();
    for (room, path, text) in sources() {
        let leaf = LEAVES.contains(&room.as_str());
        let own = floor(&room);
        assert!(leaf || own.is_some(), "src/{room} is on no floor: say where it belongs in tests/it/architecture.rs");
        for (number, line) in code_lines(&text) {
            for (at, _) in line.match_indices("crate::") {
                if line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                    continue;
                }
                let rest = &line[at + "crate::".len()..];
                let target: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if target.is_empty() && rest.starts_with('{') {
                    faults.push(format!("{}:{number}: write one `use crate::room` a line", path.display()));
                    continue;
                }
                let fine = target == room
                    || (!leaf && LEAVES.contains(&target.as_str()))
                    || match (own, floor(&target)) {
                        (Some(own), Some(other)) => other < own || (own == FLOORS.len() - 1 && other == own),
                        (None, Some(other)) => other == 0,
                        (_, None) => false,
                    };
                if !fine {
                    faults.push(format!("{}:{number}: {room} may not import {target}", path.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn foreign_crates_stay_at_home() {
    let mut faults = Vec::new();
    for (room, path, text) in sources() {
        for (number, line) in code_lines(&text) {
            for (name, homes) in HOMES {
                let named = line.contains(&format!("{name}::")) || line.contains(&format!("use {name};"));
                if named && !line.contains(&format!("_{name}::")) && !homes.contains(&room.as_str()) {
                    faults.push(format!("{}:{number}: {name} belongs to {}", path.display(), homes.join(", ")));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn files_stay_short() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|(_, path, text)| (text.lines().count(), path))
        .filter(|(lines, _)| *lines > LONGEST)
        .map(|(lines, path)| format!("{}: {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "longer than {LONGEST} lines; does each still do one thing?\n{}", long.join("\n"));
}
