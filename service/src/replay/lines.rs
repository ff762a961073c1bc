//! Lines of a file whose lines may be of any length: one that is too long costs no memory and does
//! not hide the next one.

use std::io::{self, BufRead};

use crate::record::MAX_RECORD;

/// One line that is not blank.
pub(super) struct Line {
    /// Counted from 1, blank lines as well.
    pub(super) number: u64,
    /// Where the next one begins in the file.
    pub(super) end: u64,
    /// Without its line break.
    pub(super) bytes: Result<Vec<u8>, &'static str>,
}

pub(super) struct Lines<R> {
    reader: R,
    number: u64,
    offset: u64,
}

impl<R: BufRead> Lines<R> {
    /// Lines from where a reader stands: after `number` lines and `offset` bytes.
    pub(super) const fn new(reader: R, number: u64, offset: u64) -> Self {
        Self { reader, number, offset }
    }

    /// The next lines, at most so many and about so many bytes; none at the end of the file.
    pub(super) fn batch(&mut self, most: usize, bytes: usize) -> io::Result<Vec<Line>> {
        let mut batch = Vec::new();
        let mut held: usize = 0;
        while batch.len() < most && held < bytes {
            let Some(line) = self.next()? else { break };
            held = held.saturating_add(line.bytes.as_ref().map_or(0, Vec::len));
            batch.push(line);
        }
        Ok(batch)
    }

    fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            let start = self.offset;
            let mut bytes = Vec::new();
            let mut too_long = false;
            let mut ended = false;
            while !ended {
                let available = match self.reader.fill_buf() {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    other => other?,
                };
                if available.is_empty() {
                    break;
                }
                let mut part = available.splitn(2, |byte| *byte == b'\n');
                let content = part.next().unwrap_or_default();
                ended = part.next().is_some();
                too_long |= bytes.len().saturating_add(content.len()) > MAX_RECORD;
                if too_long {
                    bytes = Vec::new();
                } else {
                    bytes.extend_from_slice(content);
                }
                let used = content.len().saturating_add(usize::from(ended));
                self.reader.consume(used);
                self.offset = self.offset.saturating_add(u64::try_from(used).unwrap_or(u64::MAX));
            }
            if self.offset == start {
                return Ok(None);
            }
            self.number = self.number.saturating_add(1);
            if too_long || !bytes.trim_ascii().is_empty() {
                let bytes =
                    if too_long { Err("the line is too long for a record") } else { Ok(bytes) };
                let (number, end) = (self.number, self.offset);
                return Ok(Some(Line { number, end, bytes }));
            }
        }
    }
}
