//! Whom a message in a mailbox was delivered to: an envelope is not kept, but the server that delivers notes it in the header.

/// Fields that name it, most telling first. `To` is where a bounce goes that nobody redirected. Anybody may write any of them:
/// what makes an address ours is its signature.
const FIELDS: [&str; 6] = ["delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "to"];

/// Addresses at most that are looked at.
const MOST: usize = 100;

/// Every address that the header of a message names as its recipient.
pub(super) fn addresses(message: &[u8]) -> Vec<String> {
    let fields = unfolded(message);
    let of = |name: &str| {
        let values = fields.iter().filter(|(field, _)| field == name).map(|(_, value)| value.as_str());
        values
            .flat_map(|value| value.split([',', ';', '<', '>', ' ', '\t', '"']))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let mut found = Vec::new();
    for address in FIELDS.iter().flat_map(|name| of(name)).filter(|text| text.contains('@')).take(MOST) {
        if !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

/// The fields of the header, names in lower case, values on one line (RFC 5322 section 2.2.3).
fn unfolded(message: &[u8]) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in message.split(|byte| *byte == b'\n') {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches('\r');
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push_str(line);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim_end().to_ascii_lowercase(), value.to_owned()));
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::addresses;

    #[test]
    fn the_delivering_servers_word_comes_before_the_letterheads() {
        let message = "Return-Path: <>\r\nTo: A Person <bounce+2@b.test>,\r\n other@b.test\r\nDelivered-To: bounce+1@b.test\r\n\
                       X-Original-To: bounce+1@b.test\r\n\r\nTo: bounce+3@b.test\r\n";
        assert_eq!(addresses(message.as_bytes()), ["bounce+1@b.test", "bounce+2@b.test", "other@b.test"]);
        assert!(addresses(b"Subject: x\n\nTo: a@b.test").is_empty());
        assert!(addresses(b"\xff\xfe").is_empty());
    }
}
