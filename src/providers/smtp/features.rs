//! What an SMTP server says it can do.

use super::reply::Reply;

/// The extensions that matter to us.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an extension the server has or has not")]
pub(super) struct Features {
    pub starttls: bool,
    pub pipelining: bool,
    pub dsn: bool,
    pub smtputf8: bool,
    pub eight_bit: bool,
    pub size: Option<u64>,
    pub plain: bool,
    pub login: bool,
}

impl Features {
    /// Reads the answer to EHLO, whose first line is the greeting.
    pub(super) fn read(reply: &Reply) -> Self {
        let mut features = Self::default();
        for line in &reply.more {
            // Some old servers write `AUTH=PLAIN`.
            let line = line.to_ascii_uppercase().replacen("AUTH=", "AUTH ", 1);
            let mut words = line.split_whitespace();
            match words.next() {
                Some("STARTTLS") => features.starttls = true,
                Some("PIPELINING") => features.pipelining = true,
                Some("DSN") => features.dsn = true,
                Some("SMTPUTF8") => features.smtputf8 = true,
                Some("8BITMIME") => features.eight_bit = true,
                Some("SIZE") => features.size = words.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0),
                Some("AUTH") => {
                    for word in words {
                        features.plain |= word == "PLAIN";
                        features.login |= word == "LOGIN";
                    }
                }
                _ => {}
            }
        }
        features
    }
}

#[cfg(test)]
mod tests {
    use super::super::reply::Assembly;
    use super::*;

    #[test]
    fn extensions_are_read_from_the_second_line_on() {
        let lines = ["STARTTLS.example.org", "PIPELINING", "SIZE 1000", "AUTH=PLAIN LOGIN", "dsn", "SIZE 0"];
        let mut assembly = Assembly::default();
        for line in lines {
            assert!(assembly.take(format!("250-{line}").as_bytes()).is_ok_and(|reply| reply.is_none()));
        }
        let reply = assembly.take(b"250 HELP").ok().flatten().unwrap();
        let features = Features::read(&reply);
        assert!(!features.starttls && features.pipelining && features.plain && features.login && features.dsn);
        assert_eq!(features.size, None, "0 means no fixed limit");
    }
}
