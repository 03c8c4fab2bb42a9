//! The register of incidents: what an authority may ask to see of each, notified or not.

use serde::Serialize;

/// The whole register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register {
    /// When it was made, RFC 3339.
    pub prepared_at: String,
    /// One entry an incident, oldest first. All have the same fields in the same order.
    pub entries: Vec<RegisterEntry>,
}

/// One incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegisterEntry {
    /// What it is called.
    pub title: String,
    /// What is to be said of it.
    pub fields: Vec<RegisterField>,
}

/// One field of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegisterField {
    /// Name of its column.
    pub key: &'static str,
    /// Its label, for people.
    pub label: &'static str,
    /// What it says; nothing where nothing is known.
    pub values: Vec<String>,
}
