//! One table of a file: RFC 4180 as spreadsheets really write it.
//!
//! UTF-8 with or without a byte order mark; comma, semicolon or tab, whichever the first line has most of (or as `sep=;` says);
//! any ends of lines. A cell that begins with an apostrophe before what a spreadsheet would take for a formula loses it: so
//! tables that Lyceum wrote come back as they were.

use std::io::{self, Read};

use csv::ByteRecord;

use super::fault::{Placed, RowFault};

/// How much of a file is looked at for its delimiter.
const HEAD: usize = 64 * 1024;

/// More columns than any file has.
const MOST_COLUMNS: usize = 200;

/// A table being read.
pub struct Table<'r> {
    file: Option<&'static str>,
    reader: csv::Reader<Box<dyn Read + 'r>>,
    record: ByteRecord,
    headings: Vec<String>,
    /// Lines before the one that the reader takes for the first.
    before: u64,
}

impl std::fmt::Debug for Table<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("file", &self.file).field("headings", &self.headings).finish_non_exhaustive()
    }
}

/// The cells of one row, in the order of the headings.
#[derive(Debug)]
pub struct Cells<'t> {
    /// The line on which the row begins, from 1.
    pub line: u64,
    record: &'t ByteRecord,
}

impl<'t> Cells<'t> {
    /// The cell as it stands; empty where the row is too short.
    pub fn raw(&self, column: usize) -> &'t str {
        // The whole record was found to be UTF-8 when it was read.
        self.record.get(column).and_then(|cell| std::str::from_utf8(cell).ok()).unwrap_or_default()
    }

    /// The cell without spaces around it and without the apostrophe before a formula; none if nothing is left.
    pub fn text(&self, column: usize) -> Option<&'t str> {
        let cell = self.raw(column).trim();
        let cell = match cell.strip_prefix('\'') {
            Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r']) => rest.trim(),
            _ => cell,
        };
        (!cell.is_empty()).then_some(cell)
    }

    /// How many cells there are.
    pub fn len(&self) -> usize {
        self.record.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.record.is_empty()
    }
}

impl<'r> Table<'r> {
    /// Reads the headings.
    ///
    /// # Errors
    /// What is wrong with the whole: it is empty, in another encoding, or cannot be unpacked.
    pub fn open(file: Option<&'static str>, mut reader: impl Read + 'r) -> Result<Self, Placed> {
        let mut head = Vec::with_capacity(HEAD);
        (&mut reader).take(HEAD as u64).read_to_end(&mut head).map_err(|error| unreadable(file, &error))?;
        let utf16 = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
        if utf16 {
            return Err(Placed::whole(file, RowFault::new("encoding", "is UTF-16: save it as CSV in UTF-8")));
        }
        let start = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let (delimiter, skip) = delimiter(&head[start..]);
        let before = u64::from(skip > 0);
        let whole = io::Cursor::new(head.split_off(start + skip)).chain(reader);
        let whole: Box<dyn Read + 'r> = Box::new(Lines { inner: whole, last: b'\n', after_return: false });
        let reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(whole);
        let mut table = Self { file, reader, record: ByteRecord::new(), headings: Vec::new(), before };
        let Some(first) = table.next()? else {
            return Err(Placed::whole(file, RowFault::new("empty", "is empty: its first line must name the columns")));
        };
        let headings = (0..first.len()).map(|column| first.raw(column).trim().to_owned()).collect();
        table.headings = headings;
        if table.headings.len() > MOST_COLUMNS {
            return Err(Placed::whole(file, RowFault::new("too-many-columns", "has more than 200 columns")));
        }
        Ok(table)
    }

    /// What stands above the columns.
    pub fn headings(&self) -> &[String] {
        &self.headings
    }

    /// The next row in which anything stands.
    ///
    /// # Errors
    /// What is wrong with the rest: it is in another encoding, or cannot be unpacked.
    #[expect(clippy::should_implement_trait, reason = "what it lends ends with the next row")]
    pub fn next(&mut self) -> Result<Option<Cells<'_>>, Placed> {
        loop {
            let found = self.reader.read_byte_record(&mut self.record);
            if !found.map_err(|error| broken(self.file, &error))? {
                return Ok(None);
            }
            self.check_encoding()?;
            // Spreadsheets write rows in which nothing stands.
            if !self.record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                return Ok(Some(Cells { line: self.line(), record: &self.record }));
            }
        }
    }

    fn check_encoding(&self) -> Result<(), Placed> {
        let Some(column) = self.record.iter().position(|cell| std::str::from_utf8(cell).is_err()) else {
            return Ok(());
        };
        let fault = RowFault::new("encoding", "is not UTF-8: save the file as CSV in UTF-8");
        let fault = match self.headings.get(column).filter(|heading| !heading.is_empty()) {
            Some(heading) => fault.at(heading),
            None => fault,
        };
        Err(Placed { file: self.file, line: Some(self.line()), fault })
    }

    /// The line on which the row begins. Blank lines are skipped by the reader, so what is sure is where the row ends.
    fn line(&self) -> u64 {
        let inside = self.record.as_slice().split(|byte| *byte == b'\n').skip(1).count() as u64;
        (self.reader.position().line() - 1).saturating_sub(inside) + self.before
    }
}

