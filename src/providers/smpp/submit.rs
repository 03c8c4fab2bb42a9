//! A text message as requests to an SMSC (`submit_sm`).

use rusmpp::pdus::SubmitSm;
use rusmpp::tlvs::MessageSubmissionRequestTlvValue;
use rusmpp::types::{AnyOctetString, COctetString, EmptyOrFullCOctetString, OctetString};
use rusmpp::values::{DataCoding, EsmClass, MessagePayload, Npi, RegisteredDelivery, Ton};

use super::settings::{Long, SmppSettings};
use crate::domain::gsm7::National;
use crate::domain::segments::{self, Encoding};

/// A header of joined messages, or of another shift table, stands before the text.
const WITH_HEADER: u8 = 0x40;
/// Name of the header element that joins messages (8-bit reference), and its length (TS 23.040 section 9.2.3.24.1).
const JOINED: [u8; 2] = [0x00, 0x03];
/// Name of the header element that names a single shift table, and its length (section 9.2.3.24.15).
const SHIFTED: [u8; 2] = [0x24, 0x01];
/// Octets that fit into `short_message`.
const SHORT: usize = 254;

/// What does not change from message to message.
pub(super) struct Form {
    from: COctetString<1, 21>,
    from_ton: Ton,
    from_npi: Npi,
    validity: EmptyOrFullCOctetString<17>,
    long: Long,
    national: Option<National>,
}

impl Form {
    /// From settings that have been checked.
    pub(super) fn new(settings: &SmppSettings) -> Result<Self, String> {
        let sender = settings.from.strip_prefix('+').unwrap_or(&settings.from);
        let digits = sender.bytes().all(|b| b.is_ascii_digit());
        // A number in international form, a short code, or a name.
        let (ton, npi) = match (digits, sender.len()) {
            (true, 7..) => (1, 1),
            (true, _) => (3, 0),
            (false, _) => (5, 0),
        };
        Ok(Self {
            from: octets(sender).ok_or("from does not fit")?,
            from_ton: Ton::from(settings.from_ton.unwrap_or(ton)),
            from_npi: Npi::from(settings.from_npi.unwrap_or(npi)),
            validity: settings
                .validity_seconds
                .map_or_else(|| Some(EmptyOrFullCOctetString::empty()), relative)
                .ok_or("validity")?,
            long: settings.long,
            national: settings.national,
        })
    }

    /// The requests that carry a text to a number, in order. `reference` joins them; the last asks for a receipt: a phone
    /// shows a joined message once it has all of it. `None` for a number or text that cannot be written at all.
    pub(super) fn requests(&self, number: &str, text: &str, reference: u8) -> Option<Vec<SubmitSm>> {
        let cut = segments::cut(text, self.national);
        let coding = match cut.encoding {
            Encoding::Gsm7 => DataCoding::McSpecific,
            Encoding::Ucs2 => DataCoding::Ucs2,
        };
        let number = octets(number.trim_start_matches('+'))?;
        let base = SubmitSm::builder()
            .source_addr_ton(self.from_ton)
            .source_addr_npi(self.from_npi)
            .source_addr(self.from.clone())
            .dest_addr_ton(Ton::International)
            .dest_addr_npi(Npi::Isdn)
            .destination_addr(number)
            // Not the crate's default, which marks an acknowledgement.
            .esm_class(EsmClass::from(0))
            .validity_period(self.validity.clone())
            .data_coding(coding)
            .build();
        let total = cut.parts.len();
        if self.long == Long::Payload && total > 1 && cut.shift.is_none() {
            let mut request = base;
            request.registered_delivery = RegisteredDelivery::from(1);
            let payload = MessagePayload::new(AnyOctetString::from_vec(cut.parts.concat()));
            request.push_tlv(MessageSubmissionRequestTlvValue::MessagePayload(payload));
            return Some(vec![request]);
        }
        let joined = u8::try_from(total).ok()?;
        let mut requests = Vec::with_capacity(total);
        for (number, part) in (1..=joined).zip(cut.parts) {
            let mut content = header(cut.shift, (joined > 1).then_some([reference, joined, number]));
            let class = if content.is_empty() { 0 } else { WITH_HEADER };
            content.extend(part);
            if content.len() > SHORT {
                return None;
            }
            let mut request = base.clone();
            request.esm_class = EsmClass::from(class);
            request.registered_delivery = RegisteredDelivery::from(u8::from(number == joined));
            request.set_short_message(OctetString::from_vec(content).ok()?);
            requests.push(request);
        }
        Some(requests)
    }
}

