//! How a text travels as text messages: in which encoding, in how many segments, and where it is cut (3GPP TS 23.038,
//! TS 23.040 section 9.2.3.24).

use serde::{Deserialize, Serialize};

use super::gsm7::{self, Letter, National};

/// Octets of user data in one message; a header takes its share of them.
const OCTETS: usize = 140;
/// Octets of the header that joins segments, its length octet included (8-bit reference).
const JOINING: usize = 6;
/// Octets that the name of a shift table adds to a header.
const SHIFTING: usize = 3;

/// How letters become octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// Seven bits a letter, fourteen for a few.
    Gsm7,
    /// Sixteen bits a letter, thirty-two for the rarer ones.
    Ucs2,
}

/// How long a text is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// In which encoding it travels.
    pub encoding: Encoding,
    /// Units of the encoding: septets, or pairs of octets.
    pub units: usize,
    /// Messages that carry it; each costs.
    pub segments: usize,
}

/// A text cut into what single messages carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segments {
    /// In which encoding.
    pub encoding: Encoding,
    /// The table that shifted letters are from, where one was needed.
    pub shift: Option<National>,
    /// One for each message, without headers: a septet an octet, or UTF-16 with the high octet first.
    pub parts: Vec<Vec<u8>>,
}

/// How long a text is without national tables, as networks count it that know none.
#[must_use]
pub fn measure(text: &str) -> Length {
    let cut = cut(text, None);
    let octets: usize = cut.parts.iter().map(Vec::len).sum();
    let units = match cut.encoding {
        Encoding::Gsm7 => octets,
        Encoding::Ucs2 => octets / 2,
    };
    Length { encoding: cut.encoding, units, segments: cut.parts.len() }
}

/// Cuts a text. No letter is cut apart. `shift` is the table that may be used where the default alphabet lacks a letter.
#[must_use]
pub fn cut(text: &str, shift: Option<National>) -> Segments {
    for shift in [None, shift] {
        let letters: Option<Vec<Letter>> = text.chars().map(|c| gsm7::letter(c, shift)).collect();
        if let Some(letters) = letters {
            return Segments { encoding: Encoding::Gsm7, shift, parts: gsm7_parts(&letters, shift) };
        }
    }
    Segments { encoding: Encoding::Ucs2, shift: None, parts: ucs2_parts(text) }
}

fn gsm7_parts(letters: &[Letter], shift: Option<National>) -> Vec<Vec<u8>> {
    let header = |joined: bool| match (joined, shift) {
        (true, Some(_)) => JOINING + SHIFTING,
        (true, None) => JOINING,
        // The length octet comes with the first element.
        (false, Some(_)) => SHIFTING + 1,
        (false, None) => 0,
    };
    let room = |joined| (OCTETS - header(joined)) * 8 / 7;
    let total: usize = letters.iter().map(|letter| letter.septets()).sum();
    let room = if total <= room(false) { room(false) } else { room(true) };
    pack(letters.iter().map(|letter| (letter.septets(), *letter)), room, Letter::write)
}

fn ucs2_parts(text: &str) -> Vec<Vec<u8>> {
    let total = text.encode_utf16().count();
    let room = if total * 2 <= OCTETS { OCTETS / 2 } else { (OCTETS - JOINING) / 2 };
    pack(text.chars().map(|c| (c.len_utf16(), c)), room, |c, part| {
        part.extend(c.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()));
    })
}

/// Fills parts of `room` units, in order. There is always one, be it empty.
fn pack<T>(items: impl Iterator<Item = (usize, T)>, room: usize, write: impl Fn(T, &mut Vec<u8>)) -> Vec<Vec<u8>> {
    let (mut parts, mut part, mut used) = (Vec::new(), Vec::new(), 0);
    for (size, item) in items {
        if used + size > room {
            parts.push(std::mem::take(&mut part));
            used = 0;
        }
        write(item, &mut part);
        used += size;
    }
    parts.push(part);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(text: &str) -> (Encoding, usize) {
        let length = measure(text);
        (length.encoding, length.segments)
    }

    #[test]
    fn lengths_at_the_edges() {
        use Encoding::{Gsm7, Ucs2};
        for (text, expected) in [
            (String::new(), (Gsm7, 1)),
            ("a".repeat(160), (Gsm7, 1)),
            ("a".repeat(161), (Gsm7, 2)),
            ("a".repeat(306), (Gsm7, 2)),
            ("a".repeat(307), (Gsm7, 3)),
            ("€".repeat(80), (Gsm7, 1)),
            ("€".repeat(81), (Gsm7, 2)),
            ("中".repeat(70), (Ucs2, 1)),
            ("中".repeat(71), (Ucs2, 2)),
            ("😀".repeat(35), (Ucs2, 1)),
            ("😀".repeat(36), (Ucs2, 2)),
            (String::from("ça va"), (Ucs2, 1)),
            (String::from("it\u{2019}s"), (Ucs2, 1)),
        ] {
            assert_eq!(segments(&text), expected, "{} of {:?}", text.chars().count(), text.chars().next());
        }
    }

    #[test]
    fn no_letter_is_cut_apart() {
        // Each would straddle the edge of the first segment.
        let shifted = cut(&format!("{}€{}", "a".repeat(152), "a".repeat(20)), None);
        assert_eq!(shifted.parts.iter().map(Vec::len).collect::<Vec<_>>(), [152, 22]);
        let rare = cut(&format!("{}😀{}", "中".repeat(66), "中".repeat(10)), None);
        assert_eq!(rare.parts.iter().map(Vec::len).collect::<Vec<_>>(), [132, 24]);
    }

    #[test]
    fn a_national_table_is_used_where_it_is_needed_and_costs_its_header() {
        let turkish = "ş".repeat(77);
        assert_eq!(cut(&turkish, None).encoding, Encoding::Ucs2);
        let one = cut(&turkish, Some(National::Turkish));
        assert_eq!((one.encoding, one.shift, one.parts.len()), (Encoding::Gsm7, Some(National::Turkish), 1));
        let two = cut(&"ş".repeat(78), Some(National::Turkish));
        assert_eq!(two.parts.iter().map(Vec::len).collect::<Vec<_>>(), [148, 8]);
        assert_eq!(cut("plain", Some(National::Turkish)).shift, None);
    }
}
