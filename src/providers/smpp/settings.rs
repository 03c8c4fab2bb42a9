//! `kind = "smpp"`: an account at an SMSC.

use std::path::PathBuf;

use serde::Deserialize;

use crate::config::Secret;
use crate::domain::gsm7::National;
use crate::providers::settings::Faults;

/// The settings of an account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmppSettings {
    /// Host name, or an address; with TLS the certificate must be made out to it.
    pub host: String,
    /// Port.
    #[serde(default = "usual_port")]
    pub port: u16,
    /// Whether the connection is TLS from its first byte.
    #[serde(default)]
    pub tls: bool,
    /// Authorities to trust in place of the system's, as a PEM file.
    pub ca_file: Option<PathBuf>,
    /// Who binds, up to 15 characters.
    pub system_id: String,
    /// Its password, up to 8 characters.
    pub password: Secret,
    /// What the SMSC calls this kind of client, up to 12 characters.
    #[serde(default)]
    pub system_type: String,
    /// The number or name to send from.
    pub from: String,
    /// Type of number and numbering plan of the sender; told from how it looks when absent.
    pub from_ton: Option<u8>,
    /// The numbering plan.
    pub from_npi: Option<u8>,
    /// How texts longer than one message travel.
    #[serde(default)]
    pub long: Long,
    /// A shift table that may be used where the default alphabet lacks a letter.
    pub national: Option<National>,
    /// How the SMSC writes a message's id in its answer and in its receipts.
    #[serde(default)]
    pub ids: Ids,
    /// Codes in receipts (`err:`) that say that the number is dead; every SMSC has its own.
    #[serde(default)]
    pub dead_number_errors: Vec<String>,
    /// Messages on their way to the SMSC without its answer, at most.
    #[serde(default = "ten")]
    pub window: usize,
    /// Seconds to wait for an answer.
    #[serde(default = "thirty")]
    pub response_seconds: u64,
    /// Seconds of silence after which the SMSC is asked whether it is still there.
    #[serde(default = "thirty")]
    pub enquire_seconds: u64,
    /// How long the network may try, in seconds (60 to 1,209,600); the SMSC's own default when absent.
    pub validity_seconds: Option<u32>,
}

/// How texts longer than one message travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Long {
    /// As several messages that the phone joins (a user data header).
    #[default]
    Parts,
    /// As one request (`message_payload`), which the SMSC cuts.
    Payload,
}

/// How the SMSC writes a message's id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ids {
    /// The same in both.
    #[default]
    Same,
    /// Hexadecimal in its answer, decimal in receipts.
    DecimalInReceipts,
    /// Decimal in its answer, hexadecimal in receipts.
    HexInReceipts,
}

const fn usual_port() -> u16 {
    2775
}

const fn ten() -> usize {
    10
}

const fn thirty() -> u64 {
    30
}

impl SmppSettings {
    /// What of it contradicts itself or is no use.
    pub(super) fn check(&self) -> Result<(), Faults> {
        let mut found = Faults::default();
        let fits = |text: &str, most: usize| text.len() <= most && text.bytes().all(|b| b.is_ascii_graphic());
        found.require(!self.system_id.is_empty() && fits(&self.system_id, 15), "system_id", "give 1 to 15 characters");
        found.require(fits(self.password.expose(), 8), "password_file", "SMPP takes at most 8 characters");
        found.require(fits(&self.system_type, 12), "system_type", "give at most 12 characters");
        let sender = self.from.strip_prefix('+').unwrap_or(&self.from);
        let number = sender.bytes().all(|b| b.is_ascii_digit());
        let most = if number { 20 } else { 11 };
        found.require(
            !sender.is_empty() && sender.len() <= most && sender.is_ascii(),
            "from",
            "give a number, or a name of up to 11 plain characters",
        );
        found.require(self.window >= 1, "window", "give at least 1");
        found.require((1..=600).contains(&self.response_seconds), "response_seconds", "give 1 to 600");
        found.require((1..=3600).contains(&self.enquire_seconds), "enquire_seconds", "give 1 to 3600");
        let fits = self.validity_seconds.is_none_or(|s| (60..=1_209_600).contains(&s));
        found.require(fits, "validity_seconds", "give 60 to 1209600");
        found.none()
    }
}
