//! Which keys there are: read from `default.toml` itself, so that what is not documented does not exist.

use std::sync::LazyLock;

use toml::{Table, Value};

use super::{ConfigError, ProviderEntry};

/// The embedded file: defaults and documentation in one. Each kind of provider has a file of its own.
pub(super) const DEFAULT: &str = concat!(
    include_str!("default.toml"),
    include_str!("providers/about.toml"),
    include_str!("providers/smtp.toml"),
    include_str!("providers/ses.toml"),
    include_str!("providers/sendgrid.toml"),
    include_str!("providers/postmark.toml"),
    include_str!("providers/mailgun.toml"),
    include_str!("providers/twilio.toml"),
    include_str!("providers/twilio_voice.toml"),
    include_str!("providers/smpp.toml"),
    include_str!("providers/kannel.toml"),
    include_str!("providers/vonage.toml"),
    include_str!("providers/sns.toml"),
    include_str!("providers/messagebird.toml"),
    include_str!("providers/aliyun.toml"),
    include_str!("providers/tencent.toml"),
    include_str!("providers/webpush.toml"),
    include_str!("providers/fcm.toml"),
    include_str!("providers/apns.toml"),
    include_str!("providers/ntfy.toml"),
    include_str!("providers/print.toml"),
    include_str!("providers/lob.toml"),
    include_str!("providers/pingen.toml"),
    include_str!("providers/govuk_notify.toml"),
    include_str!("providers/http.toml"),
    include_str!("providers/spool.toml"),
);

/// What every kind of provider has, where its own example does not show it.
const COMMON: &str = "concurrency = 8\nrate = 100.0\nprice = \"0.0075 USD\"\ntimeout_seconds = 30\nonly_to = [\"+86\"]\nnot_to = [\"+86\"]";

/// The value by which the documentation marks a secret that only the environment may give.
const ENVIRONMENT_ONLY: &str = "env";

/// Furthest distance at which a key is taken for a misspelling of another.
const NEAR: f64 = 0.6;

/// Every key with its default or its example.
static SCHEMA: LazyLock<Table> = LazyLock::new(|| {
    let mut schema: Table =
        uncommented().parse().expect("default.toml is TOML with its examples uncommented; a test parses it");
    let common: Table = COMMON.parse().expect("a constant");
    let examples = schema.get_mut("providers").and_then(Value::as_array_mut).into_iter().flatten();
    for example in examples.filter_map(Value::as_table_mut) {
        for (key, value) in &common {
            example.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    schema
});

/// The embedded file with its examples in force: lines that start with `#` and no blank lose the `#`.
fn uncommented() -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|c: char| c == '[' || c.is_ascii_lowercase()) => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    DEFAULT.lines().map(line).collect()
}

/// Checks that a file has known keys of the right type, and no secrets.
pub(super) fn check(layer: &Table) -> Result<(), ConfigError> {
    check_table(layer, &SCHEMA, &mut Vec::new())
}

fn check_table(layer: &Table, schema: &Table, path: &mut Vec<String>) -> Result<(), ConfigError> {
    for (key, value) in layer {
        path.push(key.clone());
        let Some(known) = known(schema, key) else { return Err(unknown(path, schema)) };
        check_value(value, known, path)?;
        path.pop();
    }
    Ok(())
}

/// What the documentation says of a key. `*` stands for any name, `*_file` for any that ends so.
fn known<'a>(schema: &'a Table, key: &str) -> Option<&'a Value> {
    let any_file = || schema.get("*_file").filter(|_| key.ends_with("_file"));
    schema.get(key).or_else(any_file).or_else(|| schema.get("*"))
}

fn check_value(value: &Value, known: &Value, path: &mut Vec<String>) -> Result<(), ConfigError> {
    if is_secret(known) {
        return Err(ConfigError::SecretInFile { key: path.join(".") });
    }
    match (value, known) {
        (Value::Table(inner), Value::Table(schema)) => check_table(inner, schema, path),
        (Value::Array(entries), Value::Array(_)) if path.len() == 1 && path[0] == "providers" => {
            entries.iter().try_for_each(|entry| check_provider(entry, path))
        }
        (Value::Integer(_), Value::Float(_)) => Ok(()),
        _ if value.same_type(known) => Ok(()),
        _ => Err(ConfigError::Type { key: path.join("."), wanted: words_for(known), got: words_for(value) }),
    }
}

/// Whether a documented value marks a secret.
pub(super) fn is_secret(known: &Value) -> bool {
    known.as_str() == Some(ENVIRONMENT_ONLY)
}

