//! JSON as it is given, read one value after the other; whatever parsers disagree about is left.

use bumpalo::Bump;
use bumpalo::collections::String as Text;

use crate::left::{Left, Outcome};

const CUT_OFF: Left = Left("JSON that is cut off");
const OTHER: Left = Left("other JSON than expected");
const ODD_TEXT: Left = Left("a text of odd characters");
const ODD_NUMBER: Left = Left("a number of an odd form");
/// So many fit into 64 bits.
const MOST_DIGITS: usize = 18;
/// As long as the shortest form of a float is that has no exponent: 17 digits, and a zero and the point before them.
const MOST_OF_FLOATS: usize = 19;

pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    bump: &'a Bump,
}

/// A number of few digits, without exponent.
pub enum Number {
    Int(i64),
    Float(f64),
}

impl<'a> Reader<'a> {
    pub fn new(payload: &'a [u8], bump: &'a Bump) -> Outcome<Self> {
        let text = std::str::from_utf8(payload).map_err(|_| Left("not UTF-8"))?;
        Ok(Reader { text, at: 0, bump })
    }

    /// Nothing but blanks follows.
    pub fn end(&mut self) -> Outcome<()> {
        match self.peek() {
            Err(CUT_OFF) => Ok(()),
            _ => Err(OTHER),
        }
    }

    /// What comes next, after blanks.
    pub fn peek(&mut self) -> Outcome<u8> {
        loop {
            let byte = self.byte(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Ok(byte);
            }
            self.at += 1;
        }
    }

    /// An object; `read` reads the value of each key.
    pub fn object(&mut self, mut read: impl FnMut(&mut Self, &'a str) -> Outcome<()>) -> Outcome<()> {
        self.expect(b'{')?;
        if self.skip(b'}')? {
            return Ok(());
        }
        loop {
            let key = self.text()?;
            self.expect(b':')?;
            read(self, key)?;
            if self.is_over(b'}')? {
                return Ok(());
            }
        }
    }

    pub fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Outcome<T>) -> Outcome<Vec<T>> {
        self.expect(b'[')?;
        let mut found = Vec::new();
        if self.skip(b']')? {
            return Ok(found);
        }
        loop {
            found.push(read(self)?);
            if self.is_over(b']')? {
                return Ok(found);
            }
        }
    }

    /// What `read` reads, or None where there is null.
    pub fn optional<T>(&mut self, read: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<Option<T>> {
        if self.peek()? == b'n' {
            return self.word("null").map(|()| None);
        }
        read(self).map(Some)
    }

    /// A value that nobody asks for: what has no parts, or a list or an object of such.
    pub fn pass_over(&mut self) -> Outcome<()> {
        match self.peek()? {
            b'{' => self.object(|reader, _| reader.pass_over_part()),
            b'[' => self.list(Self::pass_over_part).map(|_| ()),
            _ => self.pass_over_part(),
        }
    }

    fn pass_over_part(&mut self) -> Outcome<()> {
        match self.peek()? {
            b'"' => self.text().map(|_| ()),
            b't' | b'f' => self.boolean().map(|_| ()),
            b'n' => self.word("null"),
            _ => self.number().map(|_| ()),
        }
    }

    pub fn boolean(&mut self) -> Outcome<bool> {
        if self.peek()? == b't' {
            return self.word("true").map(|()| true);
        }
        self.word("false").map(|()| false)
    }

    /// A text without its escapes.
    pub fn text(&mut self) -> Outcome<&'a str> {
        self.expect(b'"')?;
        let start = self.at;
        match self.run()? {
            b'"' => {
                self.at += 1;
                Ok(&self.text[start..self.at - 1])
            }
            _ => self.escaped(start),
        }
    }

    pub fn int(&mut self) -> Outcome<i64> {
        match self.number()? {
            Number::Int(value) => Ok(value),
            Number::Float(_) => Err(OTHER),
        }
    }

