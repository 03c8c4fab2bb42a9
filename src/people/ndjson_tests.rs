use super::*;
use crate::domain::clock::Millis;
use crate::people::reject::Reject;
use crate::people::{ImportLimits, KnownJurisdictions};

fn decode_with(bytes: &[u8], step: usize, limits: ImportLimits) -> Sink {
    let known: KnownJurisdictions = std::sync::Arc::new(|id| id.as_str() == "eu-gdpr");
    let mut decoder = NdjsonDecoder::new(Checks::new(known, limits, Millis(1_795_212_000_000)));
    let mut sink = Sink::new(limits.rejects);
    for piece in bytes.chunks(step) {
        decoder.push(piece, &mut sink).expect("no header to refuse");
    }
    decoder.finish(&mut sink).expect("no header to refuse");
    sink
}

/// Decodes whole and byte by byte, which must come to the same.
fn decode(bytes: &[u8]) -> Sink {
    let whole = decode_with(bytes, bytes.len().max(1), ImportLimits::default());
    let pieces = decode_with(bytes, 1, ImportLimits::default());
    assert_eq!(whole.records, pieces.records);
    assert_eq!((&whole.rejects, whole.through_line), (&pieces.rejects, pieces.through_line));
    whole
}

fn reject(line: u64, column: Option<&str>, reason: Reason) -> Reject {
    Reject { line, column: column.map(str::to_owned), reason }
}

#[test]
fn objects_are_read_with_lists_numbers_and_escapes() {
    let text = "\u{feff}{\"ref\":17,\"email\":[\"a@example.org\",\"b@example.org\"],\"name\":\"Z\\u00f6e\",\"data\":[\"name\",\"health;location\"],\
        \"vip\":true,\"phone\":null,\"plan\":\"two\\nlines\"}\r\n\n  \n{\"ref\":\"18\"}";
    let sink = decode(text.as_bytes());
    assert_eq!(sink.rejects, crate::people::Rejects::default());
    let person = &sink.records[0];
    assert_eq!(person.reference.expose(), "17");
    assert_eq!(person.emails.len(), 2);
    assert_eq!(person.name.as_ref().expect("a name").expose(), "Zöe");
    assert_eq!(person.data, ["name", "health", "location"]);
    assert_eq!(person.fields["vip"].expose(), "true");
    assert_eq!(person.fields["plan"].expose(), "two\nlines");
    assert_eq!(sink.records[1].reference.expose(), "18");
    assert_eq!(sink.through_line, 4);
}

#[test]
fn numbers_are_taken_as_they_are_written() {
    let text = "{\"ref\":89490200001234567890,\"balance\":1.10,\"rate\":[-0.50]}\n\
        {\"ref\":89490200001234567891,\"balance\":1e3,\"rate\": 2 }\n{\"ref\":-0}\n{\"ref\":1e999}\n";
    let sink = decode(text.as_bytes());
    assert_eq!(sink.rejects, crate::people::Rejects::default());
    let refs: Vec<&str> = sink.records.iter().map(|r| r.reference.expose().as_str()).collect();
    assert_eq!(refs, ["89490200001234567890", "89490200001234567891", "-0", "1e999"]);
    let fields = |of: usize| {
        let fields = &sink.records[of].fields;
        (fields["balance"].expose().as_str(), fields["rate"].expose().as_str())
    };
    assert_eq!((fields(0), fields(1)), (("1.10", "-0.50"), ("1e3", "2")));
}

#[test]
fn text_with_escapes_that_say_nothing_is_no_json() {
    let sink =
        decode(b"{\"ref\":\"\\ud800\"}\n{\"ref\":01}\n{\"ref\":1.}\n{\"ref\":\"a\tb\"}\n{\"ref\":\"\\u0041\"}\n");
    assert_eq!(sink.rejects.listed, [1, 2, 3, 4].map(|line| reject(line, None, Reason::NotJson)));
    assert_eq!(sink.records[0].reference.expose(), "A");
}

#[test]
fn each_bad_line_is_rejected_with_its_number() {
    let mut text = b"{\"ref\":\"1\"}\n[1]\n{\"ref\":\"2\",\"email\":\"bad\"}\n{\"name\":\"A\"}\nnonsense\n".to_vec();
    text.extend_from_slice(
        b"{\"ref\":\"\xff\"}\n{\"ref\":\"3\",\"Ref\":\"4\"}\n{\"ref\":\"5\",\"name\":[\"a\",\"b\"]}\n",
    );
    text.extend_from_slice(
        b"{\"ref\":\"6\",\"plan\":{\"a\":1}}\n{\"ref\":\"7\",\"\":1}\n{\"ref\":\"8\"} x\n{\"ref\":\"9\"}\n{\"ref\":",
    );
    let sink = decode(&text);
    let refs: Vec<&str> = sink.records.iter().map(|r| r.reference.expose().as_str()).collect();
    assert_eq!(refs, ["1", "9"]);
    assert_eq!(
        sink.rejects.listed,
        [
            reject(2, None, Reason::NotJson),
            reject(3, Some("email"), Reason::Email),
            reject(4, Some("ref"), Reason::Missing),
            reject(5, None, Reason::NotJson),
            reject(6, None, Reason::NotUtf8),
            reject(7, Some("Ref"), Reason::Twice),
            reject(8, Some("name"), Reason::OneValue),
            reject(9, Some("plan"), Reason::NotText),
            reject(10, None, Reason::BadName),
            reject(11, None, Reason::NotJson),
            reject(13, None, Reason::NotJson),
        ]
    );
}

#[test]
fn a_line_above_the_limit_is_skipped_whole_and_the_next_is_read() {
    let limits = ImportLimits { line_bytes: 64, columns: 2, ..ImportLimits::default() };
    let text = format!("{{\"ref\":\"{}\"}}\n{{\"ref\":\"2\"}}\n{{\"ref\":\"3\",\"a\":1,\"b\":2}}\n", "x".repeat(100));
    for step in [1, 10, 4096] {
        let sink = decode_with(text.as_bytes(), step, limits);
        assert_eq!(sink.records.len(), 1);
        assert_eq!(
            sink.rejects.listed,
            [reject(1, None, Reason::LineTooLong(64)), reject(3, None, Reason::TooManyColumns(2))]
        );
    }
}

#[test]
fn deep_nesting_is_refused_and_does_not_exhaust_the_stack() {
    let text = format!("{{\"ref\":\"1\",\"a\":{}1{}}}\n", "[".repeat(20_000), "]".repeat(20_000));
    assert_eq!(
        decode_with(text.as_bytes(), 4096, ImportLimits::default()).rejects.listed,
        [reject(1, Some("a"), Reason::NotText)]
    );
}
