//! Files that are like another: a short file of parameters, filled into a shared one that has the rules.
//!
//! A file with `like = "us-common"` gives parameters; the shared file says in `[parameters]` which there are and what they
//! mean, and its rules name them in angle brackets. That is all there is to it:
//!
//! - `"<a.b>"` alone is the value of `b` in table `a`, whatever it is; a line whose value is not given falls away.
//! - `<a.b>` within a text is that value written out; then it must be given.
//! - `for = "a"` makes a rule or form once for the table `a`, or once for each entry if it is a list, which it names
//!   `<each.b>`; without the table there is no such rule. `needs = ["a.b"]` drops a rule where one of these is not given.
//! - Rules and forms of the file's own come after those of the shared one.

use toml::{Table, Value};

use super::error::LawError;

/// The file with its shared one filled in: a rule file like any other.
///
/// # Errors
/// A parameter that the shared file does not know, or one that a text needs and nobody gives.
pub(super) fn expand(file: &str, own: Table, shared: &Table) -> Result<Table, LawError> {
    let fail = |field: &str, reason: String| LawError::Set {
        file: file.to_owned(),
        line: None,
        field: field.to_owned(),
        reason,
    };
    let known = shared.get("parameters").and_then(Value::as_table);
    let known: Vec<&str> = known.map(|known| known.keys().map(String::as_str).collect()).unwrap_or_default();
    let mut parameters = own;
    parameters.remove("like");
    let mut whole = Table::new();
    for kind in ["rule", "form"] {
        let mut made = Vec::new();
        for item in shared.get(kind).and_then(Value::as_array).into_iter().flatten() {
            made.extend(instances(item, &parameters).map_err(|missing| {
                fail(&missing, String::from("the shared file needs it for a text, and this file does not give it"))
            })?);
        }
        if let Some(Value::Array(more)) = parameters.remove(kind) {
            made.extend(more);
        }
        if kind == "form" {
            // Versions of a rule share its form.
            let mut seen = std::collections::BTreeSet::new();
            made.retain(|form| seen.insert(form.get("id").map(Value::to_string)));
        }
        if !made.is_empty() {
            whole.insert(kind.to_owned(), Value::Array(made));
        }
    }
    check_known(&parameters, "", &known).map_err(|unknown| {
        let nearest = known.iter().max_by(|a, b| strsim::jaro(a, &unknown).total_cmp(&strsim::jaro(b, &unknown)));
        let hint = nearest.map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default();
        fail(&unknown, format!("the shared file has no such parameter{hint}"))
    })?;
    for (key, value) in parameters {
        if !known.iter().any(|path| path.split('.').next() == Some(key.as_str())) || HEAD.contains(&key.as_str()) {
            whole.insert(key, value);
        }
    }
    Ok(whole)
}

/// Tables that are parameters and part of the head, too.
const HEAD: [&str; 6] = ["id", "name", "authority", "routes", "substitute", "levels"];

/// Fields of the head that are no parameters.
const PLAIN: [&str; 7] =
    ["status", "language", "rules_version", "effective_from", "effective_until", "applies", "doubts"];

/// Finds a parameter that nobody has declared. A declared table covers all that is in it.
fn check_known(table: &Table, under: &str, known: &[&str]) -> Result<(), String> {
    for (key, value) in table {
        let path = if under.is_empty() { key.clone() } else { format!("{under}.{key}") };
        if known.contains(&path.as_str())
            || (under.is_empty() && (PLAIN.contains(&key.as_str()) || HEAD.contains(&key.as_str())))
        {
            continue;
        }
        let entries: Vec<&Table> = match value {
            Value::Table(inner) => vec![inner],
            Value::Array(list) => list.iter().filter_map(Value::as_table).collect(),
            _ => Vec::new(),
        };
        if entries.is_empty() || !known.iter().any(|k| k.starts_with(&format!("{path}."))) {
            return Err(path);
        }
        for entry in entries {
            check_known(entry, &path, known)?;
        }
    }
    Ok(())
}

/// A rule or form of the shared file, as often as the parameters call for it.
fn instances(item: &Value, parameters: &Table) -> Result<Vec<Value>, String> {
    let Some(table) = item.as_table() else { return Ok(Vec::new()) };
    let mut body = table.clone();
    let per = body.remove("for");
    let needs = body.remove("needs");
    let needed = needs.as_ref().and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let given = |path: &str| look(parameters, path).is_some_and(|value| value.as_array().is_none_or(|a| !a.is_empty()));
    for path in needed {
        if !given(path) {
            return Ok(Vec::new());
        }
    }
    let each: Vec<Option<&Value>> = match per.as_ref().and_then(Value::as_str) {
        None => vec![None],
        Some(path) => match look(parameters, path) {
            None => Vec::new(),
            Some(Value::Array(list)) => list.iter().map(Some).collect(),
            Some(one) => vec![Some(one)],
        },
    };
    let mut made = Vec::new();
    for each in each {
        let scope = Scope { parameters, each };
        if let Some(value) = scope.fill(&Value::Table(body.clone()))? {
            made.push(value);
        }
    }
    Ok(made)
}

struct Scope<'a> {
    parameters: &'a Table,
    each: Option<&'a Value>,
}

impl Scope<'_> {
    fn look(&self, path: &str) -> Option<&Value> {
        match path.strip_prefix("each.") {
            Some(rest) => look(self.each?.as_table()?, rest),
            None => look(self.parameters, path),
        }
    }

    /// The value with its names replaced; `None` where it is a name that is not given.
    fn fill(&self, value: &Value) -> Result<Option<Value>, String> {
        Ok(match value {
            Value::String(text) => {
                if let Some(path) = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'))
                    && !path.contains('<')
                {
                    return Ok(self.look(path).cloned());
                }
                Some(Value::String(self.write(text)?))
            }
            Value::Array(list) => {
                let mut filled = Vec::new();
                for item in list {
                    filled.extend(self.fill(item)?);
                }
                Some(Value::Array(filled))
            }
            Value::Table(table) => {
                let mut filled = Table::new();
                for (key, value) in table {
                    if let Some(value) = self.fill(value)? {
                        filled.insert(key.clone(), value);
                    }
                }
                Some(Value::Table(filled))
            }
            other => Some(other.clone()),
        })
    }

    fn write(&self, text: &str) -> Result<String, String> {
        let mut written = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            written.push_str(before);
            let Some((path, after)) = after.split_once('>') else { return Ok(text.to_owned()) };
            match self.look(path) {
                Some(Value::String(value)) => written.push_str(value),
                Some(value @ (Value::Integer(_) | Value::Datetime(_))) => written.push_str(&value.to_string()),
                _ => return Err(path.to_owned()),
            }
            rest = after;
        }
        written.push_str(rest);
        Ok(written)
    }
}

fn look<'a>(table: &'a Table, path: &str) -> Option<&'a Value> {
    match path.split_once('.') {
        None => table.get(path),
        Some((first, rest)) => look(table.get(first)?.as_table()?, rest),
    }
}
