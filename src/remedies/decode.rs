//! From bytes to codes, as they arrive.

use csv_core::ReadRecordResult;

use crate::domain::remedy::{CodeFault, RemedyCode};

/// Longest record, in bytes, and most columns: a file of codes has short lines.
const RECORD: usize = 4096;
const COLUMNS: usize = 64;
/// Rejected lines that are listed; all are counted.
const LISTED: usize = 1000;
const MARK: &[u8] = b"\xef\xbb\xbf";

/// How codes are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `text/plain`: one code a line.
    Text,
    /// `text/csv`: a column `code`; others are not read.
    Csv,
}

/// Why a file is refused before anything of it is stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Nothing in it.
    #[error("the file is empty; its first line must name the columns, `code` among them")]
    Empty,
    /// No column with codes.
    #[error(
        "the first line has no column `code`; name the one that has the codes so, or send text/plain with one code a line"
    )]
    NoCode,
}

/// A line that is no code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Its number, from 1, header and blank lines counted.
    pub line: u64,
    /// Why.
    pub reason: String,
}

/// Decodes one file.
pub struct Decoder {
    format: Format,
    core: csv_core::Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
    filled: usize,
    cells: usize,
    is_too_long: bool,
    in_record: bool,
    /// Place of the column `code`, once the header is read.
    column: Option<usize>,
    /// The first bytes, until it is known whether they are a byte order mark.
    start: Option<Vec<u8>>,
    /// Lines that have ended.
    ended: u64,
    /// Line in which the record began.
    first_line: u64,
    /// Codes not handed on yet.
    pub codes: Vec<RemedyCode>,
    /// Last line that was read whole.
    pub through_line: u64,
    /// How many lines are no codes.
    pub rejected: u64,
    /// The first of them.
    pub rejects: Vec<Reject>,
}

impl Decoder {
    /// For a file of a format.
    #[must_use]
    pub fn new(format: Format) -> Self {
        // In plain text a quotation mark or a comma is a part of the code; no code has a zero byte.
        let core = match format {
            Format::Csv => csv_core::Reader::new(),
            Format::Text => csv_core::ReaderBuilder::new().quoting(false).delimiter(0).build(),
        };
        Self {
            format,
            core,
            text: vec![0; RECORD],
            ends: vec![0; COLUMNS],
            filled: 0,
            cells: 0,
            is_too_long: false,
            in_record: false,
            column: (format == Format::Text).then_some(0),
            start: Some(Vec::new()),
            ended: 0,
            first_line: 1,
            codes: Vec::new(),
            through_line: 0,
            rejected: 0,
            rejects: Vec::new(),
        }
    }