    /// Not -0, which has no sign as an integer and has one as a float.
    pub fn number(&mut self) -> Outcome<Number> {
        let negative = self.skip(b'-')?;
        let start = self.at;
        let whole = self.digits();
        certain(!whole.is_empty() && (whole == "0" || !whole.starts_with('0')))?;
        if self.byte(self.at) == Ok(b'.') {
            return self.float(start, negative);
        }
        certain(whole.len() <= MOST_DIGITS && !(negative && whole == "0"))?;
        let value: i64 = whole.parse().map_err(|_| ODD_NUMBER)?;
        Ok(Number::Int(if negative { -value } else { value }))
    }

    /// The number whose whole part begins at `start` and was read.
    fn float(&mut self, start: usize, negative: bool) -> Outcome<Number> {
        self.at += 1;
        certain(!self.digits().is_empty() && self.at - start <= MOST_OF_FLOATS)?;
        let value: f64 = self.text[start..self.at].parse().map_err(|_| ODD_NUMBER)?;
        certain(!(negative && value == 0.0))?;
        Ok(Number::Float(if negative { -value } else { value }))
    }

    fn digits(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let count = rest.bytes().take_while(u8::is_ascii_digit).count();
        self.at += count;
        &rest[..count]
    }

    /// Goes on to the quotation mark that ends the text, or to the next escape.
    fn run(&mut self) -> Outcome<u8> {
        let found = self.text.as_bytes()[self.at..]
            .iter()
            .position(|byte| *byte == b'"' || *byte == b'\\' || *byte < 0x20)
            .ok_or(CUT_OFF)?;
        self.at += found;
        match self.byte(self.at)? {
            0..0x20 => Err(ODD_TEXT),
            byte => Ok(byte),
        }
    }

    fn escaped(&mut self, start: usize) -> Outcome<&'a str> {
        let mut text = Text::from_str_in(&self.text[start..self.at], self.bump);
        loop {
            self.at += 1;
            text.push(self.escape()?);
            let start = self.at;
            let end = self.run()?;
            text.push_str(&self.text[start..self.at]);
            if end == b'"' {
                self.at += 1;
                return Ok(text.into_bump_str());
            }
        }
    }

    /// The character of an escape, whose backslash is read.
    fn escape(&mut self) -> Outcome<char> {
        let kind = self.byte(self.at)?;
        self.at += 1;
        Ok(match kind {
            b'"' | b'\\' | b'/' => char::from(kind),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => self.unicode()?,
            _ => return Err(ODD_TEXT),
        })
    }

    fn unicode(&mut self) -> Outcome<char> {
        let first = self.hexadecimal()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first).ok_or(ODD_TEXT);
        }
        if !self.text[self.at..].starts_with("\\u") {
            return Err(ODD_TEXT);
        }
        self.at += 2;
        match self.hexadecimal()? {
            second @ 0xdc00..0xe000 => {
                char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)).ok_or(ODD_TEXT)
            }
            _ => Err(ODD_TEXT),
        }
    }

    fn hexadecimal(&mut self) -> Outcome<u32> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).ok_or(CUT_OFF)?;
        self.at += 4;
        digits.iter().try_fold(0, |number, digit| {
            let digit = char::from(*digit).to_digit(16).ok_or(ODD_TEXT)?;
            Ok(number << 4 | digit)
        })
    }

    fn byte(&self, at: usize) -> Outcome<u8> {
        self.text.as_bytes().get(at).copied().ok_or(CUT_OFF)
    }

    fn expect(&mut self, wanted: u8) -> Outcome<()> {
        if self.skip(wanted)? { Ok(()) } else { Err(OTHER) }
    }

    fn skip(&mut self, wanted: u8) -> Outcome<bool> {
        let is_there = self.peek()? == wanted;
        self.at += usize::from(is_there);
        Ok(is_there)
    }

    /// Whether `end` follows; else a comma does.
    fn is_over(&mut self, end: u8) -> Outcome<bool> {
        if self.skip(end)? {
            return Ok(true);
        }
        self.expect(b',').map(|()| false)
    }

    fn word(&mut self, word: &str) -> Outcome<()> {
        if !self.text[self.at..].starts_with(word) {
            return Err(OTHER);
        }
        self.at += word.len();
        Ok(())
    }
}

fn certain(holds: bool) -> Outcome<()> {
    if holds { Ok(()) } else { Err(ODD_NUMBER) }
}
