//! MessagePack as msgspec writes it: the shortest form of each value.

use crate::left::{Left, Outcome};

const CUT_OFF: Left = Left("cut off");
const OTHER_TYPE: Left = Left("another type");

/// Reads one value after the other.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub fn end(&self) -> Outcome<()> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Left("more than one value"))
        }
    }

    pub fn int(&mut self) -> Outcome<i64> {
        let lead = self.byte()?;
        Ok(match lead {
            0x00..=0x7f => i64::from(lead),
            0xe0..=0xff => i64::from(lead as i8),
            0xcc => self.number(1)? as i64,
            0xcd => self.number(2)? as i64,
            0xce => self.number(4)? as i64,
            0xcf => i64::try_from(self.number(8)?).map_err(|_| Left("an integer of more than 63 bits"))?,
            0xd0 => i64::from(self.number(1)? as i8),
            0xd1 => i64::from(self.number(2)? as i16),
            0xd2 => i64::from(self.number(4)? as i32),
            0xd3 => self.number(8)? as i64,
            _ => return Err(OTHER_TYPE),
        })
    }

    pub fn float(&mut self) -> Outcome<f64> {
        match self.byte()? {
            0xcb => Ok(f64::from_bits(self.number(8)?)),
            _ => Err(OTHER_TYPE),
        }
    }

    pub fn text(&mut self) -> Outcome<&'a str> {
        let lead = self.byte()?;
        let size = match lead {
            0xa0..=0xbf => usize::from(lead & 0x1f),
            0xd9 => self.number(1)? as usize,
            0xda => self.number(2)? as usize,
            0xdb => self.number(4)? as usize,
            _ => return Err(OTHER_TYPE),
        };
        std::str::from_utf8(self.take(size)?).map_err(|_| Left("not UTF-8"))
    }

    /// An array of exactly `size` values follows: a struct of today's form.
    pub fn fields(&mut self, size: usize) -> Outcome<()> {
        if self.array()? == size {
            Ok(())
        } else {
            Err(Left("the form of another version"))
        }
    }

    /// What `read` reads, or None where there is nil.
    pub fn optional<T>(&mut self, read: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<Option<T>> {
        if self.rest.first() == Some(&0xc0) {
            self.rest = &self.rest[1..];
            return Ok(None);
        }
        read(self).map(Some)
    }

    pub fn texts(&mut self) -> Outcome<Vec<&'a str>> {
        let count = self.array()?;
        (0..count).map(|_| self.text()).collect()
    }

    /// A map from text to text, in its order.
    pub fn pairs(&mut self) -> Outcome<Vec<(&'a str, &'a str)>> {
        let lead = self.byte()?;
        let count = match lead {
            0x80..=0x8f => usize::from(lead & 0x0f),
            0xde => self.number(2)? as usize,
            0xdf => self.number(4)? as usize,
            _ => return Err(OTHER_TYPE),
        };
        (0..count).map(|_| Ok((self.text()?, self.text()?))).collect()
    }

    fn array(&mut self) -> Outcome<usize> {
        let lead = self.byte()?;
        Ok(match lead {
            0x90..=0x9f => usize::from(lead & 0x0f),
            0xdc => self.number(2)? as usize,
            0xdd => self.number(4)? as usize,
            _ => return Err(OTHER_TYPE),
        })
    }

    fn byte(&mut self) -> Outcome<u8> {
        let (first, rest) = self.rest.split_first().ok_or(CUT_OFF)?;
        self.rest = rest;
        Ok(*first)
    }

    fn number(&mut self, size: usize) -> Outcome<u64> {
        Ok(self
            .take(size)?
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn take(&mut self, size: usize) -> Outcome<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(size).ok_or(CUT_OFF)?;
        self.rest = rest;
        Ok(taken)
    }
}