/// The header of a message's content, its length first; nothing where there is nothing to say.
fn header(shift: Option<National>, joined: Option<[u8; 3]>) -> Vec<u8> {
    let mut header = vec![0];
    if let Some(place) = joined {
        header.extend(JOINED);
        header.extend(place);
    }
    if let Some(national) = shift {
        header.extend(SHIFTED);
        header.push(national.identifier());
    }
    match u8::try_from(header.len() - 1) {
        Ok(length @ 1..) => {
            header[0] = length;
            header
        }
        _ => Vec::new(),
    }
}

/// A text with the zero that ends it.
pub(super) fn octets<const MOST: usize>(text: &str) -> Option<COctetString<1, MOST>> {
    COctetString::from_vec([text.as_bytes(), b"\0"].concat()).ok()
}

/// A time from now on in SMPP's relative form, `YYMMDDhhmmsstnnR` (section 7.1.1.2).
fn relative(seconds: u32) -> Option<EmptyOrFullCOctetString<17>> {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let text = format!("0000{days:02}{:02}{:02}{:02}000R\0", rest / 3600, rest % 3600 / 60, rest % 60);
    EmptyOrFullCOctetString::from_vec(text.into_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(more: &str) -> Form {
        let text = format!("host = 'h'\nsystem_id = 's'\npassword = 'p'\nfrom = '+41790000000'\n{more}");
        Form::new(&toml::from_str(&text).unwrap()).unwrap()
    }

    fn content(request: &SubmitSm) -> Vec<u8> {
        request.short_message().as_ref().to_vec()
    }

    #[test]
    fn a_short_text_is_one_request_that_asks_for_a_receipt() {
        let requests = form("").requests("+14155550123", "Grüße @ €", 7).unwrap();
        assert_eq!(requests.len(), 1);
        assert_eq!(content(&requests[0]), [b'G', b'r', 0x7e, 0x1e, b'e', b' ', 0x00, b' ', 0x1b, 0x65]);
        assert_eq!(u8::from(requests[0].esm_class), 0);
        assert_eq!(u8::from(requests[0].registered_delivery), 1);
        assert_eq!(requests[0].destination_addr.as_str().trim_end_matches('\0'), "14155550123");
    }

    #[test]
    fn a_long_text_is_joined_and_the_last_part_asks_for_the_receipt() {
        let requests = form("").requests("+14155550123", &"a".repeat(161), 7).unwrap();
        assert_eq!(requests.len(), 2);
        assert_eq!(content(&requests[0])[..6], [5, 0, 3, 7, 2, 1]);
        assert_eq!(content(&requests[1])[..6], [5, 0, 3, 7, 2, 2]);
        assert_eq!(content(&requests[0]).len(), 6 + 153);
        let asked: Vec<u8> = requests.iter().map(|r| u8::from(r.registered_delivery)).collect();
        assert_eq!(asked, [0, 1]);
        assert!(requests.iter().all(|r| u8::from(r.esm_class) == WITH_HEADER));
    }

    #[test]
    fn other_letters_go_as_ucs_2_or_by_a_national_table() {
        let ucs2 = form("").requests("+14155550123", "ş", 7).unwrap();
        assert_eq!((content(&ucs2[0]), ucs2[0].data_coding), (vec![0x01, 0x5f], DataCoding::Ucs2));
        let turkish = form("national = 'turkish'").requests("+14155550123", "ş", 7).unwrap();
        assert_eq!(content(&turkish[0]), [3, 0x24, 1, 1, 0x1b, 0x73]);
        assert_eq!(turkish[0].data_coding, DataCoding::McSpecific);
    }

    #[test]
    fn a_payload_is_one_request() {
        let requests = form("long = 'payload'").requests("+14155550123", &"a".repeat(400), 7).unwrap();
        assert_eq!((requests.len(), requests[0].tlvs().len(), content(&requests[0]).len()), (1, 1, 0));
    }

    #[test]
    fn a_validity_is_relative() {
        assert_eq!(relative(4 * 3600 + 61).unwrap().as_str().trim_end_matches('\0'), "000000040101000R");
        assert_eq!(relative(86_400 * 14).unwrap().as_str().trim_end_matches('\0'), "000014000000000R");
    }
}
