//! The columns of a block in ClickHouse's Native format, byte for byte as the driver writes them.

use std::collections::HashMap;

use crate::left::{Left, Outcome};

const EARLIEST_TIME: i64 = -62_135_596_800_000; // 0001-01-01 00:00:00.000 UTC
const LATEST_TIME: i64 = 253_402_300_799_999; // 9999-12-31 23:59:59.999 UTC

const NAMES_VERSION: u64 = 1;
const HAS_ADDITIONAL_KEYS: u64 = 1 << 9;
const NEED_UPDATE_DICTIONARY: u64 = 1 << 10;

const TOO_LARGE: Left = Left("a number that its column does not take");

/// `values` are those of all rows.
pub struct Column {
    pub name: &'static str,
    pub kind: &'static str,
    pub values: Vec<u8>,
}

fn column(name: &'static str, kind: &'static str, values: Vec<u8>) -> Outcome<Column> {
    Ok(Column { name, kind, values })
}

pub fn texts<'v>(name: &'static str, values: impl Iterator<Item = &'v str>) -> Outcome<Column> {
    let mut out = Vec::new();
    values.for_each(|value| put_text(&mut out, value));
    column(name, "String", out)
}

pub fn nullable_texts<'v>(
    name: &'static str,
    values: impl Iterator<Item = Option<&'v str>> + Clone,
) -> Outcome<Column> {
    let mut out = nulls(values.clone());
    values.for_each(|value| put_text(&mut out, value.unwrap_or("")));
    column(name, "Nullable(String)", out)
}

/// Texts of which there are few different ones.
pub fn names<'v>(name: &'static str, values: impl Iterator<Item = &'v str>) -> Outcome<Column> {
    let mut out = put_u64(Vec::new(), NAMES_VERSION);
    put_names(&mut out, values.map(Some), false);
    column(name, "LowCardinality(String)", out)
}

pub fn nullable_names<'v>(name: &'static str, values: impl Iterator<Item = Option<&'v str>>) -> Outcome<Column> {
    let mut out = put_u64(Vec::new(), NAMES_VERSION);
    put_names(&mut out, values, true);
    column(name, "LowCardinality(Nullable(String))", out)
}

pub fn lists_of_names<'v, T: AsRef<str> + 'v>(
    name: &'static str,
    values: impl Iterator<Item = &'v [T]> + Clone,
) -> Outcome<Column> {
    let mut out = put_u64(Vec::new(), NAMES_VERSION);
    put_ends(&mut out, values.clone().map(<[T]>::len));
    put_names(&mut out, values.flatten().map(|it| Some(it.as_ref())), false);
    column(name, "Array(LowCardinality(String))", out)
}

/// Maps from names to texts.
pub fn maps<'v, T: AsRef<str> + 'v>(
    name: &'static str,
    values: impl Iterator<Item = &'v [(T, T)]> + Clone,
) -> Outcome<Column> {
    let mut out = keys(values.clone())?;
    for (_, value) in values.flatten() {
        put_text(&mut out, value.as_ref());
    }
    column(name, "Map(LowCardinality(String), String)", out)
}

/// Maps from names to numbers.
pub fn maps_to_floats<'v, T: AsRef<str> + 'v>(
    name: &'static str,
    values: impl Iterator<Item = &'v [(T, f64)]> + Clone,
) -> Outcome<Column> {
    let mut out = keys(values.clone())?;
    for (_, value) in values.flatten() {
        out.extend(value.to_le_bytes());
    }
    column(name, "Map(LowCardinality(String), Float64)", out)
}

/// Times are Unix milliseconds.
pub fn times(name: &'static str, values: impl Iterator<Item = i64>) -> Outcome<Column> {
    let mut out = Vec::new();
    for value in values {
        put_time(&mut out, value)?;
    }
    column(name, "DateTime64(3, 'UTC')", out)
}

pub fn nullable_times(name: &'static str, values: impl Iterator<Item = Option<i64>> + Clone) -> Outcome<Column> {
    let mut out = nulls(values.clone());
    for value in values {
        put_time(&mut out, value.unwrap_or(0))?;
    }
    column(name, "Nullable(DateTime64(3, 'UTC'))", out)
}

pub fn lists_of_times<'v>(name: &'static str, values: impl Iterator<Item = &'v [i64]> + Clone) -> Outcome<Column> {
    let mut out = Vec::new();
    put_ends(&mut out, values.clone().map(<[i64]>::len));
    for value in values.flatten() {
        put_time(&mut out, *value)?;
    }
    column(name, "Array(DateTime64(3, 'UTC'))", out)
}

pub fn floats(name: &'static str, values: impl Iterator<Item = f64>) -> Outcome<Column> {
    column(name, "Float64", values.flat_map(f64::to_le_bytes).collect())
}

pub fn nullable_floats(name: &'static str, values: impl Iterator<Item = Option<f64>> + Clone) -> Outcome<Column> {
    let mut out = nulls(values.clone());
    out.extend(values.flat_map(|value| value.unwrap_or(0.0).to_le_bytes()));
    column(name, "Nullable(Float64)", out)
}

pub fn bytes(name: &'static str, values: impl Iterator<Item = i64>) -> Outcome<Column> {
    let values: Outcome<Vec<u8>> = values.map(|value| u8::try_from(value).map_err(|_| TOO_LARGE)).collect();
    column(name, "UInt8", values?)
}

pub fn nullable_bytes(name: &'static str, values: impl Iterator<Item = Option<i64>> + Clone) -> Outcome<Column> {
    let mut out = nulls(values.clone());
    for value in values {
        out.push(u8::try_from(value.unwrap_or(0)).map_err(|_| TOO_LARGE)?);
    }
    column(name, "Nullable(UInt8)", out)
}

