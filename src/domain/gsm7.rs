//! The letters of text messages: the GSM 7-bit default alphabet, its extension, and the national single shift tables
//! of Turkish, Spanish and Portuguese (3GPP TS 23.038, sections 6.2.1 and A.2).

use serde::{Deserialize, Serialize};

/// The code that announces a letter of a shift table; the letter then takes two septets.
pub const ESCAPE: u8 = 0x1b;

/// The default alphabet by code. The escape stands at its own place so that every position is a code.
const DEFAULT: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿\
                       abcdefghijklmnopqrstuvwxyzäöñüà";

/// The extension of the default alphabet.
const EXTENSION: &[(u8, char)] = &[
    (0x0a, '\u{c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2f, '\\'),
    (0x3c, '['),
    (0x3d, '~'),
    (0x3e, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

/// What Turkish adds to the extension (table A.2.1).
const TURKISH: &[(u8, char)] =
    &[(0x47, 'Ğ'), (0x49, 'İ'), (0x53, 'Ş'), (0x63, 'ç'), (0x67, 'ğ'), (0x69, 'ı'), (0x73, 'ş')];

/// What Spanish adds to the extension (table A.2.2).
const SPANISH: &[(u8, char)] = &[
    (0x09, 'ç'),
    (0x41, 'Á'),
    (0x49, 'Í'),
    (0x4f, 'Ó'),
    (0x55, 'Ú'),
    (0x61, 'á'),
    (0x69, 'í'),
    (0x6f, 'ó'),
    (0x75, 'ú'),
];

/// What Portuguese adds to the extension (table A.2.3).
const PORTUGUESE: &[(u8, char)] = &[
    (0x05, 'ê'),
    (0x09, 'ç'),
    (0x0b, 'Ô'),
    (0x0c, 'ô'),
    (0x0e, 'Á'),
    (0x0f, 'á'),
    (0x12, 'Φ'),
    (0x13, 'Γ'),
    (0x15, 'Ω'),
    (0x16, 'Π'),
    (0x17, 'Ψ'),
    (0x18, 'Σ'),
    (0x19, 'Θ'),
    (0x1f, 'Ê'),
    (0x41, 'À'),
    (0x49, 'Í'),
    (0x4f, 'Ó'),
    (0x55, 'Ú'),
    (0x5b, 'Ã'),
    (0x5c, 'Õ'),
    (0x61, 'Â'),
    (0x69, 'í'),
    (0x6f, 'ó'),
    (0x75, 'ú'),
    (0x7b, 'ã'),
    (0x7c, 'õ'),
    (0x7f, 'â'),
];

/// A language with a single shift table of its own. The message then says so in a header; a network or phone that does
/// not know the table shows other letters, so it is used only where somebody has asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum National {
    /// Turkish.
    Turkish,
    /// Spanish.
    Spanish,
    /// Portuguese.
    Portuguese,
}

impl National {
    /// The language's number in the header (TS 23.040 section 9.2.3.24.15).
    #[must_use]
    pub const fn identifier(self) -> u8 {
        match self {
            Self::Turkish => 1,
            Self::Spanish => 2,
            Self::Portuguese => 3,
        }
    }

    const fn letters(self) -> &'static [(u8, char)] {
        match self {
            Self::Turkish => TURKISH,
            Self::Spanish => SPANISH,
            Self::Portuguese => PORTUGUESE,
        }
    }
}

/// How a letter is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
    /// In one septet.
    Plain(u8),
    /// In two, the escape first.
    Shifted(u8),
}

impl Letter {
    /// How many septets it takes.
    #[must_use]
    pub const fn septets(self) -> usize {
        match self {
            Self::Plain(_) => 1,
            Self::Shifted(_) => 2,
        }
    }

    /// Writes it, one septet an octet, as SMSCs take the default alphabet.
    pub fn write(self, to: &mut Vec<u8>) {
        match self {
            Self::Plain(code) => to.push(code),
            Self::Shifted(code) => to.extend([ESCAPE, code]),
        }
    }
}

/// How the alphabet writes a letter; `None` when it cannot.
#[must_use]
pub fn letter(letter: char, shift: Option<National>) -> Option<Letter> {
    let plain = || DEFAULT.chars().position(|c| c == letter && c != char::from(ESCAPE));
    let within = |table: &[(u8, char)]| table.iter().find(|(_, c)| *c == letter).map(|(code, _)| *code);
    if let Some(code) = plain() {
        return u8::try_from(code).ok().map(Letter::Plain);
    }
    within(EXTENSION).or_else(|| within(shift?.letters())).map(Letter::Shifted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_have_every_code_once() {
        assert_eq!(DEFAULT.chars().count(), 128);
        let mut seen: Vec<char> = DEFAULT.chars().collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 128);
        for national in [National::Turkish, National::Spanish, National::Portuguese] {
            let mut codes: Vec<u8> = EXTENSION.iter().chain(national.letters()).map(|(code, _)| *code).collect();
            codes.sort_unstable();
            let count = codes.len();
            codes.dedup();
            assert_eq!(codes.len(), count, "{national:?}");
            assert!(codes.iter().all(|code| *code < 0x80 && *code != ESCAPE));
        }
    }

    #[test]
    fn letters_have_the_codes_of_the_standard() {
        for (c, code) in [('@', 0x00), ('\n', 0x0a), ('Δ', 0x10), (' ', 0x20), ('A', 0x41), ('§', 0x5f), ('à', 0x7f)]
        {
            assert_eq!(letter(c, None), Some(Letter::Plain(code)), "{c}");
        }
        assert_eq!(letter('€', None), Some(Letter::Shifted(0x65)));
        assert_eq!(letter('\u{1b}', None), None);
        assert_eq!(letter('ç', None), None, "only the capital is in the default alphabet");
        assert_eq!(letter('ş', Some(National::Turkish)), Some(Letter::Shifted(0x73)));
        assert_eq!(letter('ş', Some(National::Spanish)), None);
    }
}
