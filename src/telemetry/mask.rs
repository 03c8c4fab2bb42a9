//! The last line of defence of logs: what looks like an email address or a phone number is masked.
//!
//! The first line is that nothing of the sort is logged (`Pii` prints as a mask). This one is for what other code puts
//! into its error texts.

use std::borrow::Cow;
use std::io::{self, Write};

use tracing_subscriber::fmt::MakeWriter;

/// Fewest digits after a `+` that are taken for a phone number: offsets of time zones have four.
const PHONE_DIGITS: usize = 7;

/// The text with addresses and numbers masked.
pub(super) fn mask(text: &str) -> Cow<'_, str> {
    if !text.contains(['@', '+']) {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((start, end, word)) = next_hit(rest) {
        masked.push_str(&rest[..start]);
        masked.push_str(word);
        rest = &rest[end..];
    }
    if masked.is_empty() && rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    masked.push_str(rest);
    Cow::Owned(masked)
}

/// The first address or number: where it starts and ends, and what to write in its place.
fn next_hit(text: &str) -> Option<(usize, usize, &'static str)> {
    text.match_indices(['@', '+']).find_map(|(at, sign)| {
        let before = &text[..at];
        let after = &text[at + 1..];
        if sign == "+" {
            let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            return (digits >= PHONE_DIGITS).then_some((at, at + 1 + digits, "[number]"));
        }
        let start = before.trim_end_matches(is_local).len();
        let end = at + 1 + (after.len() - after.trim_start_matches(is_domain).len());
        (start < at && end > at + 1).then_some((start, end, "[address]"))
    })
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(c)
}

fn is_domain(c: char) -> bool {
    c.is_alphanumeric() || ".-".contains(c)
}

/// Masks every line on its way to the writer inside. The formatter hands over one whole event at a time.
#[derive(Clone, Debug)]
pub(super) struct Masking<M>(pub(super) M);

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for Masking<M> {
    type Writer = MaskingWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        MaskingWriter(self.0.make_writer())
    }
}

/// See [`Masking`].
#[derive(Debug)]
pub(super) struct MaskingWriter<W>(W);

impl<W: Write> Write for MaskingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(mask(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_numbers_go_and_the_rest_stays() {
        for (text, masked) in [
            ("550 no such user <ada.l+x@mail.example.org>", "550 no such user <[address]>"),
            ("to +8613800138000, then +15550100123", "to [number], then [number]"),
            ("at 2026-11-22T10:00:00+0800, 1+1=2, a @ b, @main", "at 2026-11-22T10:00:00+0800, 1+1=2, a @ b, @main"),
            ("王五@例子.中国 refused", "[address] refused"),
            ("nothing here", "nothing here"),
        ] {
            assert_eq!(mask(text), masked);
        }
    }
}
