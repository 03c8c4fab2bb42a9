use std::fmt::Write as _;

use super::*;
use crate::domain::clock::Millis;
use crate::people::reject::{Delimiter, Reject};
use crate::people::{ImportLimits, KnownJurisdictions};

fn checks(limits: ImportLimits) -> Checks {
    let known: KnownJurisdictions = std::sync::Arc::new(|id| id.as_str() == "eu-gdpr");
    Checks::new(known, limits, Millis(1_795_212_000_000))
}

fn decode_with(bytes: &[u8], step: usize, limits: ImportLimits) -> Result<Sink, HeaderError> {
    let mut decoder = CsvDecoder::new(checks(limits));
    let mut sink = Sink::new(limits.rejects);
    for piece in bytes.chunks(step) {
        decoder.push(piece, &mut sink)?;
    }
    decoder.finish(&mut sink)?;
    Ok(sink)
}

/// Decodes whole and byte by byte, which must come to the same.
fn decode(bytes: &[u8]) -> Result<Sink, HeaderError> {
    let whole = decode_with(bytes, bytes.len().max(1), ImportLimits::default());
    let pieces = decode_with(bytes, 1, ImportLimits::default());
    match (&whole, &pieces) {
        (Ok(a), Ok(b)) => {
            assert_eq!(a.records, b.records);
            assert_eq!((&a.rejects, a.through_line), (&b.rejects, b.through_line));
        }
        (a, b) => assert_eq!(a.as_ref().err(), b.as_ref().err()),
    }
    whole
}

fn refs(sink: &Sink) -> Vec<&str> {
    sink.records.iter().map(|r| r.reference.expose().as_str()).collect()
}

fn reject(line: u64, column: Option<&str>, reason: Reason) -> Reject {
    Reject { line, column: column.map(str::to_owned), reason }
}

#[test]
fn a_file_with_mark_crlf_quotes_and_line_breaks_in_cells_is_read() {
    let text = "\u{feff}ref,name,note\r\n1,\"Doe, Jane\",\"two\r\nlines \"\"quoted\"\"\"\r\n\r\n2,Zoë,\r\n";
    let sink = decode(text.as_bytes()).expect("a file");
    assert_eq!(refs(&sink), ["1", "2"]);
    assert_eq!(sink.records[0].name.as_ref().expect("a name").expose(), "Doe, Jane");
    assert_eq!(sink.records[0].fields["note"].expose(), "two\r\nlines \"quoted\"");
    assert_eq!(sink.rejects.total, 0);
}

#[test]
fn line_numbers_are_of_the_first_line_of_a_record() {
    let text = "ref,email,note\n\n\n1,bad,\"a\nb\nc\"\n2,worse,x\r\n3,bad,y";
    let sink = decode(text.as_bytes()).expect("a file");
    let email = |line| reject(line, Some("email"), Reason::Email);
    assert_eq!(sink.rejects.listed, [email(4), email(7), email(8)]);
}

#[test]
fn good_lines_are_kept_among_bad_ones() {
    let text = b"ref,name\n1,A\n2\n3,B,C\n4,\xff\xfe\n\xff,D\n,E\n5,F\n";
    let sink = decode(text).expect("a file");
    assert_eq!(refs(&sink), ["1", "5"]);
    assert_eq!(
        sink.rejects.listed,
        [
            reject(3, None, Reason::CellCount { found: 1, expected: 2 }),
            reject(4, None, Reason::CellCount { found: 3, expected: 2 }),
            reject(5, Some("name"), Reason::NotUtf8),
            reject(6, Some("ref"), Reason::NotUtf8),
            reject(7, Some("ref"), Reason::Missing),
        ]
    );
    assert_eq!(sink.through_line, 8);
}

#[test]
fn half_a_character_at_the_end_of_a_cell_does_not_join_the_next() {
    let sink = decode(b"ref,name\n\xc3,\xa9\n").expect("a file");
    assert_eq!(sink.rejects.listed, [reject(2, Some("ref"), Reason::NotUtf8)]);
}

