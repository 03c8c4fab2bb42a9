//! What Amazon sets in the environment of a container that has a role: the address where its keys are given out, and what is
//! shown there. Filled in for providers that take their credentials from there and name neither themselves.

use toml::{Table, Value};

/// Where ECS answers, for the variable that names the path alone.
const ECS: &str = "http://169.254.170.2";

const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

/// Fills in the keys of providers with `credentials = "container"`.
pub(super) fn fill(merged: &mut Table, env: &[(String, String)]) {
    let set =
        |name: &str| env.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.clone());
    let url = set(RELATIVE).map(|path| format!("{ECS}{path}")).or_else(|| set(FULL));
    let token = set(TOKEN_FILE).map(|path| ("container_token_path", path));
    let token = token.or_else(|| set(TOKEN).map(|text| ("container_token", text)));
    let providers = merged.get_mut("providers").and_then(Value::as_array_mut);
    for entry in providers.into_iter().flatten().filter_map(Value::as_table_mut) {
        let asks = entry.get("credentials").and_then(Value::as_str) == Some("container");
        if !asks || entry.contains_key("container_url") {
            continue;
        }
        let shows = ["container_token", "container_token_file", "container_token_path"];
        if let Some((key, value)) = token.clone().filter(|_| !shows.iter().any(|key| entry.contains_key(*key))) {
            entry.insert(key.to_owned(), Value::String(value));
        }
        if let Some(url) = url.clone() {
            entry.insert(String::from("container_url"), Value::String(url));
        }
    }
}
