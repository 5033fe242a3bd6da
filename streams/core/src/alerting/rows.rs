//! Rows as stitching sends them (schemas/rows.py): JSON, of which alerting keeps a part.

use bumpalo::Bump;

use crate::intake::json::Reader;
use crate::left::{Left, Outcome};

const INCOMPLETE: Left = Left("a row without a field");

/// As `streams.alerting.facts.JourneyNews`.
pub struct JourneyRow<'a> {
    pub customer_id: &'a str,
    pub journey_id: &'a str,
    pub intent: &'a str,
    pub last_at: i64,
    pub incidents: Vec<&'a str>,
    pub care: Vec<&'a str>,
    pub version: i64,
    pub is_deleted: i64,
}

/// As `schemas.rows.HandoffRow`, of which the other fields are only looked at.
pub struct HandoffRow<'a> {
    pub customer_id: &'a str,
    pub handoff_id: &'a str,
    pub journey_id: &'a str,
    pub intent: &'a str,
    pub from_channel: &'a str,
    pub to_channel: &'a str,
    pub left_at: i64,
    pub arrived_at: Option<i64>,
    pub due_at: Option<i64>,
    pub result: &'a str,
    pub failures: Vec<&'a str>,
    pub care: Vec<&'a str>,
    pub version: i64,
    pub is_deleted: i64,
}

pub fn read_journey<'a>(value: &'a [u8], bump: &'a Bump) -> Outcome<JourneyRow<'a>> {
    let mut reader = Reader::new(value, bump)?;
    let (mut customer_id, mut journey_id, mut intent) = (None, None, None);
    let (mut last_at, mut incidents, mut care) = (None, None, Vec::new());
    let (mut version, mut is_deleted) = (0, 0);
    reader.object(|reader, field| {
        match field {
            "customer_id" => customer_id = Some(reader.text()?),
            "journey_id" => journey_id = Some(reader.text()?),
            "intent" => intent = Some(reader.text()?),
            "last_at" => last_at = Some(reader.int()?),
            "incidents" => incidents = Some(reader.list(Reader::text)?),
            "care" => care = reader.list(Reader::text)?,
            "version" => version = reader.int()?,
            "is_deleted" => is_deleted = reader.int()?,
            _ => reader.pass_over()?,
        }
        Ok(())
    })?;
    reader.end()?;
    Ok(JourneyRow {
        customer_id: customer_id.ok_or(INCOMPLETE)?,
        journey_id: journey_id.ok_or(INCOMPLETE)?,
        intent: intent.ok_or(INCOMPLETE)?,
        last_at: last_at.ok_or(INCOMPLETE)?,
        incidents: incidents.ok_or(INCOMPLETE)?,
        care,
        version,
        is_deleted,
    })
}

pub fn read_handoff<'a>(value: &'a [u8], bump: &'a Bump) -> Outcome<HandoffRow<'a>> {
    let mut reader = Reader::new(value, bump)?;
    let mut texts = [None; 7];
    let (mut left_at, mut arrived_at, mut due_at) = (None, None, None);
    let (mut failures, mut care) = (None, None);
    let (mut version, mut is_deleted, mut others) = (0, 0, 0);
    reader.object(|reader, field| {
        match field {
            "customer_id" => texts[0] = Some(reader.text()?),
            "handoff_id" => texts[1] = Some(reader.text()?),
            "journey_id" => texts[2] = Some(reader.text()?),
            "intent" => texts[3] = Some(reader.text()?),
            "from_channel" => texts[4] = Some(reader.text()?),
            "to_channel" => texts[5] = Some(reader.text()?),
            "result" => texts[6] = Some(reader.text()?),
            "left_at" => left_at = Some(reader.int()?),
            "arrived_at" => arrived_at = Some(reader.optional(Reader::int)?),
            "due_at" => due_at = Some(reader.optional(Reader::int)?),
            "failures" => failures = Some(reader.list(Reader::text)?),
            "care" => care = Some(reader.list(Reader::text)?),
            "version" => version = reader.int()?,
            "is_deleted" => is_deleted = reader.int()?,
            _ => others |= look_at(reader, field)?,
        }
        Ok(())
    })?;
    reader.end()?;
    if others & ALL_OTHERS != ALL_OTHERS || !texts[6].is_some_and(|result| RESULTS.contains(&result)) {
        return Err(INCOMPLETE);
    }
    let text = |index: usize| texts[index].ok_or(INCOMPLETE);
    Ok(HandoffRow {
        customer_id: text(0)?,
        handoff_id: text(1)?,
        journey_id: text(2)?,
        intent: text(3)?,
        from_channel: text(4)?,
        to_channel: text(5)?,
        left_at: left_at.ok_or(INCOMPLETE)?,
        arrived_at: arrived_at.ok_or(INCOMPLETE)?,
        due_at: due_at.ok_or(INCOMPLETE)?,
        result: text(6)?,
        failures: failures.ok_or(INCOMPLETE)?,
        care: care.ok_or(INCOMPLETE)?,
        version,
        is_deleted,
    })
}

const RESULTS: [&str; 3] = ["smooth", "failed", "pending"];
const ALL_OTHERS: u8 = 0b1_1111;

/// A row of which any field is of another type is unreadable, though nothing asks for that field; a bit for each of
/// those that every row has.
fn look_at(reader: &mut Reader<'_>, field: &str) -> Outcome<u8> {
    Ok(match field {
        "referred_to" => reader.optional(Reader::text).map(|_| 1)?,
        "gap_seconds" => reader.optional(Reader::number).map(|_| 2)?,
        "wait_seconds" => reader.number().map(|_| 4)?,
        "reasked" => reader.list(Reader::text).map(|_| 8)?,
        "contradictions" => reader.object(|reader, _| reader.text().map(|_| ())).map(|()| 16)?,
        "compared" => reader.list(Reader::text).map(|_| 0)?,
        _ => return Err(Left("a field of another version")),
    })
}