#[test]
fn a_quote_that_is_never_closed_is_said_and_costs_one_buffer() {
    let mut text = b"ref,name\n1,A\n2,\"B\n".to_vec();
    let sink = decode(&text).expect("a file");
    assert_eq!(refs(&sink), ["1"]);
    assert_eq!(sink.rejects.listed, [reject(3, None, Reason::QuoteOpen)]);

    text.extend(std::iter::repeat_n(b"3,C\n", 100_000).flatten());
    let sink = decode_with(&text, 4096, ImportLimits::default()).expect("a file");
    assert_eq!(refs(&sink), ["1"]);
    assert_eq!(sink.rejects.listed, [reject(3, None, Reason::QuoteOpen)]);
}

#[test]
fn limits_hold_for_lines_cells_and_columns() {
    let limits = ImportLimits { line_bytes: 100, cell_bytes: 20, columns: 3, ..ImportLimits::default() };
    let long = "x".repeat(21);
    let longer = "x".repeat(200);
    let text =
        format!("ref,name,note\n1,{long},a\n2,{longer},a\n3,a,b\n4,{},c\n5,a,b,c,d,e,f\n6,a,b\n", "é".repeat(10));
    for step in [1, 7, 4096] {
        let sink = decode_with(text.as_bytes(), step, limits).expect("a file");
        assert_eq!(refs(&sink), ["3", "4", "6"]);
        assert_eq!(
            sink.rejects.listed,
            [
                reject(2, Some("name"), Reason::CellTooLong(20)),
                reject(3, None, Reason::LineTooLong(100)),
                reject(6, None, Reason::TooManyColumns(3)),
            ]
        );
    }
    let wide = |n: usize| format!("ref{}\n", ",a".repeat(n));
    assert_eq!(
        decode_with(wide(3).as_bytes(), 64, limits).err(),
        Some(HeaderError::TooManyColumns(3)),
        "one column too many"
    );
    assert_eq!(decode_with(wide(40).as_bytes(), 64, limits).err(), Some(HeaderError::TooManyColumns(3)));
    assert_eq!(decode_with(longer.as_bytes(), 64, limits).err(), Some(HeaderError::TooLong(100)));
}

#[test]
fn rejects_are_counted_beyond_the_list() {
    let mut text = String::from("ref,email\n");
    for i in 0..50 {
        let _ = writeln!(text, "{i},bad");
    }
    let limits = ImportLimits { rejects: 10, ..ImportLimits::default() };
    let sink = decode_with(text.as_bytes(), 64, limits).expect("a file");
    assert_eq!((sink.rejects.total, sink.rejects.listed.len()), (50, 10));
}

#[test]
fn files_without_a_usable_header_are_refused() {
    for empty in ["", "\u{feff}", "\r\n\r\n"] {
        assert_eq!(decode(empty.as_bytes()).err(), Some(HeaderError::Empty), "{empty:?}");
    }
    assert_eq!(decode(b"name,email\n1,2\n").err(), Some(HeaderError::NoRef(Delimiter::Comma)));
    assert_eq!(decode(b"ref;email\n1;2\n").err(), Some(HeaderError::NoRef(Delimiter::Semicolon)));
    assert_eq!(decode(b"ref,\xff\n").err(), Some(HeaderError::NotUtf8));
    assert_eq!(decode(b"ref,\"name\n1,A\n").err(), Some(HeaderError::QuoteOpen));
    assert_eq!(decode(b"\xff\xfer\0e\0f\0").err(), Some(HeaderError::Utf16));
    assert_eq!(decode(b"ref,a,a\n").err(), Some(HeaderError::Duplicate(String::from("a"))));
}

#[test]
fn a_header_alone_is_a_file_without_people() {
    let sink = decode(b"ref,name").expect("a file");
    assert!(sink.records.is_empty());
}
