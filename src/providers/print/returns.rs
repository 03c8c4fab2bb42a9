//! What a printing house says became of letters: CSV with a row of names, or JSON lines.
//!
//! `letter` (the manifest's token) and `status` are needed; `date`, `reason` and any other column are the house's own and are
//! not kept: they may repeat an address. What a status means stands in `statuses.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use csv_core::{ReadRecordResult, Reader};
use serde::Deserialize;

use crate::providers::protocol::codes::Codes;
use crate::providers::{ReceiptError, ReceiptEvent};

static STATUSES: LazyLock<Codes> = LazyLock::new(|| Codes::parse("the printing house", include_str!("statuses.toml")));

#[derive(Deserialize)]
struct Row {
    letter: String,
    status: String,
}

/// Reads a return file. One row that makes no sense refuses it whole, so that the house corrects it and sends it again.
pub(super) fn read(body: &[u8]) -> Result<Vec<ReceiptEvent>, ReceiptError> {
    let text = std::str::from_utf8(body).map_err(|_| ReceiptError::Malformed("it is not UTF-8"))?;
    let text = text.trim_start_matches('\u{feff}');
    let rows = if text.trim_start().starts_with('{') { json_lines(text)? } else { csv(text)? };
    rows.iter().map(event).collect()
}

fn event(row: &Row) -> Result<ReceiptEvent, ReceiptError> {
    let attempt =
        row.letter.trim().parse().map_err(|_| ReceiptError::Malformed("a letter is not one of a manifest"))?;
    let status = row.status.trim().to_ascii_lowercase().replace([' ', '-'], "_");
    let outcome = STATUSES.status(&status).ok_or(ReceiptError::Malformed(
        "a status is not one of printed, posted, delivered, returned, undeliverable, refused, spoiled",
    ))?;
    Ok(ReceiptEvent { attempt, key: format!("{attempt}:{status}"), outcome, code: Some(status) })
}

fn json_lines(text: &str) -> Result<Vec<Row>, ReceiptError> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let rows = lines.map(serde_json::from_str).collect::<Result<_, _>>();
    rows.map_err(|_| ReceiptError::Malformed("a line is not a JSON object with letter and status"))
}

fn csv(text: &str) -> Result<Vec<Row>, ReceiptError> {
    let mut records = records(text).into_iter();
    let names = records.next().unwrap_or_default();
    let places: BTreeMap<String, usize> =
        names.iter().enumerate().map(|(place, name)| (name.trim().to_ascii_lowercase(), place)).collect();
    let (Some(letter), Some(status)) = (places.get("letter"), places.get("status")) else {
        return Err(ReceiptError::Malformed("its first row does not name the columns letter and status"));
    };
    let rows =
        records.map(|record| Some(Row { letter: record.get(*letter)?.clone(), status: record.get(*status)?.clone() }));
    rows.collect::<Option<_>>().ok_or(ReceiptError::Malformed("a row has fewer columns than the first"))
}

/// The records of a CSV text (RFC 4180), blank lines left out.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut reader, mut input) = (Reader::new(), text.as_bytes());
    // No field or record is longer than the whole.
    let (mut output, mut ends) = (vec![0; text.len() + 1], vec![0; text.len() + 1]);
    let mut records = Vec::new();
    let (mut written, mut ended) = (0, 0);
    loop {
        let (result, read, wrote, fields) = reader.read_record(input, &mut output[written..], &mut ends[ended..]);
        input = &input[read..];
        (written, ended) = (written + wrote, ended + fields);
        match result {
            ReadRecordResult::Record => {
                let mut start = 0;
                let record = ends[..ended].iter().map(|end| {
                    let field = String::from_utf8_lossy(&output[start..*end]).into_owned();
                    start = *end;
                    field
                });
                records.push(record.collect());
                (written, ended) = (0, 0);
            }
            ReadRecordResult::End => return records,
            // An empty input says that there is no more; the room is enough for all there is.
            ReadRecordResult::InputEmpty | ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::outcome::Outcome;

    const LETTER: &str = "019aa000-0000-7000-8000-000000000001";

    #[test]
    fn both_forms_are_read() {
        let csv = format!(
            "\u{feff}Status,\"Letter\",reason\r\nreturned,{LETTER},\"moved, \"\"gone\"\"\"\n\nPosted,{LETTER},\n"
        );
        let json = format!(
            "{{\"letter\":\"{LETTER}\",\"status\":\"returned\"}}\n\n{{\"letter\":\"{LETTER}\",\"status\":\"posted\",\"x\":1}}\n"
        );
        for body in [csv, json] {
            let events = read(body.as_bytes()).unwrap();
            let said: Vec<_> = events.iter().map(|event| (event.outcome, event.key.as_str())).collect();
            let key = |status: &str| format!("{LETTER}:{status}");
            assert_eq!(
                said,
                [
                    (Some(Outcome::BadAddress), key("returned").as_str()),
                    (Some(Outcome::Accepted), key("posted").as_str())
                ]
            );
            assert_eq!(events[0].attempt.to_string(), LETTER);
        }
        assert_eq!(read(format!("letter,status\n{LETTER},printed").as_bytes()).unwrap()[0].outcome, None);
    }

    #[test]
    fn what_makes_no_sense_is_refused_whole() {
        for body in [
            "letter;status\n1;posted".to_owned(),
            format!("letter,status\n{LETTER}"),
            format!("letter,status\n{LETTER},eaten"),
            "letter,status\nnobody,posted".to_owned(),
            format!("{{\"letter\":\"{LETTER}\"}}"),
            String::new(),
        ] {
            assert!(matches!(read(body.as_bytes()), Err(ReceiptError::Malformed(_))), "{body}");
        }
        assert!(read(&[0xff, 0xfe]).is_err());
    }
}
