//! The last part of an announcement's public address, made of its title.

/// Longest slug, in characters.
const MAX: usize = 60;

/// Whether a text can be such a part, whichever way it was made. What cannot is nobody's address and is not asked for.
#[must_use]
pub fn is_slug(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Lower-case letters, digits and hyphens; letters of the Latin languages with marks become those without. A title in
/// another script gives `notice`.
pub(super) fn of(title: &str) -> String {
    let mut slug = String::new();
    for letter in title.chars().flat_map(char::to_lowercase) {
        let plain = match letter {
            'a'..='z' | '0'..='9' => {
                slug.push(letter);
                continue;
            }
            'ä' | 'æ' => "ae",
            'ö' | 'œ' => "oe",
            'ü' => "ue",
            'ß' => "ss",
            'à' | 'á' | 'â' | 'ã' | 'å' => "a",
            'ç' => "c",
            'è' | 'é' | 'ê' | 'ë' => "e",
            'ì' | 'í' | 'î' | 'ï' => "i",
            'ñ' => "n",
            'ò' | 'ó' | 'ô' | 'õ' | 'ø' => "o",
            'ù' | 'ú' | 'û' => "u",
            'ý' | 'ÿ' => "y",
            _ if slug.is_empty() || slug.ends_with('-') => "",
            _ => "-",
        };
        slug.push_str(plain);
    }
    if slug.len() > MAX {
        // Every character is ASCII. Cut at a word where one ends in the second half.
        let cut = slug[..MAX].rfind('-').filter(|at| *at > MAX / 2).unwrap_or(MAX);
        slug.truncate(cut);
    }
    let slug = slug.trim_matches('-');
    if slug.chars().any(|letter| letter.is_ascii_alphabetic()) { slug.to_owned() } else { String::from("notice") }
}

#[cfg(test)]
mod tests {
    use super::{is_slug, of};

    #[test]
    fn only_what_a_title_can_become_is_one() {
        for slug in ["notice", "mueller-soehne-strasse", "avis-2026-0a1b2c3d"] {
            assert!(is_slug(slug), "{slug}");
        }
        for none in ["", "\0", "notice\0", "Notice", "no/tice", "avis à", "a.b", "a_b"] {
            assert!(!is_slug(none), "{none:?}");
        }
    }

    #[test]
    fn titles_become_addresses() {
        assert_eq!(of("Notice of Data Breach: ACME, Inc."), "notice-of-data-breach-acme-inc");
        assert_eq!(of("Müller & Söhne – Straße"), "mueller-soehne-strasse");
        assert_eq!(of("Avis à nos clients"), "avis-a-nos-clients");
        assert_eq!(of("数据泄露公告"), "notice");
        assert_eq!(of("2026"), "notice");
        assert_eq!(of(""), "notice");
        assert_eq!(of(&"word ".repeat(30)).len(), 59);
        assert!(of(&"x".repeat(100)).len() <= 60);
        assert!(of("../../etc/passwd?x=<script>").bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    }
}
