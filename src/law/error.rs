//! Why a rule file is refused.

/// What is wrong with a rule file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LawError {
    /// It cannot be read: no TOML, or a table, field or word that rule files do not have.
    #[error("{file}, line {line}{}: {reason}", of(field))]
    Line {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// Path of the field, empty where it is no TOML.
        field: String,
        /// What is wrong.
        reason: String,
    },
    /// The rule set as a whole is not sound.
    #[error("{file}{}, {field}: {reason}", at(*.line))]
    Set {
        /// The file.
        file: String,
        /// The line, from 1; none where the file is filled into a shared one.
        line: Option<usize>,
        /// The field.
        field: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// A rule is not sound.
    #[error("{file}{}, rule {rule}, {field}: {reason}", at(*.line))]
    Rule {
        /// The file.
        file: String,
        /// The line, from 1; none where the rule comes from a shared file.
        line: Option<usize>,
        /// The rule.
        rule: String,
        /// The field.
        field: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// A report form is not sound.
    #[error("{file}{}, form {form}, {field}: {reason}", at(*.line))]
    Form {
        /// The file.
        file: String,
        /// The line, from 1; none where the form comes from a shared file.
        line: Option<usize>,
        /// The form.
        form: String,
        /// The field.
        field: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// The directory of overrides cannot be read.
    #[error("the rules in {directory} cannot be read: {reason}; check law.overrides")]
    Directory {
        /// The directory.
        directory: String,
        /// Why.
        reason: String,
    },
}

/// A line in words, where it is known.
fn at(line: Option<usize>) -> String {
    line.map(|line| format!(", line {line}")).unwrap_or_default()
}

/// A field in words, where it is known.
fn of(field: &str) -> String {
    if field.is_empty() { String::new() } else { format!(", {field}") }
}