/// Gives every line the same end, the last one too: only then can lines be counted.
struct Lines<R> {
    inner: R,
    last: u8,
    after_return: bool,
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.inner.read(buffer)?;
            if read == 0 {
                let missing = self.last != b'\n' && !buffer.is_empty();
                if missing {
                    (buffer[0], self.last) = (b'\n', b'\n');
                }
                return Ok(usize::from(missing));
            }
            let mut kept = 0;
            for place in 0..read {
                let byte = buffer[place];
                let second = byte == b'\n' && self.after_return;
                self.after_return = byte == b'\r';
                if !second {
                    self.last = if byte == b'\r' { b'\n' } else { byte };
                    buffer[kept] = self.last;
                    kept += 1;
                }
            }
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}

fn broken(file: Option<&'static str>, error: &csv::Error) -> Placed {
    match error.kind() {
        csv::ErrorKind::Io(error) => unreadable(file, error),
        _ => Placed::whole(file, RowFault::new("malformed", "is not a table")),
    }
}

/// The archive is damaged, or holds more than it may.
fn unreadable(file: Option<&'static str>, error: &io::Error) -> Placed {
    let fault = match error.get_ref().and_then(|cause| cause.downcast_ref::<TooLarge>()) {
        Some(_) => RowFault::new("too-large", "holds more than an archive may hold"),
        None => RowFault::new("archive", "is damaged: it cannot be unpacked"),
    };
    Placed::whole(file, fault)
}

/// More came out of an archive than may.
#[derive(Debug, thiserror::Error)]
#[error("more than may be unpacked")]
pub struct TooLarge;

/// The delimiter, and how many bytes of a line that only names it are to be skipped.
fn delimiter(head: &[u8]) -> (u8, usize) {
    let end = head.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(head.len());
    if let [b's', b'e', b'p', b'=', named] = head[..end] {
        let line_end = if head[end..].starts_with(b"\r\n") { 2 } else { 1 };
        return (named, (end + line_end).min(head.len()));
    }
    let (mut quoted, mut counts) = (false, [(b',', 0_u32), (b';', 0), (b'\t', 0)]);
    for byte in head {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if !quoted => counts.iter_mut().filter(|(known, _)| known == byte).for_each(|(_, count)| *count += 1),
            _ => {}
        }
    }
    // Of as many the first: a comma.
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or_default();
    (counts.iter().find(|(_, count)| *count == most).map_or(b',', |(byte, _)| *byte), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
        let mut table = Table::open(None, text.as_bytes()).unwrap_or_else(|_| panic!("a table"));
        let mut rows = Vec::new();
        while let Some(cells) = table.next().unwrap_or_else(|_| panic!("rows")) {
            let texts = (0..cells.len()).map(|column| cells.text(column).unwrap_or_default().to_owned()).collect();
            rows.push((cells.line, texts));
        }
        rows
    }

    fn one(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (line, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn lines_are_counted_as_an_editor_counts_them() {
        for (end, last) in [("\n", ""), ("\r\n", ""), ("\r", ""), ("\n", "\n"), ("\r\n", "\r\n")] {
            let text = ["a,b", "1,2", "", "\"x", "y\",3", ",", "4,5"].join(end) + last;
            assert_eq!(rows(&text), [one(2, &["1", "2"]), one(4, &["x\ny", "3"]), one(7, &["4", "5"])], "{end:?}");
        }
    }

    #[test]
    fn the_delimiter_is_found() {
        assert_eq!(rows("a;b\n1,5;2"), [one(2, &["1,5", "2"])]);
        assert_eq!(rows("\u{feff}a\tb\n1\t2"), [one(2, &["1", "2"])]);
        assert_eq!(rows("sep=;\r\na;b\r\n1;2"), [one(3, &["1", "2"])]);
        assert_eq!(rows("\"a;;;\",b\n1,2"), [one(2, &["1", "2"])]);
    }

    #[test]
    fn row_34_apostrophes_before_formulas_are_taken_off() {
        assert_eq!(rows("a,b\n'=1+1,'tis"), [one(2, &["=1+1", "'tis"])]);
    }

    #[test]
    fn other_encodings_are_refused() {
        let fault = |bytes: &[u8]| match Table::open(None, bytes).and_then(|mut table| table.next().map(|_| ())) {
            Ok(()) => panic!("it was read"),
            Err(fault) => (fault.fault.code, fault.line),
        };
        assert_eq!(fault(b"\xff\xfea\0"), ("encoding", None));
        assert_eq!(fault(b"name\nM\xfcller"), ("encoding", Some(2)));
        assert_eq!(fault(b""), ("empty", None));
    }
}
