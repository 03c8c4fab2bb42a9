//! How a person can be reached, without saying who it is.
//!
//! It decides the cascade when a population is sealed, so the database keeps it readable: how many contact points there are
//! of each channel, and the few yes and no that laws choose a way by. A date of birth or an address is never part of it.

use super::channel::Channel;
use super::person::MAX_POINTS_PER_CHANNEL;

/// How many contact points of each channel a person has, and what the law's choice of a way depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reach {
    points: [u8; 5],
    /// A bit for each channel that the person has agreed to.
    consent: u8,
    /// A bit for each mark.
    marks: u8,
}

/// A yes or no that laws choose a way by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is known which data of this person was exposed; else what the incident says holds.
    OwnData,
    /// Of that data, whoever has it reads the person's mail.
    MailboxLeaked,
    /// Under eighteen on the day of the import.
    Minor,
    /// A guardian is known who can be told.
    HasGuardian,
    /// Told as somebody's guardian.
    Guardian,
}

/// The digits of consent and marks: five bits each.
const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

impl Reach {
    /// Characters of [`Reach::to_code`].
    pub const CODE_LEN: usize = 7;

    /// With so many contact points of a channel, at most [`MAX_POINTS_PER_CHANNEL`].
    #[must_use]
    pub fn with(mut self, channel: Channel, points: usize) -> Self {
        self.points[channel as usize] = u8::try_from(points.min(MAX_POINTS_PER_CHANNEL)).unwrap_or(0);
        self
    }

    /// With the person's agreement to a channel.
    #[must_use]
    pub const fn with_consent(mut self, channel: Channel) -> Self {
        self.consent |= 1 << channel as u8;
        self
    }

    /// With a mark.
    #[must_use]
    pub const fn with_mark(mut self, mark: Mark) -> Self {
        self.marks |= 1 << mark as u8;
        self
    }

    /// How many contact points of the channel there are.
    #[must_use]
    pub const fn count(self, channel: Channel) -> u8 {
        self.points[channel as usize]
    }

    /// Whether there is no contact point at all.
    #[must_use]
    pub fn is_nowhere(self) -> bool {
        self.points == [0; 5]
    }

    /// Whether the person has agreed to the channel.
    #[must_use]
    pub const fn consents(self, channel: Channel) -> bool {
        self.consent & 1 << channel as u8 != 0
    }

    /// Whether it has the mark.
    #[must_use]
    pub const fn is(self, mark: Mark) -> bool {
        self.marks & 1 << mark as u8 != 0
    }

    /// A digit per channel in the order of [`Channel::ALL`], one for consent and one for the marks, as the database keeps it.
    #[must_use]
    pub fn to_code(self) -> String {
        let digits = self.points.iter().chain([&self.consent, &self.marks]);
        digits.map(|n| char::from(DIGITS[usize::from(*n) % DIGITS.len()])).collect()
    }

    /// Reads [`Reach::to_code`] back; `None` if it is not one. Rows that were written before consent and marks were kept
    /// have the first five digits only.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let digit = |byte: u8| DIGITS.iter().position(|d| *d == byte).and_then(|n| u8::try_from(n).ok());
        let digits: Vec<u8> = code.bytes().map(digit).collect::<Option<_>>()?;
        let (points, rest) = digits.split_first_chunk::<5>()?;
        let (consent, marks) = match rest {
            [] => (0, 0),
            [consent, marks] => (*consent, *marks),
            _ => return None,
        };
        let fits = points.iter().all(|n| usize::from(*n) <= MAX_POINTS_PER_CHANNEL);
        fits.then_some(Self { points: *points, consent, marks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_all_of_it_and_old_ones_are_read() {
        let reach = Reach::default()
            .with(Channel::Email, 2)
            .with(Channel::Voice, 9)
            .with_consent(Channel::Sms)
            .with_consent(Channel::Voice)
            .with_mark(Mark::Minor)
            .with_mark(Mark::Guardian);
        assert_eq!(reach.to_code(), "20004ik");
        assert_eq!(reach.to_code().len(), Reach::CODE_LEN);
        assert_eq!(Reach::from_code("20004ik"), Some(reach));
        assert_eq!(Reach::from_code("11000").map(|r| (r.count(Channel::Sms), r.is(Mark::Minor))), Some((1, false)));
        for wrong in ["", "1100", "110000", "90000", "1100000x", "11000zz"] {
            assert_eq!(Reach::from_code(wrong), None, "{wrong}");
        }
    }
}
