//! A reader that cannot run past its input and cannot forget the tail.

use super::{Fault, Malformed};

/// Reads `input` to its last byte; bytes that `read` leaves are a fault of their own.
pub(crate) fn complete<'a, T>(
    input: &'a [u8],
    item: &'static str,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, Malformed>,
) -> Result<T, Malformed> {
    let mut reader = Reader::new(input, item);
    let value = read(&mut reader)?;
    reader.finish()?;
    Ok(value)
}

/// A position in borrowed bytes. `item` names what is being read, for error messages.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
    item: &'static str,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(input: &'a [u8], item: &'static str) -> Self {
        Self { rest: input, offset: 0, item }
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (head, rest) =
            self.rest.split_at_checked(length).ok_or_else(|| self.fault(Fault::Truncated))?;
        self.rest = rest;
        self.offset = self.offset.saturating_add(length);
        Ok(head)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], Malformed> {
        let (head, rest) =
            self.rest.split_first_chunk().ok_or_else(|| self.fault(Fault::Truncated))?;
        self.rest = rest;
        self.offset = self.offset.saturating_add(N);
        Ok(head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Malformed> {
        self.array().map(|[byte]| *byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(|bytes| u16::from_be_bytes(*bytes))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(|bytes| u32::from_be_bytes(*bytes))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(|bytes| u64::from_be_bytes(*bytes))
    }

    /// A buffer behind its two-byte length, as TPM structures and credential ids have it.
    pub(crate) fn sized(&mut self) -> Result<&'a [u8], Malformed> {
        let length = usize::from(self.u16()?);
        self.take(length)
    }

    pub(crate) fn finish(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.fault(Fault::Trailing)) }
    }

    pub(crate) const fn fault(&self, fault: Fault) -> Malformed {
        Malformed::new(self.item, fault, self.offset)
    }
}
