//! Free-form details: any JSON, in one form (schemas/canonical.py, free_details).

use super::json::{Number, Reader};
use super::values::certain;
use crate::json::{Json, Map};
use crate::left::{Left, Outcome};

const DEEPEST: usize = 32;
const EXACT_INTEGERS: f64 = (1_u64 << 53) as f64;
/// Floats that are written the same everywhere: neither with an exponent nor with more digits than were given.
const PLAIN: std::ops::Range<f64> = 1e-3..1e15;

enum Value<'a> {
    Null,
    Boolean(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    List(Vec<Value<'a>>),
    Object(Vec<(&'a str, Value<'a>)>),
}

/// An object with its keys sorted, as canonical JSON.
pub fn read(reader: &mut Reader<'_>) -> Outcome<String> {
    let mut out = Vec::new();
    object(reader, DEEPEST)?.write(&mut out);
    String::from_utf8(out).map_err(|_| Left("not UTF-8"))
}

fn value<'a>(reader: &mut Reader<'a>, depth: usize) -> Outcome<Value<'a>> {
    let depth = depth.checked_sub(1).ok_or(Left("deep details"))?;
    Ok(match reader.peek()? {
        b'{' => object(reader, depth)?,
        b'[' => Value::List(reader.list(|reader| value(reader, depth))?),
        b'"' => Value::Text(reader.text()?),
        b't' | b'f' => Value::Boolean(reader.boolean()?),
        b'n' => reader.optional(|_| Ok(Value::Null))?.unwrap_or(Value::Null),
        _ => number(reader)?,
    })
}

fn object<'a>(reader: &mut Reader<'a>, depth: usize) -> Outcome<Value<'a>> {
    let mut pairs = Vec::new();
    reader.object(|reader, key| {
        pairs.push((key, value(reader, depth)?));
        Ok(())
    })?;
    pairs.sort_unstable_by_key(|(key, _)| *key);
    certain(pairs.windows(2).all(|two| two[0].0 != two[1].0)).map(|()| Value::Object(pairs))
}

/// 300.0 is 300.
fn number<'a>(reader: &mut Reader<'a>) -> Outcome<Value<'a>> {
    Ok(match reader.number()? {
        Number::Int(value) => Value::Int(value),
        Number::Float(value) if value.fract() == 0.0 && value.abs() <= EXACT_INTEGERS => Value::Int(value as i64),
        Number::Float(value) => {
            certain(PLAIN.contains(&value.abs()))?;
            Value::Float(value)
        }
    })
}

impl Json for Value<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Value::Null => out.extend(b"null"),
            Value::Boolean(true) => out.extend(b"true"),
            Value::Boolean(false) => out.extend(b"false"),
            Value::Int(value) => value.write(out),
            Value::Float(value) => value.write(out),
            Value::Text(value) => value.write(out),
            Value::List(values) => values.as_slice().write(out),
            Value::Object(pairs) => Map(pairs).write(out),
        }
    }
}
