//! Personal data by type: it prints as a mask, wherever it goes.

use serde::{Deserialize, Serialize};

/// What can be wiped where it stands.
pub trait Wipe {
    /// Overwrites it, as far as the language allows without writing byte by byte: a message is some kilobytes, and there
    /// are millions.
    fn wipe(&mut self);
}

impl Wipe for String {
    fn wipe(&mut self) {
        let mut bytes = std::mem::take(self).into_bytes();
        bytes.clear();
        bytes.resize(bytes.capacity(), 0);
        // Whoever optimises must take it that the zeros are looked at.
        std::hint::black_box(&mut bytes);
    }
}

/// Wraps a piece of personal data so that `Debug` and `Display` never show it.
///
/// Serialisation shows it: whoever serialises decides where it goes (the sealed column, a message to its owner, a
/// list for a role that may see). The bytes are wiped on drop.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pii<T: Wipe>(T);

impl<T: Wipe> Pii<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Every call is a place where personal data leaves its wrapper; keep them few.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Wipe> Drop for Pii<T> {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

impl<T: Wipe> std::fmt::Debug for Pii<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[personal]")
    }
}

impl<T: Wipe> std::fmt::Display for Pii<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[personal]")
    }
}

/// Masks a text for people who may know that it exists but not what it is: first character and length class only.
#[must_use]
pub fn mask(text: &str) -> String {
    match text.chars().next() {
        None => String::new(),
        Some(first) => format!("{first}***"),
    }
}

/// Masks an email address: first character of the local part, the domain's last label.
#[must_use]
pub fn mask_email(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let last = domain.rsplit('.').next().unwrap_or("");
    format!("{}@***.{last}", mask(local))
}

/// Masks a phone number: country prefix and the last two digits.
#[must_use]
pub fn mask_phone(number: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    if digits.len() < 6 {
        return mask(number);
    }
    let head: String = digits[..3].iter().collect();
    let tail: String = digits[digits.len() - 2..].iter().collect();
    format!("{head}***{tail}")
}
