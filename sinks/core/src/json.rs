//! JSON as msgspec writes it: without blanks, the fields of an object in the order of its struct.

use std::borrow::Cow;

use crate::left::{Left, Outcome};

const OTHER_FORM: Left = Left("another form");

/// A text; owned where it was escaped.
pub type Text<'a> = Cow<'a, str>;

/// Reads one value after the other.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The first field of the object `name` follows; what `read` reads is its value.
    pub fn first<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        self.expect(b"{")?;
        self.named(name, read)
    }

    /// The field `name` follows another one.
    pub fn next<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        self.expect(b",")?;
        self.named(name, read)
    }

    /// The object ends, and with it all that is to be read.
    pub fn end(&mut self) -> Outcome<()> {
        if self.rest == b"}" { Ok(()) } else { Err(OTHER_FORM) }
    }

    pub fn int(&mut self) -> Outcome<i64> {
        match self.number()? {
            (text, true) => text.parse().map_err(|_| Left("an integer of more than 64 bits")),
            _ => Err(OTHER_FORM),
        }
    }

    pub fn float(&mut self) -> Outcome<f64> {
        let (text, is_whole) = self.number()?;
        if is_whole {
            let whole: i64 = text.parse().map_err(|_| OTHER_FORM)?;
            return Ok(whole as f64);
        }
        match text.parse() {
            Ok(value) if f64::is_finite(value) => Ok(value),
            _ => Err(OTHER_FORM),
        }
    }

    pub fn text(&mut self) -> Outcome<Text<'a>> {
        self.expect(b"\"")?;
        let plain = self.until_special()?;
        if self.take_if(b'"') {
            return Ok(Cow::Borrowed(plain));
        }
        let mut text = plain.to_owned();
        while !self.take_if(b'"') {
            text.push(self.escaped()?);
            text.push_str(self.until_special()?);
        }
        Ok(Cow::Owned(text))
    }

    /// One of `values`: a text of which no other is allowed.
    pub fn one_of(&mut self, values: &[&str]) -> Outcome<Text<'a>> {
        let text = self.text()?;
        if values.contains(&&*text) {
            Ok(text)
        } else {
            Err(OTHER_FORM)
        }
    }

    /// What `read` reads, or None where there is null.
    pub fn optional<T>(&mut self, read: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<Option<T>> {
        if let Some(rest) = self.rest.strip_prefix(b"null") {
            self.rest = rest;
            return Ok(None);
        }
        read(self).map(Some)
    }

    pub fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Outcome<T>) -> Outcome<Vec<T>> {
        self.expect(b"[")?;
        self.until(b']', |reader| read(reader))
    }

    pub fn texts(&mut self) -> Outcome<Vec<Text<'a>>> {
        self.list(Self::text)
    }

    /// A map from text, in its order.
    pub fn pairs<T>(&mut self, mut read: impl FnMut(&mut Self) -> Outcome<T>) -> Outcome<Vec<(Text<'a>, T)>> {
        self.expect(b"{")?;
        self.until(b'}', |reader| {
            let name = reader.text()?;
            reader.expect(b":")?;
            Ok((name, read(reader)?))
        })
    }

    fn named<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        self.expect(b"\"")?;
        self.expect(name.as_bytes())?;
        self.expect(b"\":")?;
        read(self)
    }

    fn until<T>(&mut self, close: u8, mut read: impl FnMut(&mut Self) -> Outcome<T>) -> Outcome<Vec<T>> {
        let mut values = Vec::new();
        if self.take_if(close) {
            return Ok(values);
        }
        loop {
            values.push(read(self)?);
            if self.take_if(close) {
                return Ok(values);
            }
            self.expect(b",")?;
        }
    }

    /// The digits of a number, and whether it has neither fraction nor exponent.
    fn number(&mut self) -> Outcome<(&'a str, bool)> {
        let size = self
            .rest
            .iter()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
            .ok_or(OTHER_FORM)?;
        let (number, rest) = self.rest.split_at(size);
        let text = std::str::from_utf8(number).map_err(|_| OTHER_FORM)?;
        let is_whole = is_number(text).ok_or(OTHER_FORM)?;
        self.rest = rest;
        Ok((text, is_whole))
    }

    fn until_special(&mut self) -> Outcome<&'a str> {
        let size = self
            .rest
            .iter()
            .position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))
            .ok_or(OTHER_FORM)?;
        let (plain, rest) = self.rest.split_at(size);
        self.rest = rest;
        std::str::from_utf8(plain).map_err(|_| Left("not UTF-8"))
    }

    /// What stands behind a backslash, as msgspec writes it.
    fn escaped(&mut self) -> Outcome<char> {
        self.expect(b"\\")?;
        let (kind, rest) = self.rest.split_first().ok_or(OTHER_FORM)?;
        self.rest = rest;
        Ok(match kind {
            b'"' => '"',
            b'\\' => '\\',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.control(),
            _ => return Err(OTHER_FORM),
        })
    }

    fn control(&mut self) -> Outcome<char> {
        self.expect(b"00")?;
        let (digits, rest) = self.rest.split_at_checked(2).ok_or(OTHER_FORM)?;
        self.rest = rest;
        let digit = |byte: u8| char::from(byte).to_digit(16).ok_or(OTHER_FORM);
        char::from_u32(digit(digits[0])? << 4 | digit(digits[1])?).ok_or(OTHER_FORM)
    }

    fn take_if(&mut self, byte: u8) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if *first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn expect(&mut self, text: &[u8]) -> Outcome<()> {
        self.rest = self.rest.strip_prefix(text).ok_or(OTHER_FORM)?;
        Ok(())
    }
}

/// Whether `text` is a whole number; None: no number by JSON's grammar.
fn is_number(text: &str) -> Option<bool> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let is_right = are_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(are_digits)
        && exponent.is_none_or(|it| are_digits(it.strip_prefix(['+', '-']).unwrap_or(it)));
    is_right.then_some(fraction.is_none() && exponent.is_none())
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
