//! A delivery receipt as an SMSC sends it: optional parts where it has them, else a text of known form (SMPP 3.4,
//! appendix B).

use rusmpp::pdus::DeliverSm;
use rusmpp::tlvs::TlvValue;
use rusmpp::values::{MessageState, MessageType};

use super::codes;
use super::settings::Ids;
use crate::domain::outcome::Outcome;
use crate::providers::LooseReceipt;

/// Reads a receipt; `None` for what is none: a person's answer, say.
pub(super) fn read(delivered: &DeliverSm, ids: Ids, dead_number_errors: &[String]) -> Option<LooseReceipt> {
    let kind = delivered.esm_class.message_type;
    let parts = delivered.tlvs().iter().filter_map(|tlv| tlv.value());
    let (mut id, mut state, mut payload) = (None, None, None);
    for part in parts {
        match part {
            TlvValue::ReceiptedMessageId(value) => id = Some(value.as_str().trim_end_matches('\0').to_owned()),
            TlvValue::MessageState(value) => state = state_name(*value),
            TlvValue::MessagePayload(value) => payload = Some(value.value.as_ref().to_vec()),
            _ => {}
        }
    }
    let is_receipt = matches!(
        kind,
        MessageType::ShortMessageContainsMCDeliveryReceipt
            | MessageType::ShortMessageContainsIntermediateDeliveryNotification
    );
    if !is_receipt && id.is_none() {
        return None;
    }
    let short = delivered.short_message().as_ref().to_vec();
    let text = String::from_utf8_lossy(payload.as_deref().unwrap_or(&short)).into_owned();
    let id = id.or_else(|| field(&text, "id:").map(str::to_owned))?;
    let state = state.map(str::to_owned).or_else(|| field(&text, "stat:").map(str::to_ascii_uppercase))?;
    let error = field(&text, "err:").filter(|code| !code.trim_matches('0').is_empty());
    let dead = error.is_some_and(|code| dead_number_errors.iter().any(|dead| dead == code));
    let (outcome, code) = codes::state(&state, error);
    let outcome = if dead && outcome == Some(Outcome::Rejected) { Some(Outcome::BadAddress) } else { outcome };
    let reference = in_receipts(&id, ids)?;
    Some(LooseReceipt { key: format!("{reference}:{state}"), reference, outcome, code: Some(code) })
}

/// The id of an answer as it is kept.
pub(super) fn in_answer(id: &str, ids: Ids) -> String {
    match ids {
        Ids::Same | Ids::HexInReceipts => id.to_owned(),
        Ids::DecimalInReceipts => {
            u64::from_str_radix(id, 16).map_or_else(|_| id.to_owned(), |number| number.to_string())
        }
    }
}

/// The id of a receipt in the form that the answer's is kept in.
fn in_receipts(id: &str, ids: Ids) -> Option<String> {
    let number = match ids {
        Ids::Same => return (!id.is_empty()).then(|| id.to_owned()),
        Ids::DecimalInReceipts => id.parse::<u64>(),
        Ids::HexInReceipts => u64::from_str_radix(id, 16),
    };
    // Where it is no such number after all, the letters are compared.
    Some(number.map_or_else(|_| id.to_owned(), |number| number.to_string()))
}

/// What stands behind a name of the text, up to the next blank. What follows `text:` is the message and is not looked at.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    // Lower case has the same length, letter by letter, where it counts: the names are ASCII.
    let lower = text.to_ascii_lowercase();
    let end = lower.find("text:").unwrap_or(text.len());
    let at = lower[..end].match_indices(name).find(|(at, _)| *at == 0 || lower.as_bytes()[at - 1] == b' ')?.0;
    text.get(at + name.len()..end)?.split_whitespace().next()
}

fn state_name(state: MessageState) -> Option<&'static str> {
    Some(match state {
        MessageState::Scheduled => "SCHEDULED",
        MessageState::Enroute => "ENROUTE",
        MessageState::Delivered => "DELIVRD",
        MessageState::Expired => "EXPIRED",
        MessageState::Deleted => "DELETED",
        MessageState::Undeliverable => "UNDELIV",
        MessageState::Accepted => "ACCEPTD",
        MessageState::Unknown => "UNKNOWN",
        MessageState::Rejected => "REJECTD",
        MessageState::Skipped => "SKIPPED",
        MessageState::Other(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusmpp::types::{COctetString, OctetString};
    use rusmpp::values::EsmClass;

    fn text(text: &str) -> DeliverSm {
        let mut deliver = DeliverSm::default();
        deliver.esm_class = EsmClass::from(4);
        deliver.set_short_message(OctetString::from_slice(text.as_bytes()).unwrap());
        deliver
    }

    const TEXT: &str = "id:0A1F sub:001 dlvrd:000 submit date:2611222100 done date:2611222101 stat:UNDELIV err:042 text:id:9 stat:DELIVRD";

    #[test]
    fn a_text_is_read_up_to_the_message_itself() {
        let receipt = read(&text(TEXT), Ids::Same, &[]).unwrap();
        assert_eq!((receipt.reference.as_str(), receipt.outcome), ("0A1F", Some(Outcome::Rejected)));
        assert_eq!(receipt.code.as_deref(), Some("UNDELIV 042"));
        let dead = read(&text(TEXT), Ids::Same, &[String::from("042")]).unwrap();
        assert_eq!(dead.outcome, Some(Outcome::BadAddress));
        assert!(read(&text("what a nice day"), Ids::Same, &[]).is_none());
        let mut answer = text(TEXT);
        answer.esm_class = EsmClass::from(0);
        assert!(read(&answer, Ids::Same, &[]).is_none(), "a person's own words");
    }

    #[test]
    fn optional_parts_go_before_the_text() {
        let mut deliver = text(TEXT);
        deliver.set_tlvs(vec![
            rusmpp::tlvs::MessageDeliveryRequestTlvValue::ReceiptedMessageId(
                COctetString::from_slice(b"m1\0").unwrap(),
            ),
            rusmpp::tlvs::MessageDeliveryRequestTlvValue::MessageState(MessageState::Delivered),
        ]);
        let receipt = read(&deliver, Ids::Same, &[]).unwrap();
        assert_eq!((receipt.reference.as_str(), receipt.outcome), ("m1", Some(Outcome::Delivered)));
    }

    #[test]
    fn ids_are_compared_as_numbers_where_the_settings_say_so() {
        assert_eq!(in_answer("0A1F", Ids::DecimalInReceipts), "2591");
        assert_eq!(in_receipts("2591", Ids::DecimalInReceipts).as_deref(), Some("2591"));
        assert_eq!(in_receipts("0000002591", Ids::DecimalInReceipts).as_deref(), Some("2591"));
        assert_eq!(in_answer("2591", Ids::HexInReceipts), "2591");
        assert_eq!(in_receipts("a1f", Ids::HexInReceipts).as_deref(), Some("2591"));
    }
}
