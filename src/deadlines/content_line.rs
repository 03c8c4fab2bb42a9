//! The lines that an iCalendar object consists of (RFC 5545, section 3.1): escaped, folded, ended.
//!
//! Written here because the crate for it stamps every alarm with the host's clock and a random identifier, so that the
//! same deadlines would never give the same bytes.

/// Most octets in a line, its end not counted.
const LONGEST: usize = 75;

/// An iCalendar object on its way.
#[derive(Debug, Default)]
pub(super) struct Lines(String);

impl Lines {
    /// `NAME:value` with a value that is written as it is: dates, numbers, words of the format.
    pub(super) fn plain(&mut self, name: &str, value: &str) {
        self.folded(&format!("{name}:{value}"));
    }

    /// `NAME:text` with a text of people's.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.folded(&format!("{name}:{}", escaped(text)));
    }

    /// All of it.
    pub(super) fn finish(self) -> String {
        self.0
    }

    /// Cuts before an octet too many, never within a character; a line that goes on begins with a blank.
    fn folded(&mut self, line: &str) {
        let mut room = LONGEST;
        for letter in line.chars() {
            if letter.len_utf8() > room {
                self.0.push_str("\r\n ");
                room = LONGEST - 1;
            }
            self.0.push(letter);
            room -= letter.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

/// A text as section 3.3.11 wants it; controls other than line breaks are left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '\\' | ';' | ',' => out.extend(['\\', letter]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push(letter),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_longer_than_75_octets_and_no_character_is_cut() {
        for text in ["x".repeat(300), "é".repeat(200), "漏".repeat(120), "😀".repeat(90), "a b ".repeat(60)] {
            let mut lines = Lines::default();
            lines.text("SUMMARY", &text);
            let out = lines.finish();
            assert!(out.ends_with("\r\n"));
            assert!(out.trim_end().split("\r\n").all(|line| line.len() <= LONGEST), "{out}");
            assert_eq!(out.replace("\r\n ", ""), format!("SUMMARY:{text}\r\n"));
        }
    }

    #[test]
    fn what_has_a_meaning_in_the_format_is_escaped() {
        assert_eq!(escaped("a;b,c\\d\r\ne\u{7}:\"f\""), "a\\;b\\,c\\\\d\\ne:\"f\"");
    }
}
