//! What the formats share: bytes go in as they arrive, people and rejects come out; nothing waits for the end of the file.

use super::reject::{Fault, HeaderError, Rejects};
use crate::domain::person::PersonRecord;

/// Turns the bytes of a file into people. One per import.
pub(super) trait Decoder: Send {
    /// Takes the next bytes, cut anywhere.
    fn push(&mut self, bytes: &[u8], sink: &mut Sink) -> Result<(), HeaderError>;
    /// Takes the end of the file. Not called when the body breaks off, so that half a line is never believed.
    fn finish(&mut self, sink: &mut Sink) -> Result<(), HeaderError>;
}

/// Where decoded lines go.
pub(super) struct Sink {
    /// People not yet handed on.
    pub records: Vec<PersonRecord>,
    /// Last line of which everything has been read.
    pub through_line: u64,
    /// Lines that were not believed.
    pub rejects: Rejects,
    limit: usize,
}

impl Sink {
    pub(super) fn new(rejects_listed: usize) -> Self {
        Self { records: Vec::new(), through_line: 0, rejects: Rejects::default(), limit: rejects_listed }
    }

    /// Takes what a record became; it began at line `first` and ended at line `last`.
    pub(super) fn take(&mut self, first: u64, last: u64, read: Result<PersonRecord, Fault>) {
        self.through_line = last;
        match read {
            Ok(record) => self.records.push(record),
            Err(fault) => self.rejects.add(first, fault, self.limit),
        }
    }
}

/// Counts lines, whether they end with LF, CRLF or CR, over input cut anywhere.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lines {
    ended: u64,
    after_cr: bool,
}

impl Lines {
    /// Counts the bytes that come next. Written so that the compiler can look at many of them at a time.
    #[expect(clippy::naive_bytecount, reason = "as fast as a crate would be for pieces this short")]
    pub(super) fn count(&mut self, bytes: &[u8]) {
        let [Some(first), Some(last)] = [bytes.first(), bytes.last()] else { return };
        let feeds = bytes.iter().filter(|byte| **byte == b'\n').count();
        let returns = bytes.iter().filter(|byte| **byte == b'\r').count();
        // A line feed behind a carriage return ends the same line.
        let pairs = bytes.iter().zip(&bytes[1..]).filter(|pair| matches!(pair, (b'\r', b'\n'))).count()
            + usize::from(self.after_cr && *first == b'\n');
        self.ended += (feeds + returns - pairs) as u64;
        self.after_cr = *last == b'\r';
    }

    /// Number of the line that the next byte belongs to.
    pub(super) fn current(self) -> u64 {
        self.ended + 1
    }

    /// Number of the last line that has ended.
    pub(super) fn ended(self) -> u64 {
        self.ended
    }
}

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Takes the byte order mark off the front of a file, and tells UTF-16 by its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Mark {
    seen: Vec<u8>,
    done: bool,
}

impl Mark {
    /// Gives back what of the input is content. While it cannot be told yet, keeps the bytes and gives nothing.
    pub(super) fn strip(&mut self, bytes: &[u8]) -> Result<Option<Vec<u8>>, HeaderError> {
        if self.done {
            return Ok(None);
        }
        self.seen.extend_from_slice(bytes);
        if self.seen.starts_with(b"\xff\xfe") || self.seen.starts_with(b"\xfe\xff") {
            return Err(HeaderError::Utf16);
        }
        let undecided = [UTF8_MARK, b"\xff\xfe", b"\xfe\xff"];
        if undecided.iter().any(|mark| self.seen.len() < mark.len() && mark.starts_with(&self.seen)) {
            return Ok(Some(Vec::new()));
        }
        Ok(Some(self.rest()))
    }

    /// Gives back what is still kept when the file ends.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        self.done = true;
        let mut seen = std::mem::take(&mut self.seen);
        if seen.starts_with(UTF8_MARK) {
            seen.drain(..UTF8_MARK.len());
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_for_every_kind_of_line_end_wherever_the_input_is_cut() {
        for (text, lines) in [("a\nb\nc", 3), ("a\r\nb\r\nc", 3), ("a\rb\rc", 3), ("a\n\r\n\rb", 4), ("", 1)] {
            for cut in 0..=text.len() {
                let mut counter = Lines::default();
                counter.count(&text.as_bytes()[..cut]);
                counter.count(&text.as_bytes()[cut..]);
                assert_eq!(counter.current(), lines, "{text:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn the_mark_is_taken_off_even_when_it_arrives_in_pieces() {
        let mut mark = Mark::default();
        assert_eq!(mark.strip(b"\xef"), Ok(Some(vec![])));
        assert_eq!(mark.strip(b"\xbb"), Ok(Some(vec![])));
        assert_eq!(mark.strip(b"\xbfref"), Ok(Some(b"ref".to_vec())));
        assert_eq!(mark.strip(b"\xef\xbb\xbf"), Ok(None), "only once");
        assert_eq!(Mark::default().strip(b"\xff\xfer\0"), Err(HeaderError::Utf16));
        let mut short = Mark::default();
        assert_eq!(short.strip(b"\xef\xbb"), Ok(Some(vec![])));
        assert_eq!(short.rest(), b"\xef\xbb");
    }
}
