//! Lines are reported in the order of the file, whatever the stages behind the reading one are busy with.

use std::convert::Infallible;
use std::fmt::Write as _;

use bytes::Bytes;
use candour::people::{Format, Reason};
use futures_util::stream;

use crate::support::features::people;
use crate::support::stores::{on_both, operator};

/// Many chunks of the tests' limits.
const LINES: u64 = 3000;

on_both!(rejects_of_many_chunks_are_listed_in_the_order_of_the_file, |world| {
    let incident = world.incident().await.id;
    let mut file = String::from("ref,email,note\n");
    let mut line = 1;
    let mut wrong = Vec::new();
    for i in 0..LINES {
        line += 1;
        if i % 7 == 3 {
            wrong.push((line, Reason::Email));
            writeln!(file, "P-{i},nobody,").unwrap();
        } else if i % 11 == 5 {
            // Two lines for one record: the next number is one further.
            writeln!(file, "P-{i},p{i}@example.org,\"two\nlines\"").unwrap();
            line += 1;
        } else {
            writeln!(file, "P-{i},p{i}@example.org,").unwrap();
        }
    }
    let pieces: Vec<Result<Bytes, Infallible>> =
        file.as_bytes().chunks(2003).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let outcome = people(&world.store).import(incident, Format::Csv, stream::iter(pieces), operator()).await.unwrap();
    let listed: Vec<(u64, Reason)> = outcome.rejects.listed.into_iter().map(|r| (r.line, r.reason)).collect();
    assert_eq!(listed, wrong);
    assert_eq!(outcome.rejects.total, wrong.len() as u64);
    assert_eq!(outcome.accepted, LINES - wrong.len() as u64);
    assert_eq!(outcome.through_line, line);
});
