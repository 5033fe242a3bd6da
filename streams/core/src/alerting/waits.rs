//! Touchpoints that tell of a wait: of all others alerting knows nothing (schemas/rows.py, `TouchpointRow`).

use crate::left::Outcome;
use crate::msgpack::Reader;

const FIELDS_OF_ROW: usize = 7;
const FIELDS_OF_TOUCHPOINT: usize = 25;
const WAIT_SECONDS: usize = 12;

/// Whether the row says that a customer did not wait, and is not withdrawn.
pub fn is_without_wait(value: &[u8]) -> Outcome<bool> {
    let mut reader = Reader::new(value);
    reader.fields(FIELDS_OF_ROW)?;
    reader.text()?;
    reader.fields(FIELDS_OF_TOUCHPOINT)?;
    for _ in 0..WAIT_SECONDS {
        reader.raw()?;
    }
    let has_waited = reader.optional(Reader::float)?.is_some();
    for _ in WAIT_SECONDS + 1..FIELDS_OF_TOUCHPOINT {
        reader.raw()?;
    }
    for _ in 2..FIELDS_OF_ROW - 1 {
        reader.raw()?;
    }
    let is_deleted = reader.int()? != 0;
    reader.end()?;
    Ok(!has_waited && !is_deleted)
}
