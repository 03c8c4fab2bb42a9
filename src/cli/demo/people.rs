//! Made-up people: the same for the same number, in six locales and six jurisdictions, with all that goes wrong in real
//! lists: no contact at all, dead addresses, full mailboxes, the same person twice.

use std::fmt::Write as _;

/// One place people live, and how they are named there.
struct Place {
    jurisdiction: &'static str,
    locale: &'static str,
    country: &'static str,
    /// Prefix of a mobile number; the rest is filled with digits.
    phone: (&'static str, usize),
    first: &'static [&'static str],
    last: &'static [&'static str],
    /// Whether the family name comes first, without a blank.
    eastern: bool,
}

const PLACES: &[Place] = &[
    Place {
        jurisdiction: "us-ca",
        locale: "en-US",
        country: "US",
        phone: ("+1415200", 4),
        first: &["Ava", "Noah", "Mia", "Liam", "Zoe", "Ethan", "Grace", "Owen"],
        last: &["Smith", "Johnson", "Nguyen", "Garcia", "Lee", "Brown", "Patel", "Miller"],
        eastern: false,
    },
    Place {
        jurisdiction: "eu-gdpr",
        locale: "de-DE",
        country: "DE",
        phone: ("+4915123", 6),
        first: &["Anna", "Jürgen", "Lena", "Björn", "Käthe", "Moritz", "Sophie", "Uwe"],
        last: &["Müller", "Schröder", "Weiß", "Fischer", "Köhler", "Becker", "Groß", "Vogt"],
        eastern: false,
    },
    Place {
        jurisdiction: "eu-gdpr",
        locale: "fr-FR",
        country: "FR",
        phone: ("+336123", 5),
        first: &["Chloé", "Benoît", "Inès", "Gaël", "Zoé", "François", "Élise", "Rémi"],
        last: &["Lefèvre", "Dubois", "Moreau", "Girard", "Béranger", "Noël", "Petit", "Roux"],
        eastern: false,
    },
    Place {
        jurisdiction: "uk",
        locale: "en-GB",
        country: "GB",
        phone: ("+447400", 6),
        first: &["Oliver", "Amelia", "Harry", "Isla", "Callum", "Freya", "Rhys", "Niamh"],
        last: &["Taylor", "O'Brien", "Davies", "Wilson", "MacLeod", "Evans", "Khan", "Wright"],
        eastern: false,
    },
    Place {
        jurisdiction: "cn",
        locale: "zh-CN",
        country: "CN",
        phone: ("+86138", 8),
        first: &["伟", "芳", "敏", "静", "磊", "洋", "艳", "建国"],
        last: &["王", "李", "张", "刘", "陈", "杨", "赵", "周"],
        eastern: true,
    },
    Place {
        jurisdiction: "hk",
        locale: "zh-HK",
        country: "HK",
        phone: ("+8525123", 4),
        first: &["家豪", "詠詩", "志明", "嘉欣", "俊傑", "美玲", "子軒", "曉彤"],
        last: &["陳", "黃", "梁", "何", "鄭", "劉", "葉", "區"],
        eastern: true,
    },
    Place {
        jurisdiction: "us-ny",
        locale: "es-US",
        country: "US",
        phone: ("+1212200", 4),
        first: &["José", "Lucía", "Mateo", "Camila", "Íñigo", "Valentina", "Ángel", "Renata"],
        last: &["Pérez", "Muñoz", "Rodríguez", "Vega", "Ibáñez", "Castillo", "Núñez", "Soto"],
        eastern: false,
    },
];

/// A browser's keys for push messages, from the example of RFC 8291, appendix A.
const PUSH_KEYS: &str = r#""keys":{"p256dh":"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4","auth":"BTBZMqHH6r4Tts7J_aSIgg"}"#;

/// What the list holds, to compare with what the import says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Made {
    /// Different people.
    pub(super) people: u64,
    /// Lines beside the heading.
    pub(super) lines: u64,
}