    /// Takes the next bytes, cut anywhere.
    ///
    /// # Errors
    /// When the header names no column `code`.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), HeaderError> {
        let Some(mut start) = self.start.take() else { return self.feed(bytes) };
        start.extend_from_slice(bytes);
        if start.len() < MARK.len() {
            self.start = Some(start);
            return Ok(());
        }
        self.feed(start.strip_prefix(MARK).unwrap_or(&start))
    }

    /// Takes the end of the file.
    ///
    /// # Errors
    /// As [`Decoder::push`].
    pub fn finish(&mut self) -> Result<(), HeaderError> {
        if let Some(start) = self.start.take() {
            self.feed(start.strip_prefix(MARK).unwrap_or(&start))?;
        }
        if self.in_record {
            // The last line may have no line end.
            self.feed(b"\n")?;
        }
        if self.in_record {
            self.in_record = false;
            self.reject(String::from("a quotation mark that opens here is not closed by the end of the file"));
        }
        if self.column.is_none() { Err(HeaderError::Empty) } else { Ok(()) }
    }

    fn feed(&mut self, mut input: &[u8]) -> Result<(), HeaderError> {
        while !input.is_empty() {
            if !self.in_record {
                let blank = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                self.count(&input[..blank]);
                input = &input[blank..];
                if input.is_empty() {
                    break;
                }
                (self.in_record, self.is_too_long, self.filled, self.cells) = (true, false, 0, 0);
                self.first_line = self.ended + 1;
            }
            let (result, used, written, ended) =
                self.core.read_record(input, &mut self.text[self.filled..], &mut self.ends[self.cells..]);
            self.count(&input[..used]);
            input = &input[used..];
            self.filled += written;
            self.cells += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                // The buffers are used again from the front: what is too long is only skipped from here on.
                ReadRecordResult::OutputFull => (self.is_too_long, self.filled) = (true, 0),
                ReadRecordResult::OutputEndsFull => (self.is_too_long, self.cells) = (true, 0),
                ReadRecordResult::Record | ReadRecordResult::End => self.end()?,
            }
        }
        Ok(())
    }

    #[expect(clippy::naive_bytecount, reason = "as fast as a crate would be for pieces this short")]
    fn count(&mut self, bytes: &[u8]) {
        self.ended += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    }

    fn cell(&self, place: usize) -> Option<&[u8]> {
        let end = *self.ends[..self.cells].get(place)?;
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        self.text.get(start..end)
    }

    fn end(&mut self) -> Result<(), HeaderError> {
        self.in_record = false;
        self.through_line = self.ended.max(self.first_line);
        let Some(column) = self.column else {
            let is_code = |place: &usize| {
                let name = self.cell(*place).unwrap_or_default();
                name.trim_ascii().eq_ignore_ascii_case(b"code")
            };
            self.column = Some((0..self.cells).find(is_code).filter(|_| !self.is_too_long).ok_or(HeaderError::NoCode)?);
            return Ok(());
        };
        if self.is_too_long {
            self.reject(format!("the line is longer than {RECORD} bytes or has more than {COLUMNS} columns"));
            return Ok(());
        }
        let cell = self.cell(column).unwrap_or_default();
        if self.format == Format::Text && cell.trim_ascii().is_empty() {
            return Ok(());
        }
        let is_split = self.format == Format::Text && self.cells > 1;
        match if is_split { Err(CodeFault::Blank) } else { RemedyCode::from_bytes(cell) } {
            Ok(code) => self.codes.push(code),
            Err(fault) => self.reject(fault.to_string()),
        }
        Ok(())
    }

    fn reject(&mut self, reason: String) {
        self.rejected += 1;
        if self.rejects.len() < LISTED {
            self.rejects.push(Reject { line: self.first_line, reason });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: Format, file: &[u8], cut: usize) -> Result<Decoder, HeaderError> {
        let mut decoder = Decoder::new(format);
        for piece in file.chunks(cut) {
            decoder.push(piece)?;
        }
        decoder.finish()?;
        Ok(decoder)
    }

    fn codes(decoder: &Decoder) -> Vec<&str> {
        decoder.codes.iter().map(RemedyCode::expose).collect()
    }

    fn lines(decoder: &Decoder) -> Vec<u64> {
        decoder.rejects.iter().map(|reject| reject.line).collect()
    }

    #[test]
    fn one_code_a_line_wherever_the_input_is_cut() {
        let mut file = b"\xef\xbb\xbfA-1\r\n\n  B,\"2\"  \nC 3\n\xff\nE\0F\n".to_vec();
        file.extend(std::iter::repeat_n(b'x', 5000));
        file.extend_from_slice(b"\nD-4");
        for cut in [1, 2, 3, 7, 10_000] {
            let decoder = read(Format::Text, &file, cut).unwrap();
            assert_eq!(codes(&decoder), ["A-1", "B,\"2\"", "D-4"], "cut at {cut}");
            assert_eq!(lines(&decoder), [4, 5, 6, 7], "cut at {cut}");
            assert_eq!((decoder.rejected, decoder.through_line), (4, 8));
        }
    }

    #[test]
    fn a_csv_has_a_column_of_codes() {
        let file = "\u{feff}\"Product\", Code ,until\r\nplan,\"A-1\",2027\r\nplan,,2027\r\nplan,B-2\r\n\"open";
        for cut in [1, 5, 1000] {
            let decoder = read(Format::Csv, file.as_bytes(), cut).unwrap();
            assert_eq!(codes(&decoder), ["A-1", "B-2"]);
            assert_eq!(lines(&decoder), [3, 5]);
        }
        assert_eq!(read(Format::Csv, b"key\nA\n", 10).err(), Some(HeaderError::NoCode));
        assert_eq!(read(Format::Csv, b"", 10).err(), Some(HeaderError::Empty));
    }
}
