//! CSV (RFC 4180), comma between cells, quoted cells may hold line breaks. The first line names the columns.
//!
//! The parser is pushed bytes and writes a record into a buffer of fixed size, so that a quotation mark that is never
//! closed costs one buffer and not the file.

use csv_core::ReadRecordResult;

use super::column::Header;
use super::decode::{Decoder, Lines, Mark, Sink};
use super::reject::{Fault, HeaderError, Reason};
use super::row::{self, Checks};

pub(super) struct CsvDecoder {
    core: csv_core::Reader,
    checks: Checks,
    header: Option<Header>,
    /// The cells of the record in the making, one after the other, and where each ends.
    text: Vec<u8>,
    ends: Vec<usize>,
    filled: usize,
    cells: usize,
    in_record: bool,
    overflow: Option<Reason>,
    lines: Lines,
    first_line: u64,
    mark: Mark,
}

impl CsvDecoder {
    pub(super) fn new(checks: Checks) -> Self {
        let limits = checks.limits;
        Self {
            core: csv_core::Reader::new(),
            checks,
            header: None,
            text: vec![0; limits.line_bytes],
            // One more than allowed, so that too many are told from just enough.
            ends: vec![0; limits.columns + 1],
            filled: 0,
            cells: 0,
            in_record: false,
            overflow: None,
            lines: Lines::default(),
            first_line: 1,
            mark: Mark::default(),
        }
    }

    fn feed(&mut self, mut input: &[u8], sink: &mut Sink) -> Result<(), HeaderError> {
        while !input.is_empty() {
            if !self.in_record {
                let blank = input.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
                self.lines.count(&input[..blank]);
                input = &input[blank..];
                if input.is_empty() {
                    break;
                }
                self.begin();
            }
            let (result, used, written, ended) =
                self.core.read_record(input, &mut self.text[self.filled..], &mut self.ends[self.cells..]);
            self.lines.count(&input[..used]);
            input = &input[used..];
            self.filled += written;
            self.cells += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                // The buffers are used again from the front: what is too long is only skipped from here on.
                ReadRecordResult::OutputFull => {
                    self.overflow.get_or_insert(Reason::LineTooLong(self.checks.limits.line_bytes));
                    self.filled = 0;
                }
                ReadRecordResult::OutputEndsFull => {
                    self.overflow.get_or_insert(Reason::TooManyColumns(self.checks.limits.columns));
                    self.cells = 0;
                }
                ReadRecordResult::Record | ReadRecordResult::End => self.end(sink)?,
            }
        }
        Ok(())
    }

    fn begin(&mut self) {
        self.in_record = true;
        self.first_line = self.lines.current();
        self.overflow = None;
        self.filled = 0;
        self.cells = 0;
    }

    fn end(&mut self, sink: &mut Sink) -> Result<(), HeaderError> {
        self.in_record = false;
        let cells = Cells { text: &self.text[..self.filled], ends: &self.ends[..self.cells] };
        match (&self.header, self.overflow.take()) {
            (None, Some(Reason::LineTooLong(limit))) => return Err(HeaderError::TooLong(limit)),
            (None, Some(_)) => return Err(HeaderError::TooManyColumns(self.checks.limits.columns)),
            (None, None) => {
                if self.cells > self.checks.limits.columns {
                    return Err(HeaderError::TooManyColumns(self.checks.limits.columns));
                }
                let texts = cells.texts().map_err(|_| HeaderError::NotUtf8)?;
                self.header = Some(Header::parse(texts)?);
                sink.through_line = self.lines.ended();
            }
            (Some(header), overflow) => {
                let read = match overflow {
                    Some(reason) => Err(Fault::line(reason)),
                    None => read(header, cells, &self.checks),
                };
                sink.take(self.first_line, self.lines.ended(), read);
            }
        }
        Ok(())
    }
}

/// The cells of one record.
#[derive(Clone, Copy)]
struct Cells<'a> {
    text: &'a [u8],
    ends: &'a [usize],
}

impl<'a> Cells<'a> {
    fn bytes(self) -> impl Iterator<Item = &'a [u8]> + Clone {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let cell = self.text.get(start..*end).unwrap_or_default();
            start = *end;
            cell
        })
    }

    /// The cells as text, or the place of the first that is none. The whole is checked at once; that each cell is text by
    /// itself follows from its ends being between characters.
    fn texts(self) -> Result<impl Iterator<Item = &'a str> + Clone, usize> {
        let text = std::str::from_utf8(self.text).ok().filter(|t| self.ends.iter().all(|e| t.is_char_boundary(*e)));
        let Some(text) = text else {
            return Err(self.bytes().position(|cell| std::str::from_utf8(cell).is_err()).unwrap_or(0));
        };
        let mut start = 0;
        Ok(self.ends.iter().map(move |end| {
            let cell = text.get(start..*end).unwrap_or_default();
            start = *end;
            cell
        }))
    }
}

fn read(header: &Header, cells: Cells<'_>, checks: &Checks) -> Result<crate::domain::person::PersonRecord, Fault> {
    if cells.ends.len() != header.len() {
        return Err(Fault::line(Reason::CellCount { found: cells.ends.len(), expected: header.len() }));
    }
    match cells.texts() {
        Ok(texts) => row::parse(header.columns().zip(texts), checks),
        Err(place) => Err(Fault { column: header.name(place).map(str::to_owned), reason: Reason::NotUtf8 }),
    }
}

impl Decoder for CsvDecoder {
    fn push(&mut self, bytes: &[u8], sink: &mut Sink) -> Result<(), HeaderError> {
        match self.mark.strip(bytes)? {
            Some(content) => self.feed(&content, sink),
            None => self.feed(bytes, sink),
        }
    }

    fn finish(&mut self, sink: &mut Sink) -> Result<(), HeaderError> {
        let kept = self.mark.rest();
        self.feed(&kept, sink)?;
        if self.in_record {
            // The last line may have no line end. Giving it one ends the record, unless a quoted cell is open.
            self.feed(b"\n", sink)?;
        }
        if self.in_record {
            self.in_record = false;
            if self.header.is_none() {
                return Err(HeaderError::QuoteOpen);
            }
            sink.take(self.first_line, self.lines.ended(), Err(Fault::line(Reason::QuoteOpen)));
        }
        if self.header.is_none() { Err(HeaderError::Empty) } else { Ok(()) }
    }
}

#[cfg(test)]
#[path = "csv_tests.rs"]
mod tests;
