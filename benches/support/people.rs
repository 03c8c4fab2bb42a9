//! Made-up people as CSV: the same for the same number, in five locales.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Result;

/// Locale, country, jurisdiction, first and last names.
type Place = (&'static str, &'static str, &'static str, [&'static str; 4], [&'static str; 4]);

const PLACES: [Place; 5] = [
    ("en-US", "US", "us-ca", ["Ava", "Noah", "Mia", "Liam"], ["Smith", "Nguyen", "Garcia", "Patel"]),
    ("de-DE", "DE", "eu-gdpr", ["Jürgen", "Lena", "Björn", "Käthe"], ["Müller", "Weiß", "Fischer", "Köhler"]),
    ("fr-FR", "FR", "eu-gdpr", ["Chloé", "Benoît", "Inès", "Rémi"], ["Lefèvre", "Dubois", "Noël", "Petit"]),
    ("es-ES", "ES", "eu-gdpr", ["Lucía", "Íñigo", "Marta", "Andrés"], ["García", "Núñez", "Ibáñez", "Vidal"]),
    ("zh-CN", "CN", "cn", ["小明", "丽华", "国强", "晓燕"], ["王", "李", "张", "陈"]),
];

/// The columns, in order; the last two are fields of the templates.
pub(crate) const COLUMNS: [&str; 9] =
    ["ref", "name", "email", "phone", "country", "locale", "jurisdiction", "account", "last_order"];

/// Writes a list of so many people below a directory, unless it is there already.
pub(crate) fn list(dir: &Path, people: u64) -> Result<PathBuf> {
    let path = dir.join(format!("people-{people}.csv"));
    if path.exists() {
        return Ok(path);
    }
    let unfinished = path.with_extension("unfinished");
    let mut file = std::io::BufWriter::with_capacity(1 << 20, std::fs::File::create(&unfinished)?);
    writeln!(file, "{}\r", COLUMNS.join(","))?;
    let mut line = String::with_capacity(160);
    for number in 0..people {
        line.clear();
        person(&mut line, number);
        file.write_all(line.as_bytes())?;
    }
    file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    std::fs::rename(unfinished, &path)?;
    Ok(path)
}

fn person(line: &mut String, number: u64) {
    let at = |salt: u64, len: u64| usize::try_from(mixed(number ^ (salt << 56)) % len).unwrap_or(0);
    let (locale, country, jurisdiction, first, last) = PLACES[at(1, 5)];
    let (first, last) = (first[at(2, 4)], last[at(3, 4)]);
    let name = if country == "CN" { format!("{last}{first}") } else { format!("{first} {last}") };
    let _ = writeln!(
        line,
        "P-{number:08},{name},p{number}@mail{}.example,+1415{:07},{country},{locale},{jurisdiction},A{:08},2026-{:02}-{:02}\r",
        number % 40,
        2_000_000 + number % 8_000_000,
        mixed(number) % 100_000_000,
        1 + number % 9,
        1 + number % 28,
    );
}

/// A number that looks random and is always the same.
fn mixed(number: u64) -> u64 {
    let once = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    once.wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 20
}
