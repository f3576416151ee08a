//! Rows of a CSV file (RFC 4180: quotes, doubled quotes, line breaks in quotes) with the line each starts at; commas
//! between the fields, or another separator.
//!
//! Reads a line at a time, so that a metadata file of hundreds of megabytes costs one record of memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use crate::disk::open_regular;

/// A longer record is taken for a quote that was never closed.
const LONGEST_RECORD_BYTES: usize = 64 << 20;

#[derive(Debug, thiserror::Error)]
pub enum DelimitedError {
    #[error("line {line}: cannot be read: {source}")]
    Read { line: u64, source: io::Error },
    #[error("line {line}: is not UTF-8 text; save the file as CSV in UTF-8")]
    NotText { line: u64 },
    #[error("line {line}: a quote (\") is opened and never closed")]
    OpenQuote { line: u64 },
    #[error("line {line}: is longer than {} MB, which no table's line is", LONGEST_RECORD_BYTES >> 20)]
    TooLong { line: u64 },
}

/// One row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Where it starts, from 1.
    pub line: u64,
    pub fields: Vec<String>,
}

/// The rows of a CSV file; empty lines are passed over.
pub struct Records<R> {
    reader: R,
    separator: u8,
    lines_read: u64,
    buffer: Vec<u8>,
}

impl Records<BufReader<File>> {
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self::new(BufReader::with_capacity(1 << 16, open_regular(path)?)))
    }
}

impl<R: BufRead> Records<R> {
    pub fn new(reader: R) -> Self {
        Self { reader, separator: b',', lines_read: 0, buffer: Vec::new() }
    }

    /// With another ASCII separator than the comma.
    pub fn separated_by(self, separator: u8) -> Self {
        Self { separator, ..self }
    }

    /// Reads the next row into `record`; false at the end of the file.
    pub fn read(&mut self, record: &mut Record) -> Result<bool, DelimitedError> {
        loop {
            self.buffer.clear();
            record.line = self.lines_read + 1;
            if self.read_line()? == 0 {
                return Ok(false);
            }
            if record.line == 1 && self.buffer.starts_with(b"\xef\xbb\xbf") {
                self.buffer.drain(..3);
            }
            if !matches!(self.buffer.as_slice(), b"\n" | b"\r\n" | b"") {
                break;
            }
        }
        let mut quotes = Quotes { separator: self.separator, open: false, field_begins: true };
        quotes.read(&self.buffer);
        while quotes.open {
            let known = self.buffer.len();
            if self.buffer.len() > LONGEST_RECORD_BYTES || self.read_line()? == 0 {
                return Err(DelimitedError::OpenQuote { line: record.line });
            }
            quotes.read(&self.buffer[known..]);
        }
        let text =
            std::str::from_utf8(&self.buffer).map_err(|_| DelimitedError::NotText { line: record.line })?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        split_fields(text.strip_suffix('\r').unwrap_or(text), self.separator.into(), &mut record.fields);
        Ok(true)
    }

    fn read_line(&mut self) -> Result<usize, DelimitedError> {
        let line = self.lines_read + 1;
        let most = LONGEST_RECORD_BYTES as u64 + 1;
        let read = self.reader.by_ref().take(most).read_until(b'\n', &mut self.buffer);
        let bytes = read.map_err(|source| DelimitedError::Read { line, source })?;
        if bytes > LONGEST_RECORD_BYTES {
            return Err(DelimitedError::TooLong { line });
        }
        self.lines_read += u64::from(bytes > 0);
        Ok(bytes)
    }
}

impl<R: BufRead> Iterator for Records<R> {
    type Item = Result<Record, DelimitedError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut record = Record::default();
        match self.read(&mut record) {
            Ok(true) => Some(Ok(record)),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

/// Where the end of the text read so far stands. A quote opens a field only where the field begins;
/// elsewhere it is a character like any other.
struct Quotes {
    separator: u8,
    open: bool,
    field_begins: bool,
}

impl Quotes {
    fn read(&mut self, text: &[u8]) {
        let mut bytes = text.iter().peekable();
        while let Some(&byte) = bytes.next() {
            match byte {
                b'"' if self.open && bytes.peek() == Some(&&b'"') => {
                    bytes.next();
                }
                b'"' if self.open => self.open = false,
                b'"' if self.field_begins => self.open = true,
                _ => {}
            }
            self.field_begins = byte == self.separator && !self.open;
        }
    }
}

fn split_fields(text: &str, separator: char, fields: &mut Vec<String>) {
    let mut used = 0;
    let mut rest = text;
    loop {
        if used == fields.len() {
            fields.push(String::new());
        }
        let field = &mut fields[used];
        field.clear();
        used += 1;
        let mut tail = rest;
        if let Some(inside) = rest.strip_prefix('"') {
            tail = inside;
            while let Some(quote) = tail.find('"') {
                field.push_str(&tail[..quote]);
                tail = &tail[quote + 1..];
                match tail.strip_prefix('"') {
                    Some(after) => {
                        field.push('"');
                        tail = after;
                    }
                    None => break,
                }
            }
        }
        match tail.split_once(separator) {
            Some((value, after)) => {
                field.push_str(value);
                rest = after;
            }
            None => {
                field.push_str(tail);
                break;
            }
        }
    }
    fields.truncate(used);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
        Records::new(text.as_bytes()).map(|record| record.map(|r| (r.line, r.fields)).unwrap()).collect()
    }

    #[test]
    fn quotes_line_breaks_and_empty_lines_read_as_rfc_4180_says() {
        let read = rows("\u{feff}a,b\r\n\r\n\"x, \"\"y\"\"\nz\",\n1,2\" inch\n");
        assert_eq!(read[0], (1, vec!["a".into(), "b".into()]));
        assert_eq!(read[1], (3, vec!["x, \"y\"\nz".into(), String::new()]));
        assert_eq!(read[2], (5, vec!["1".into(), "2\" inch".into()]));
        assert_eq!(read.len(), 3);
    }

    #[test]
    fn another_separator_leaves_commas_in_the_fields() {
        let read = Records::new(&b"a;\"b;c\";1,5\n"[..]).separated_by(b';').next().unwrap().unwrap();
        assert_eq!(read.fields, ["a", "b;c", "1,5"]);
    }

    #[test]
    fn an_open_quote_and_binary_name_their_line() {
        let fail =
            |bytes: &[u8]| Records::new(bytes).find_map(Result::err).map(|error| error.to_string()).unwrap();
        assert!(fail(b"a,b\n1,\"2\n3").starts_with("line 2: a quote"));
        assert!(fail(b"a,b\n1,2\n\xff\xfe,3\n").starts_with("line 3: is not UTF-8"));
    }

    #[test]
    fn a_line_without_end_is_given_up() {
        let endless = BufReader::new(io::repeat(b'x'));
        let error = Records::new(endless).next().unwrap().unwrap_err();
        assert!(error.to_string().starts_with("line 1: is longer than 64 MB"), "{error}");
    }

    proptest! {
        #[test]
        fn whatever_is_quoted_comes_back(cells in proptest::collection::vec("[a-c,\"\r\n ]{0,6}", 1..5)) {
            let line = cells.iter().map(|c| format!("\"{}\"", c.replace('"', "\"\""))).collect::<Vec<_>>();
            prop_assert_eq!(&rows(&line.join(","))[0].1, &cells);
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for record in Records::new(bytes.as_slice()).take(300) {
                if record.is_err() { break; }
            }
        }
    }
}