/// A provider has the keys of the example of its kind.
fn check_provider(entry: &Value, path: &mut Vec<String>) -> Result<(), ConfigError> {
    let wrong = |wanted| ConfigError::Type { key: String::from("providers"), wanted, got: words_for(entry) };
    let table = entry.as_table().ok_or_else(|| wrong("a list of [[providers]] tables"))?;
    let kind = table.get("kind").and_then(Value::as_str).unwrap_or_default();
    let Some(schema) = example(kind) else {
        return Err(ConfigError::ProviderKind { kind: kind.to_owned(), known: kinds().join(", ") });
    };
    let name = table.get("name").and_then(Value::as_str).unwrap_or("(no name)");
    path.push(name.to_owned());
    check_table(table, schema, path)?;
    path.pop();
    Ok(())
}

fn examples() -> impl Iterator<Item = &'static Table> {
    SCHEMA.get("providers").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_table)
}

fn kinds() -> Vec<&'static str> {
    examples().filter_map(|e| e.get("kind")?.as_str()).collect()
}

/// The documented examples without what is common to all, their secrets in place of the files.
pub(super) fn documented_providers() -> Vec<ProviderEntry> {
    let mut documented: Table = uncommented().parse().unwrap_or_default();
    let mut all = documented.remove("providers").unwrap_or_else(|| Value::Array(Vec::new()));
    all.as_array_mut().into_iter().flatten().filter_map(Value::as_table_mut).for_each(drop_files);
    all.try_into().unwrap_or_default()
}

fn drop_files(table: &mut Table) {
    let secrets: Vec<_> = table.iter().filter(|(_, known)| is_secret(known)).map(|(key, _)| key.clone()).collect();
    for key in secrets {
        table.remove(&format!("{key}_file"));
    }
    table.retain(|key, value| !(key.ends_with("_files") && value.is_array()));
    table.iter_mut().filter_map(|(_, value)| value.as_table_mut()).for_each(drop_files);
}

/// The documented example of a kind.
pub(super) fn example(kind: &str) -> Option<&'static Table> {
    examples().find(|e| e.get("kind").and_then(Value::as_str) == Some(kind))
}

/// The documented value of a key, which tells the type of what a variable holds. `kind` is that of the provider the
/// path leads into.
pub(super) fn documented(path: &[String], kind: Option<&str>) -> Result<&'static Value, ConfigError> {
    let (mut table, rest): (&Table, &[String]) = match (path, kind) {
        ([_, _, rest @ ..], Some(kind)) => match example(kind) {
            Some(table) => (table, rest),
            None => return Err(unknown(path, &SCHEMA)),
        },
        _ => (&*SCHEMA, path),
    };
    for (place, key) in rest.iter().enumerate() {
        match known(table, key) {
            Some(Value::Table(inner)) if place + 1 < rest.len() => table = inner,
            Some(value) if place + 1 == rest.len() && !value.is_table() => return Ok(value),
            _ => return Err(unknown(path, table)),
        }
    }
    Err(unknown(path, table))
}

/// The error for a key that is not there, with the nearest that is: beside it, or of the same name elsewhere.
fn unknown(path: &[String], beside: &Table) -> ConfigError {
    let last = path.last().map_or("", String::as_str);
    let parent = path.split_last().map(|(_, parent)| parent.join(".")).unwrap_or_default();
    let near = |key: &str| strsim::normalized_damerau_levenshtein(last, key);
    let sibling = beside
        .keys()
        .filter(|key| near(key) >= NEAR)
        .max_by(|a, b| near(a).total_cmp(&near(b)))
        .map(|key| if parent.is_empty() { key.clone() } else { format!("{parent}.{key}") });
    let nearest = sibling.or_else(|| elsewhere(last, &SCHEMA, "")).map(|key| format!("; did you mean `{key}`?"));
    ConfigError::UnknownKey { key: path.join("."), hint: nearest.unwrap_or_default() }
}

fn elsewhere(name: &str, table: &Table, prefix: &str) -> Option<String> {
    table.iter().find_map(|(key, value)| match value {
        Value::Table(inner) => elsewhere(name, inner, &format!("{prefix}{key}.")),
        _ => (key == name).then(|| format!("{prefix}{key}")),
    })
}

fn words_for(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "text in quotes",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    #[test]
    fn the_documentation_with_every_example_in_force_is_a_configuration() {
        let config: Config = toml::from_str(&uncommented()).unwrap();
        assert!(kinds().starts_with(&["smtp", "ses"]));
        assert_eq!(config.providers.iter().map(|p| p.kind.as_str()).collect::<Vec<_>>(), kinds());
        assert_eq!(documented_providers().len(), kinds().len());
    }
}
