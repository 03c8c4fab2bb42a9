//! How content and parameters are written on the wire.

/// The content as it goes over the wire: every line end is CRLF, a dot at a line's start is doubled, the final dot is
/// there (RFC 5321 section 4.5.2). No bare CR or LF leaves: servers that take one for a line end can be made to see
/// another message in it.
pub(super) fn dot_stuff(content: &[u8], out: &mut Vec<u8>) {
    out.reserve(content.len() + 64);
    let mut rest = content;
    while !rest.is_empty() {
        if rest[0] == b'.' {
            out.push(b'.');
        }
        let (line, after) = match memchr::memchr2(b'\r', b'\n', rest) {
            Some(end) if rest[end..].starts_with(b"\r\n") => (&rest[..end], &rest[end + 2..]),
            Some(end) => (&rest[..end], &rest[end + 1..]),
            None => (rest, &[][..]),
        };
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
        rest = after;
    }
    out.extend_from_slice(b".\r\n");
}

/// Encodes a parameter's value (RFC 3461 section 4).
pub(super) fn xtext(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if matches!(byte, b'!'..=b'~') && byte != b'+' && byte != b'=' {
            out.push(char::from(byte));
        } else {
            out.push('+');
            out.push_str(&hex::encode_upper([byte]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot_stuffed(content: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        dot_stuff(content, &mut out);
        out
    }

    #[test]
    fn content_is_dot_stuffed_and_ends_once() {
        assert_eq!(dot_stuffed(b"a\r\n.b\r\n..\r\n"), b"a\r\n..b\r\n...\r\n.\r\n");
        assert_eq!(dot_stuffed(b"no end"), b"no end\r\n.\r\n");
        assert_eq!(dot_stuffed(b""), b".\r\n");
    }

    #[test]
    fn no_bare_line_end_leaves_so_nothing_can_be_smuggled() {
        assert_eq!(dot_stuffed(b"a\n.\nMAIL FROM:<x>\r.\r"), b"a\r\n..\r\nMAIL FROM:<x>\r\n..\r\n.\r\n");
    }

    #[test]
    fn parameters_are_encoded() {
        assert_eq!(xtext("a+b=c d"), "a+2Bb+3Dc+20d");
    }
}
