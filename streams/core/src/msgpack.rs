//! MessagePack as msgspec writes it: the shortest form of each value.

use crate::left::{Left, Outcome};

const CUT_OFF: Left = Left("cut off");
const OTHER_TYPE: Left = Left("another type");

/// Reads one value after the other.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// All that was read since `earlier`, which is a copy of this reader from before.
    pub fn since(&self, earlier: Reader<'a>) -> &'a [u8] {
        &earlier.rest[..earlier.rest.len() - self.rest.len()]
    }

    pub fn end(&self) -> Outcome<()> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Left("more than one value"))
        }
    }

    pub fn boolean(&mut self) -> Outcome<bool> {
        match self.byte()? {
            0xc2 => Ok(false),
            0xc3 => Ok(true),
            _ => Err(OTHER_TYPE),
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

    pub fn bytes(&mut self) -> Outcome<&'a [u8]> {
        let size = match self.byte()? {
            0xc4 => self.number(1)? as usize,
            0xc5 => self.number(2)? as usize,
            0xc6 => self.number(4)? as usize,
            _ => return Err(OTHER_TYPE),
        };
        self.take(size)
    }

    /// How many values follow.
    pub fn array(&mut self) -> Outcome<usize> {
        let lead = self.byte()?;
        Ok(match lead {
            0x90..=0x9f => usize::from(lead & 0x0f),
            0xdc => self.number(2)? as usize,
            0xdd => self.number(4)? as usize,
            _ => return Err(OTHER_TYPE),
        })
    }

    /// An array of exactly `size` values follows: a struct of today's form.
    pub fn fields(&mut self, size: usize) -> Outcome<()> {
        if self.array()? == size {
            Ok(())
        } else {
            Err(Left("the form of another version"))
        }
    }

    /// How many pairs follow.
    pub fn map(&mut self) -> Outcome<usize> {
        let lead = self.byte()?;
        Ok(match lead {
            0x80..=0x8f => usize::from(lead & 0x0f),
            0xde => self.number(2)? as usize,
            0xdf => self.number(4)? as usize,
            _ => return Err(OTHER_TYPE),
        })
    }

    /// What `read` reads, or None where there is nil.
    pub fn optional<T>(&mut self, read: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<Option<T>> {
        if self.rest.first() == Some(&0xc0) {
            self.rest = &self.rest[1..];
            return Ok(None);
        }
        read(self).map(Some)
    }

    pub fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Outcome<T>) -> Outcome<Vec<T>> {
        let count = self.array()?;
        let mut values = Vec::with_capacity(self.at_most(count));
        for _ in 0..count {
            values.push(read(self)?);
        }
        Ok(values)
    }

    /// A map from text, in its order.
    pub fn pairs<T>(&mut self, mut read: impl FnMut(&mut Self) -> Outcome<T>) -> Outcome<Vec<(&'a str, T)>> {
        let count = self.map()?;
        let mut pairs = Vec::with_capacity(self.at_most(count));
        for _ in 0..count {
            pairs.push((self.text()?, read(self)?));
        }
        Ok(pairs)
    }

    /// Room for `count` values, of which none takes less than a byte.
    fn at_most(&self, count: usize) -> usize {
        count.min(self.rest.len())
    }

    /// The bytes of a value of any kind, which nobody asks for.
    pub fn raw(&mut self) -> Outcome<&'a [u8]> {
        let before = *self;
        let mut left = 1_usize;
        while left > 0 {
            left = left - 1 + self.pass_over()?;
        }
        Ok(self.since(before))
    }

    /// Goes behind a value, or to the first of its parts; how many those are.
    fn pass_over(&mut self) -> Outcome<usize> {
        let lead = *self.rest.first().ok_or(CUT_OFF)?;
        Ok(match lead {
            0x80..=0x8f | 0xde | 0xdf => 2 * self.map()?,
            0x90..=0x9f | 0xdc | 0xdd => self.array()?,
            0xa0..=0xbf | 0xd9..=0xdb => self.text().map(|_| 0)?,
            0xc4..=0xc6 => self.bytes().map(|_| 0)?,
            0xc0 | 0xc2 | 0xc3 => self.byte().map(|_| 0)?,
            0xcb => self.float().map(|_| 0)?,
            _ => self.int().map(|_| 0)?,
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

/// Appends values to `out`.
pub trait Write {
    fn put_nil(&mut self);
    fn put_boolean(&mut self, value: bool);
    fn put_int(&mut self, value: i64);
    fn put_float(&mut self, value: f64);
    fn put_text(&mut self, value: &str);
    fn put_bytes(&mut self, value: &[u8]);
    fn put_array(&mut self, size: usize);
    fn put_map(&mut self, size: usize);
    fn put_optional<T>(&mut self, value: Option<T>, put: impl FnOnce(&mut Self, T));
}

impl Write for Vec<u8> {
    fn put_nil(&mut self) {
        self.push(0xc0);
    }

    fn put_boolean(&mut self, value: bool) {
        self.push(if value { 0xc3 } else { 0xc2 });
    }

    fn put_int(&mut self, value: i64) {
        match value {
            0..=0x7f => self.push(value as u8),
            0x80..=0xff => self.extend([0xcc, value as u8]),
            0x100..=0xffff => lead(self, 0xcd, &(value as u16).to_be_bytes()),
            0x1_0000..=0xffff_ffff => lead(self, 0xce, &(value as u32).to_be_bytes()),
            0x1_0000_0000.. => lead(self, 0xcf, &value.to_be_bytes()),
            -0x20..=-1 => self.push(value as u8),
            -0x80..=-0x21 => self.extend([0xd0, value as u8]),
            -0x8000..=-0x81 => lead(self, 0xd1, &(value as i16).to_be_bytes()),
            -0x8000_0000..=-0x8001 => lead(self, 0xd2, &(value as i32).to_be_bytes()),
            _ => lead(self, 0xd3, &value.to_be_bytes()),
        }
    }

    fn put_float(&mut self, value: f64) {
        lead(self, 0xcb, &value.to_bits().to_be_bytes());
    }

    fn put_text(&mut self, value: &str) {
        match value.len() {
            size @ 0..=0x1f => self.push(0xa0 | size as u8),
            size @ 0x20..=0xff => self.extend([0xd9, size as u8]),
            size @ 0x100..=0xffff => lead(self, 0xda, &(size as u16).to_be_bytes()),
            size => lead(self, 0xdb, &(size as u32).to_be_bytes()),
        }
        self.extend_from_slice(value.as_bytes());
    }

    fn put_bytes(&mut self, value: &[u8]) {
        match value.len() {
            size @ 0..=0xff => self.extend([0xc4, size as u8]),
            size @ 0x100..=0xffff => lead(self, 0xc5, &(size as u16).to_be_bytes()),
            size => lead(self, 0xc6, &(size as u32).to_be_bytes()),
        }
        self.extend_from_slice(value);
    }

    fn put_array(&mut self, size: usize) {
        match size {
            0..=0x0f => self.push(0x90 | size as u8),
            0x10..=0xffff => lead(self, 0xdc, &(size as u16).to_be_bytes()),
            _ => lead(self, 0xdd, &(size as u32).to_be_bytes()),
        }
    }

    fn put_map(&mut self, size: usize) {
        match size {
            0..=0x0f => self.push(0x80 | size as u8),
            0x10..=0xffff => lead(self, 0xde, &(size as u16).to_be_bytes()),
            _ => lead(self, 0xdf, &(size as u32).to_be_bytes()),
        }
    }

    fn put_optional<T>(&mut self, value: Option<T>, put: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => put(self, value),
            None => self.put_nil(),
        }
    }
}

fn lead(out: &mut Vec<u8>, lead: u8, rest: &[u8]) {
    out.push(lead);
    out.extend_from_slice(rest);
}
