//! Everything that is built in may be given away under our licence, and nothing banned is built in: `deny.toml`, held
//! without the tool that usually reads it.

use std::process::Command;

use serde_json::Value;
use toml::Table;

fn policy() -> Table {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/deny.toml");
    std::fs::read_to_string(path).expect("deny.toml is there").parse().expect("deny.toml is TOML")
}

/// Name and licence expression of every crate in the lock file.
fn packages() -> Vec<(String, String)> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |package: &Value, key: &str| package[key].as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array().expect("a list");
    packages.iter().map(|p| (text(p, "name"), text(p, "license"))).collect()
}

/// Whether an SPDX expression can be met with allowed licences alone. `/` is the old way to write OR.
fn permitted(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut place = 0;
    let permitted = either(&tokens, &mut place, allowed);
    permitted && place == tokens.len()
}

fn either(tokens: &[&str], place: &mut usize, allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut permitted = both(tokens, place, allowed);
    while tokens.get(*place) == Some(&"OR") {
        *place += 1;
        permitted |= both(tokens, place, allowed);
    }
    permitted
}

fn both(tokens: &[&str], place: &mut usize, allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut permitted = one(tokens, place, allowed);
    while tokens.get(*place) == Some(&"AND") {
        *place += 1;
        permitted &= one(tokens, place, allowed);
    }
    permitted
}

fn one(tokens: &[&str], place: &mut usize, allowed: &dyn Fn(&str) -> bool) -> bool {
    let Some(token) = tokens.get(*place) else { return false };
    *place += 1;
    if *token == "(" {
        let permitted = either(tokens, place, allowed);
        *place += 1;
        return permitted;
    }
    if tokens.get(*place) == Some(&"WITH") {
        let exception = tokens.get(*place + 1).copied().unwrap_or_default();
        *place += 2;
        return allowed(&format!("{token} WITH {exception}"));
    }
    allowed(token)
}

#[test]
fn every_crate_may_be_given_away_under_our_licence() {
    let policy = policy();
    let listed = policy["licenses"]["allow"].as_array().expect("a list").clone();
    let allowed = |licence: &str| listed.iter().any(|l| l.as_str() == Some(licence));
    let refused: Vec<_> = packages().into_iter().filter(|(_, licence)| !permitted(licence, &allowed)).collect();
    assert!(refused.is_empty(), "licences that deny.toml does not allow: {refused:?}");
}

#[test]
fn nothing_banned_is_built_in() {
    let policy = policy();
    let banned = policy["bans"]["deny"].as_array().expect("a list");
    let names = packages();
    for ban in banned {
        let name = ban["name"].as_str().expect("a name");
        assert!(!names.iter().any(|(package, _)| package == name), "{name}: {}", ban["reason"]);
    }
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    let allowed = |licence: &str| ["MIT", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"].contains(&licence);
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0/MIT", true),
        ("(GPL-3.0 OR MIT) AND Unicode-3.0", true),
        ("MIT AND GPL-3.0", false),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0", false),
        ("", false),
    ] {
        assert_eq!(permitted(expression, &allowed), expected, "{expression}");
    }
}