pub fn counts(name: &'static str, values: impl Iterator<Item = i64>) -> Outcome<Column> {
    let mut out = Vec::new();
    for value in values {
        out.extend(u32::try_from(value).map_err(|_| TOO_LARGE)?.to_le_bytes());
    }
    column(name, "UInt32", out)
}

pub fn long_counts(name: &'static str, values: impl Iterator<Item = i64>) -> Outcome<Column> {
    let mut out = Vec::new();
    for value in values {
        out.extend(u64::try_from(value).map_err(|_| TOO_LARGE)?.to_le_bytes());
    }
    column(name, "UInt64", out)
}

pub fn uuids<'v>(name: &'static str, values: impl Iterator<Item = &'v str>) -> Outcome<Column> {
    let mut out = Vec::new();
    for value in values {
        put_uuid(&mut out, value)?;
    }
    column(name, "UUID", out)
}

pub fn nullable_uuids<'v>(
    name: &'static str,
    values: impl Iterator<Item = Option<&'v str>> + Clone,
) -> Outcome<Column> {
    let mut out = nulls(values.clone());
    for value in values {
        match value {
            Some(value) => put_uuid(&mut out, value)?,
            None => out.extend([0; 16]),
        }
    }
    column(name, "Nullable(UUID)", out)
}

fn nulls<T>(values: impl Iterator<Item = Option<T>>) -> Vec<u8> {
    values.map(|value| u8::from(value.is_none())).collect()
}

/// All of maps but their values.
fn keys<'v, K: AsRef<str> + 'v, V: 'v>(values: impl Iterator<Item = &'v [(K, V)]> + Clone) -> Outcome<Vec<u8>> {
    for map in values.clone() {
        let is_twice =
            |(index, (key, _)): (usize, &(K, V))| map[..index].iter().any(|it| it.0.as_ref() == key.as_ref());
        if map.iter().enumerate().any(is_twice) {
            return Err(Left("a map with a key twice"));
        }
    }
    let mut out = put_u64(Vec::new(), NAMES_VERSION);
    put_ends(&mut out, values.clone().map(<[(K, V)]>::len));
    put_names(&mut out, values.flatten().map(|(key, _)| Some(key.as_ref())), false);
    Ok(out)
}

/// Where each of the lists of so many values ends.
fn put_ends(out: &mut Vec<u8>, sizes: impl Iterator<Item = usize>) {
    let mut end = 0_u64;
    for size in sizes {
        end += size as u64;
        out.extend(end.to_le_bytes());
    }
}

/// Each different name once, and for each value which it is; nothing where there is no value.
fn put_names<'v>(out: &mut Vec<u8>, values: impl Iterator<Item = Option<&'v str>>, nullable: bool) {
    let mut places: HashMap<&str, u32> = HashMap::new();
    let mut names = Vec::new();
    let mut count = u32::from(nullable);
    let mut last = None;
    if nullable {
        put_text(&mut names, ""); // stands for null
    }
    let mut place_of = |name| {
        *places.entry(name).or_insert_with(|| {
            put_text(&mut names, name);
            count += 1;
            count - 1
        })
    };
    let mut chosen = Vec::new();
    for value in values {
        chosen.push(match (value, last) {
            (None, _) => 0,
            (Some(name), Some((same, place))) if name == same => place,
            (Some(name), _) => {
                let place = place_of(name);
                last = Some((name, place));
                place
            }
        });
    }
    if count == 0 {
        return;
    }
    let width = match count {
        0..0x100 => 0,
        0x100..0x1_0000 => 1,
        _ => 2,
    };
    let mut text = put_u64(Vec::new(), HAS_ADDITIONAL_KEYS | NEED_UPDATE_DICTIONARY | width);
    text = put_u64(text, u64::from(count));
    text.extend_from_slice(&names);
    text = put_u64(text, chosen.len() as u64);
    out.extend_from_slice(&text);
    match width {
        0 => out.extend(chosen.iter().map(|place| *place as u8)),
        1 => out.extend(chosen.iter().flat_map(|place| (*place as u16).to_le_bytes())),
        _ => out.extend(chosen.iter().flat_map(|place| place.to_le_bytes())),
    }
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    let mut size = text.len();
    while size >= 0x80 {
        out.push(size as u8 | 0x80);
        size >>= 7;
    }
    out.push(size as u8);
    out.extend_from_slice(text.as_bytes());
}

fn put_time(out: &mut Vec<u8>, time: i64) -> Outcome<()> {
    if !(EARLIEST_TIME..=LATEST_TIME).contains(&time) {
        return Err(Left("a time outside the years 1 to 9999"));
    }
    out.extend(time.to_le_bytes());
    Ok(())
}

/// Two numbers of 64 bits, the higher first.
fn put_uuid(out: &mut Vec<u8>, text: &str) -> Outcome<()> {
    const OTHER_FORM: Left = Left("a UUID of another form");
    let bytes = text.as_bytes();
    if bytes.len() != 36 {
        return Err(OTHER_FORM);
    }
    let mut number = 0_u128;
    for (index, byte) in bytes.iter().enumerate() {
        match (index, byte) {
            (8 | 13 | 18 | 23, b'-') => {}
            (8 | 13 | 18 | 23, _) => return Err(OTHER_FORM),
            _ => number = number << 4 | u128::from(char::from(*byte).to_digit(16).ok_or(OTHER_FORM)?),
        }
    }
    out.extend(((number >> 64) as u64).to_le_bytes());
    out.extend((number as u64).to_le_bytes());
    Ok(())
}

fn put_u64(mut out: Vec<u8>, number: u64) -> Vec<u8> {
    out.extend(number.to_le_bytes());
    out
}