/// Writes a list of people as CSV. `push_base` is where made-up browsers' push messages go.
pub(super) fn csv(people: u64, push_base: &str) -> (String, Made) {
    let mut out = String::with_capacity(usize::try_from(people).unwrap_or(0) * 160);
    out.push_str("ref,name,email,phone,push,country,locale,jurisdiction,data,account\r\n");
    let mut made = Made::default();
    for number in 0..people {
        let place = &PLACES[index(number, 1, PLACES.len())];
        row(&mut out, number, place, push_base);
        made.people += 1;
        made.lines += 1;
        if number % 100 == 1 {
            // The same person from another system, with a phone number that the first list lacked.
            let _ = writeln!(out, "P-{number:08},,,{},,{},,,,\r", phone(number, place, false), place.country);
            made.lines += 1;
        }
    }
    (out, made)
}

fn row(out: &mut String, number: u64, place: &Place, push_base: &str) {
    let first = place.first[index(number, 2, place.first.len())];
    let last = place.last[index(number, 3, place.last.len())];
    let name = if place.eastern { format!("{last}{first}") } else { format!("{first} {last}") };
    let nobody = number % 50 == 7;
    let gone = number % 40 == 3;
    let local = match () {
        () if gone => "gone",
        () if number % 200 == 11 => "full",
        () if number % 400 == 17 => "late",
        () => "p",
    };
    let email = if nobody { String::new() } else { format!("{local}.{number}@mail.demo.example") };
    // Of those whose email is dead, one half is reached by text message, a quarter by push, and a quarter by nothing.
    let fallback = (number / 40) % 4;
    let has_phone = !nobody && (gone || local == "late" || number.is_multiple_of(3));
    let dead_phone = gone && fallback >= 2;
    let phone = if has_phone { phone(number, place, dead_phone) } else { String::new() };
    let push = if gone && fallback >= 2 {
        let fate = if fallback == 2 { "ok" } else { "gone" };
        let json = format!(r#"webpush:{{"endpoint":"{push_base}/push/{fate}/{number}",{PUSH_KEYS}}}"#);
        format!("\"{}\"", json.replace('"', "\"\""))
    } else {
        String::new()
    };
    let data = if number.is_multiple_of(5) { "name;email_address;password" } else { "" };
    let _ = writeln!(
        out,
        "P-{number:08},{name},{email},{phone},{push},{},{},{},{data},A{:06}\r",
        place.country,
        place.locale,
        place.jurisdiction,
        number % 1_000_000
    );
}

/// A number in the place's mobile range. Dead ones end in 99, which the text-message stand-in refuses.
fn phone(number: u64, place: &Place, dead: bool) -> String {
    let (prefix, digits) = place.phone;
    let ending = if dead { 99 } else { number % 90 };
    let room = 10_u64.pow(u32::try_from(digits).unwrap_or(4) - 2);
    let middle = (number / 90) % room;
    format!("{prefix}{middle:0width$}{ending:02}", width = digits - 2)
}

/// A choice that looks random and is always the same.
fn index(number: u64, salt: u64, len: usize) -> usize {
    let mixed = (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ salt.wrapping_mul(0xD1B5_4A32_D192_ED03)).rotate_left(29);
    let mixed = mixed.wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 33;
    usize::try_from(mixed).unwrap_or(0) % len
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_makes_the_same_list_with_all_that_goes_wrong() {
        let (list, made) = csv(400, "http://127.0.0.1:1");
        assert_eq!(list, csv(400, "http://127.0.0.1:1").0);
        assert_eq!(made, Made { people: 400, lines: 404 });
        assert_eq!(list.lines().count(), 405);
        for sign in ["gone.", "full.", "late.", "/push/ok/", "/push/gone/", "us-ny", "zh-HK"] {
            assert!(list.contains(sign), "no {sign} in the list");
        }
    }
}
