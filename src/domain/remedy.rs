//! Remedy codes: what each person is offered to use once, e.g. to activate credit monitoring with.

use super::pii::Pii;

/// Longest code, in characters.
pub const MAX_CODE_CHARS: usize = 128;

/// Most codes of one incident: twice the people of the largest campaign.
pub const MAX_CODES: i64 = 100_000_000;

/// The name under which texts ask for the person's code, after `person.`.
pub const REMEDY_CODE: &str = "remedy_code";

/// A code. It is worth money to whoever has it, so it prints as personal data does: as a mask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemedyCode(Pii<String>);

/// Why a text is no code. Never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeFault {
    /// Nothing in it.
    #[error("there is no code")]
    Empty,
    /// Longer than allowed.
    #[error("longer than {MAX_CODE_CHARS} characters")]
    TooLong,
    /// A blank or a control character in it: rather two columns than one code.
    #[error("it holds a blank or a control character; give one code a line, or text/csv with a column `code`")]
    Blank,
    /// Bytes that are not UTF-8.
    #[error("not UTF-8; save the file as UTF-8")]
    NotUtf8,
}

impl RemedyCode {
    /// Reads a code; blanks around it are forgiven. Capital letters and dashes are part of it.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &str) -> Result<Self, CodeFault> {
        let code = text.trim();
        if code.is_empty() {
            return Err(CodeFault::Empty);
        }
        if code.chars().count() > MAX_CODE_CHARS {
            return Err(CodeFault::TooLong);
        }
        if code.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(CodeFault::Blank);
        }
        Ok(Self(Pii::new(code.to_owned())))
    }

    /// The same from bytes.
    ///
    /// # Errors
    /// Why it is none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CodeFault> {
        Self::parse(std::str::from_utf8(bytes).map_err(|_| CodeFault::NotUtf8)?)
    }

    /// The code itself. Every call is a place where it leaves its wrapper; keep them few.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// How many codes of an incident there are, and where they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RemedyCounts {
    /// Codes that came in, each once.
    pub imported: i64,
    /// Of them, those that are somebody's.
    pub assigned: i64,
    /// Of those, those whose person was tried to be told: they may be in somebody's hands.
    pub sent: i64,
    /// Codes that were taken out of the pool for good, unused.
    pub returned: i64,
}

impl RemedyCounts {
    /// Codes that can still be given out.
    #[must_use]
    pub const fn left(&self) -> i64 {
        self.imported - self.assigned - self.returned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_one_word_and_never_prints() {
        let code = RemedyCode::parse("  AB-12/cd=ü \r").unwrap();
        assert_eq!(code.expose(), "AB-12/cd=ü");
        assert_eq!(format!("{code:?}"), "RemedyCode([personal])");
        assert_ne!(RemedyCode::parse("ab-12/CD=ü"), Ok(code));
        assert_eq!(RemedyCode::parse(" "), Err(CodeFault::Empty));
        assert_eq!(RemedyCode::parse("A B"), Err(CodeFault::Blank));
        assert_eq!(RemedyCode::parse("A\u{7}B"), Err(CodeFault::Blank));
        assert_eq!(RemedyCode::parse(&"x".repeat(129)), Err(CodeFault::TooLong));
        assert_eq!(RemedyCode::from_bytes(b"\xff"), Err(CodeFault::NotUtf8));
    }

    #[test]
    fn what_is_left_is_neither_anybodys_nor_returned() {
        assert_eq!(RemedyCounts { imported: 10, assigned: 4, sent: 3, returned: 5 }.left(), 1);
    }
}
