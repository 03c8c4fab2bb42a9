//! Where messages of one channel go, as far as it decides which providers carry them: the kind of a push target, the first
//! digits of a number, the country of a postal address.

use super::contact::{ContactPoint, PushTarget};

/// What a provider carries within its channel. Each entry is the beginning of a destination: `+86` stands for all numbers
/// of China, `DE` for letters to Germany, `fcm` for Firebase's push targets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destinations {
    /// These alone; empty for all.
    pub only: Vec<String>,
    /// None of these.
    pub not: Vec<String>,
}

impl Destinations {
    /// Those that begin like this, and no others.
    #[must_use]
    pub fn only(beginning: &str) -> Self {
        Self { only: vec![beginning.to_owned()], not: Vec::new() }
    }

    /// Whether a message that goes there is carried.
    #[must_use]
    pub fn carry(&self, destination: &str) -> bool {
        let begins = |beginning: &String| destination.starts_with(beginning.as_str());
        (self.only.is_empty() || self.only.iter().any(begins)) && !self.not.iter().any(begins)
    }

    /// Every beginning that is named.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        self.only.iter().chain(&self.not).map(String::as_str)
    }
}

impl ContactPoint {
    /// Where messages to it go; empty where it is not known or makes no difference.
    #[must_use]
    pub fn destination(&self) -> &str {
        match self {
            Self::Email(_) => "",
            Self::Sms(number) | Self::Voice(number) => number.expose(),
            Self::Push(target) => target.kind(),
            Self::Letter(address) => address.country.as_deref().unwrap_or(""),
        }
    }
}

impl PushTarget {
    /// Which service takes messages for it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Fcm(_) | Self::FcmInstallation(_) => "fcm",
            Self::Apns(_) => "apns",
            Self::Ntfy(_) => "ntfy",
            Self::Webpush(_) => "webpush",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_carried_alone_or_not_at_all() {
        let china = Destinations::only("+86");
        assert!(china.carry("+8613800138000") && !china.carry("+14155550123") && !china.carry(""));
        let others = Destinations { only: Vec::new(), not: vec![String::from("+86")] };
        assert!(!others.carry("+8613800138000") && others.carry("+14155550123") && others.carry(""));
        let america = Destinations { only: vec![String::from("+1")], not: vec![String::from("+1876")] };
        assert!(america.carry("+14155550123") && !america.carry("+18765550123"));
        assert!(Destinations::default().carry("anything"));
    }
}
