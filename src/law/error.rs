//! Why a rule file is refused.

/// What is wrong with a rule file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LawError {
    /// It cannot be read: no TOML, or a table, field or word that rule files do not have.
    #[error("{file}, line {line}: {reason}")]
    Line {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// The rule set as a whole is not sound.
    #[error("{file}, {field}: {reason}")]
    Set {
        /// The file.
        file: String,
        /// The field.
        field: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// A rule is not sound.
    #[error("{file}, rule {rule}, {field}: {reason}")]
    Rule {
        /// The file.
        file: String,
        /// The rule.
        rule: String,
        /// The field.
        field: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// A report form is not sound.
    #[error("{file}, form {form}, {field}: {reason}")]
    Form {
        /// The file.
        file: String,
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
