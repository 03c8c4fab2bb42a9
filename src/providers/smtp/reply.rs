//! A reply of an SMTP server (RFC 5321 section 4.2) with its enhanced status code (RFC 2034, RFC 3463).

/// A reply. Its text may repeat an address, so it shows only its codes.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Reply {
    /// The basic code, 200 to 599.
    pub code: u16,
    /// The enhanced code, if the first line begins with one of the same class.
    pub enhanced: Option<(u8, u16, u16)>,
    /// The text of each line after the first, for the list of extensions only.
    pub more: Vec<String>,
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.status())
    }
}

impl Reply {
    /// Both codes, e.g. `550 5.1.1`.
    #[must_use]
    pub(super) fn status(&self) -> String {
        match self.enhanced {
            Some((class, subject, detail)) => format!("{} {class}.{subject}.{detail}", self.code),
            None => self.code.to_string(),
        }
    }

    /// Whether it is of the 2xx kind.
    #[must_use]
    pub(super) const fn is_positive(&self) -> bool {
        matches!(self.code, 200..=299)
    }

    /// Whether it is a refusal, for now or for good.
    #[must_use]
    pub(super) const fn is_refusal(&self) -> bool {
        matches!(self.code, 400..=599)
    }

    /// Whether the server closes the connection with it.
    #[must_use]
    pub(super) const fn is_closing(&self) -> bool {
        self.code == 421
    }
}

/// A reply as its lines come in.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    code: Option<u16>,
    enhanced: Option<(u8, u16, u16)>,
    more: Vec<String>,
}

/// A line that is not of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Garbled;

/// More lines than any server needs.
const LINES: usize = 128;

impl Assembly {
    /// Takes a line without its end; gives the reply when it was the last.
    pub(super) fn take(&mut self, line: &[u8]) -> Result<Option<Reply>, Garbled> {
        let (code, rest) = line.split_at_checked(3).ok_or(Garbled)?;
        if !matches!(code, [b'2'..=b'5', b'0'..=b'9', b'0'..=b'9']) || self.more.len() >= LINES {
            return Err(Garbled);
        }
        let code = code.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
        let (last, text) = match rest {
            [] => (true, &[][..]),
            [b' ', text @ ..] => (true, text),
            [b'-', text @ ..] => (false, text),
            _ => return Err(Garbled),
        };
        let text = String::from_utf8_lossy(text);
        match self.code {
            Some(first) if first != code => return Err(Garbled),
            Some(_) => self.more.push(text.into_owned()),
            None => (self.code, self.enhanced) = (Some(code), enhanced(code, &text)),
        }
        Ok(last.then(|| Reply { code, enhanced: self.enhanced, more: std::mem::take(&mut self.more) }))
    }
}

/// The enhanced code a text begins with, if its class fits the basic code (RFC 2034 section 4).
fn enhanced(code: u16, text: &str) -> Option<(u8, u16, u16)> {
    let found = parse_enhanced(text.split_whitespace().next()?)?;
    (u16::from(found.0) == code / 100).then_some(found)
}

/// Reads `5.1.1`.
pub(super) fn parse_enhanced(word: &str) -> Option<(u8, u16, u16)> {
    let mut parts = word.split('.');
    let mut next = |digits: usize| {
        let part = parts.next()?;
        let fits = (1..=digits).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| part.parse::<u16>().ok()).flatten()
    };
    let (class, subject, detail) = (next(1)?, next(3)?, next(3)?);
    if parts.next().is_some() || !matches!(class, 2 | 4 | 5) {
        return None;
    }
    Some((u8::try_from(class).ok()?, subject, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Result<Option<Reply>, Garbled> {
        let mut assembly = Assembly::default();
        let mut last = Ok(None);
        for line in lines {
            last = assembly.take(line.as_bytes());
        }
        last
    }

    #[test]
    fn codes_are_read_and_the_text_is_not_shown() {
        let reply = read(&["550-5.1.1 <ann@example.org>: no such", "550 5.1.1 user"]).unwrap().unwrap();
        assert_eq!(reply.status(), "550 5.1.1");
        assert!(!format!("{reply:?}").contains("ann@"));
        assert_eq!(read(&["250"]).unwrap().unwrap().code, 250);
    }

    #[test]
    fn an_enhanced_code_of_another_class_is_not_believed() {
        assert_eq!(read(&["250 5.1.1 odd"]).unwrap().unwrap().enhanced, None);
        assert_eq!(parse_enhanced("4.4.1"), Some((4, 4, 1)));
        for text in ["5.1", "5.1.1.1", "3.1.1", "5.1111.1", "5..1", "a.b.c"] {
            assert_eq!(parse_enhanced(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_reply_is_garbled() {
        for lines in [&["HTTP/1.1 400 Bad Request"][..], &["25"], &["250-a", "251 b"], &["250xa"], &["650 x"]] {
            assert_eq!(read(lines), Err(Garbled), "{lines:?}");
        }
    }
}
