//! The kinds of values that a touchpoint is made of (schemas/values.py).

use super::json::{Number, Reader};
use crate::left::{Left, Outcome};

const ODD: Left = Left("a value that the contract may not take");
const LONGEST_SECONDS: f64 = 1e9;

pub fn slug<'a>(reader: &mut Reader<'a>) -> Outcome<&'a str> {
    let text = reader.text()?;
    certain(is_slug(text)).map(|()| text)
}

pub fn dotted_slug<'a>(reader: &mut Reader<'a>) -> Outcome<&'a str> {
    let text = reader.text()?;
    certain(text.len() <= 96 && text.split('.').all(is_word)).map(|()| text)
}

pub fn id<'a>(reader: &mut Reader<'a>) -> Outcome<&'a str> {
    plain(reader, 128)
}

pub fn case_id<'a>(reader: &mut Reader<'a>) -> Outcome<&'a str> {
    plain(reader, 64)
}

pub fn text<'a>(reader: &mut Reader<'a>) -> Outcome<&'a str> {
    plain(reader, 256)
}

pub fn answer<'a>(reader: &mut Reader<'a>) -> Outcome<&'a str> {
    let text = reader.text()?;
    certain(is_within(text, 256)).map(|()| text)
}

pub fn seconds(reader: &mut Reader<'_>) -> Outcome<f64> {
    let seconds = match reader.number()? {
        Number::Int(value) => value as f64,
        Number::Float(value) => value,
    };
    certain(seconds.is_sign_positive() && seconds <= LONGEST_SECONDS).map(|()| seconds)
}

/// One of `words`.
pub fn one_of<'a>(reader: &mut Reader<'a>, words: &[&str]) -> Outcome<&'a str> {
    let text = reader.text()?;
    certain(words.contains(&text)).map(|()| text)
}

pub fn certain(holds: bool) -> Outcome<()> {
    if holds { Ok(()) } else { Err(ODD) }
}

fn plain<'a>(reader: &mut Reader<'a>, most: usize) -> Outcome<&'a str> {
    let text = reader.text()?;
    let holds = !text.is_empty() && is_within(text, most) && text.bytes().all(|byte| byte >= 0x20 && byte != 0x7f);
    certain(holds).map(|()| text)
}

pub fn is_slug(text: &str) -> bool {
    text.len() <= 64 && is_word(text)
}

fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Lengths count code points.
fn is_within(text: &str, most: usize) -> bool {
    text.len() <= most || text.chars().count() <= most
}
