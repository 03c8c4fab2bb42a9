//! Sources laid over each other: defaults, file, environment, flags.

use std::ffi::OsString;
use std::path::Path;

use toml::{Table, Value};

use super::ConfigError;
use super::schema;

/// Start of the names of our variables.
const PREFIX: &str = "CANDOUR_";

/// Variables with that start that are not keys: the command line reads them itself.
const NOT_KEYS: [&str; 3] = ["CANDOUR_CONFIG", "CANDOUR_URL", "CANDOUR_API_KEY"];

/// Whether a variable is one of those with our start that are no keys.
fn is_no_key(name: &str, value: &str) -> bool {
    NOT_KEYS.contains(&name) || is_of_kubernetes(name, value)
}

/// Whether a variable is one that Kubernetes sets for a Service whose name begins with ours. No key looks like one: each has
/// two underscores.
fn is_of_kubernetes(name: &str, value: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let of_a_port = |(_, rest): (&str, &str)| number(rest.split('_').next().unwrap_or_default());
    !name.contains("__")
        && (name.ends_with("_SERVICE_HOST")
            || name.contains("_SERVICE_PORT")
            || (name.ends_with("_PORT") && value.contains("://"))
            || name.split_once("_PORT_").is_some_and(of_a_port))
}

/// The environment as text. What is not text and not ours is none of our business.
pub(super) fn in_text(env: impl Iterator<Item = (OsString, OsString)>) -> Result<Vec<(String, String)>, ConfigError> {
    let mut texts = Vec::new();
    for (name, value) in env {
        let Ok(name) = name.into_string() else { continue };
        match value.into_string() {
            Ok(value) => texts.push((name, value)),
            Err(_) if name.starts_with(PREFIX) && !NOT_KEYS.contains(&name.as_str()) => {
                return Err(ConfigError::NotText { name });
            }
            Err(_) => {}
        }
    }
    Ok(texts)
}

/// The defaults with a file laid over them.
pub(super) fn from_file(file: Option<&Path>) -> Result<Table, ConfigError> {
    let mut merged: Table = schema::DEFAULT.parse().expect("default.toml is TOML; a test loads it");
    if let Some(path) = file {
        let unreadable = |source| ConfigError::Unreadable { path: path.to_path_buf(), source };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let layer: Table = text.parse().map_err(|error| syntax(path, &text, &error))?;
        schema::check(&layer)?;
        merge(&mut merged, layer);
    }
    Ok(merged)
}

/// Names the line and not its content, which may be a secret that stands in the wrong place.
fn syntax(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    ConfigError::Syntax { path: path.to_path_buf(), line, reason: error.message().to_owned() }
}

/// Lays the variables that are ours over what there is; others are none of our business.
pub(super) fn apply_environment(merged: &mut Table, env: &[(String, String)]) -> Result<(), ConfigError> {
    let mut ours: Vec<_> =
        env.iter().filter(|(name, value)| name.starts_with(PREFIX) && !is_no_key(name, value)).collect();
    ours.sort();
    for (name, value) in ours {
        let path: Vec<_> = name[PREFIX.len()..].split("__").map(str::to_lowercase).collect();
        set(merged, &path, value)
            .map_err(|source| ConfigError::Given { name: name.clone(), source: Box::new(source) })?;
    }
    Ok(())
}

/// Lays a flag's value over what there is; `key` is a path with dots.
pub(super) fn apply_flag(merged: &mut Table, key: &str, value: &str) -> Result<(), ConfigError> {
    set(merged, &key.split('.').map(str::to_owned).collect::<Vec<_>>(), value)
}

fn set(merged: &mut Table, path: &[String], text: &str) -> Result<(), ConfigError> {
    if let [first, provider, rest @ ..] = path
        && first == "providers"
        && !rest.is_empty()
    {
        return set_provider(merged, path, provider, rest, text);
    }
    let value = typed(path, text, schema::documented(path, None)?)?;
    put(merged, path, value);
    Ok(())
}

fn set_provider(
    merged: &mut Table,
    path: &[String],
    name: &str,
    rest: &[String],
    text: &str,
) -> Result<(), ConfigError> {
    let same = |entry: &Value| {
        entry.get("name").and_then(Value::as_str).is_some_and(|n| n.replace('-', "_") == name.replace('-', "_"))
    };
    let providers = merged.get_mut("providers").and_then(Value::as_array_mut);
    let entry = providers.and_then(|all| all.iter_mut().find(|e| same(e))).and_then(Value::as_table_mut);
    let Some(entry) = entry else { return Err(ConfigError::NoSuchProvider { name: name.to_owned() }) };
    let kind = entry.get("kind").and_then(Value::as_str).map(str::to_owned);
    let value = typed(path, text, schema::documented(path, kind.as_deref())?)?;
    put(entry, rest, value);
    Ok(())
}

/// The text as the type that the documentation's value has.
fn typed(path: &[String], text: &str, like: &Value) -> Result<Value, ConfigError> {
    let parsed = match like {
        Value::String(_) => Ok(Value::String(text.to_owned())),
        Value::Integer(_) => text.trim().parse().map(Value::Integer).map_err(|_| "a whole number"),
        Value::Float(_) => text.trim().parse().map(Value::Float).map_err(|_| "a number"),
        Value::Boolean(_) => text.trim().parse().map(Value::Boolean).map_err(|_| "true or false"),
        Value::Array(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Ok(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
        }
        Value::Datetime(_) | Value::Table(_) => Err("a single value"),
    };
    parsed.map_err(|wanted| ConfigError::Type { key: path.join("."), wanted, got: "something else" })
}

fn put(table: &mut Table, path: &[String], value: Value) {
    let [first, rest @ ..] = path else { return };
    if rest.is_empty() {
        table.insert(first.clone(), value);
        return;
    }
    let inner = table.entry(first.clone()).or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(inner) = inner {
        put(inner, rest, value);
    }
}

/// Tables merge; everything else, lists too, is replaced.
fn merge(under: &mut Table, over: Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => merge(under, over),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}
