//! Touchpoints as they come and rest (schemas/touchpoint.py); what is copied only is kept as its bytes.

use bumpalo::Bump;

use crate::left::{Left, Outcome};
use crate::msgpack::{Reader, Write};

/// In seconds: more than three years.
const LONGEST: f64 = 1e8;

/// `(occurred_at, channel, event_id)`: a touchpoint's place among those of its customer.
pub type Order<'a> = (i64, &'a str, &'a str);
pub type Pair<'a> = (&'a str, &'a str);

/// `raw` is the whole, as it was encoded; the fields are those that the rules look at.
pub struct Touchpoint<'a> {
    pub raw: &'a [u8],
    pub channel: &'a str,
    pub event_id: &'a str,
    pub occurred_at: i64,
    pub stage: &'a str,
    pub outcome: &'a str,
    pub session_id: Option<&'a str>,
    pub intent: Option<&'a str>,
    pub case_id: Option<&'a str>,
    pub referral_to: Option<&'a str>,
    pub referral_due_at: Option<i64>,
    pub wait_seconds: Option<f64>,
    pub handle_seconds: Option<f64>,
    pub reasked: &'a [&'a str],
    pub answers: &'a [Pair<'a>],
    pub satisfaction: Option<(&'a str, i64)>,
    pub promise: Option<(&'a str, i64)>,
    pub keeps: Option<&'a str>,
    pub care: &'a [&'a str],
    pub incident_id: Option<&'a str>,
}

impl<'a> Touchpoint<'a> {
    pub fn order(&self) -> Order<'a> {
        (self.occurred_at, self.channel, self.event_id)
    }

    /// A step belongs to an intent or a case; any other touchpoint is ambient.
    pub fn is_step(&self) -> bool {
        self.intent.is_some() || self.case_id.is_some()
    }

    pub fn is_feedback(&self) -> bool {
        self.stage == "feedback"
    }

    pub fn promise_id(&self) -> Option<&'a str> {
        self.promise.map(|(promise_id, _)| promise_id)
    }
}

/// A touchpoint as it rests in the log, with its first arrival.
#[derive(Clone, Copy)]
pub struct Stored<'a> {
    pub touchpoint: &'a Touchpoint<'a>,
    pub received_at: i64,
    pub origin: &'a [u8],
}

impl Stored<'_> {
    pub fn put(&self, out: &mut Vec<u8>) {
        out.put_array(3);
        out.extend_from_slice(self.touchpoint.raw);
        out.put_int(self.received_at);
        out.extend_from_slice(self.origin);
    }
}

/// The record that a touchpoint came in.
pub struct Origin<'a> {
    pub raw: &'a [u8],
    pub topic: &'a str,
    pub partition: i64,
}

/// A record of the topic `customer` that this core knows.
pub enum Item<'a> {
    Arrival(Stored<'a>, Origin<'a>),
    Tick,
}

pub fn read_item<'a>(value: &'a [u8], bump: &'a Bump) -> Outcome<Item<'a>> {
    let mut reader = Reader::new(value);
    let size = reader.array()?;
    let item = match (reader.text()?, size) {
        ("a", 8) => read_arrival(&mut reader, bump)?,
        ("t", 1) => Item::Tick,
        _ => return Err(Left("no arrival")),
    };
    reader.end()?;
    Ok(item)
}

pub fn read_log<'a>(value: &'a [u8], bump: &'a Bump) -> Outcome<Vec<Stored<'a>>> {
    let mut reader = Reader::new(value);
    let entries = reader.list(|reader| {
        reader.fields(3)?;
        let touchpoint = read_touchpoint(reader, bump)?;
        let received_at = reader.int()?;
        Ok(Stored {
            touchpoint,
            received_at,
            origin: read_origin(reader)?.raw,
        })
    })?;
    reader.end()?;
    Ok(entries)
}

fn read_arrival<'a>(reader: &mut Reader<'a>, bump: &'a Bump) -> Outcome<Item<'a>> {
    let touchpoint = read_touchpoint(reader, bump)?;
    let origin = read_origin(reader)?;
    let received_at = reader.int()?;
    reader.optional(Reader::bytes)?;
    reader.bytes()?;
    reader.optional(Reader::int)?;
    reader.int()?;
    Ok(Item::Arrival(
        Stored {
            touchpoint,
            received_at,
            origin: origin.raw,
        },
        origin,
    ))
}

pub fn read_origin<'a>(reader: &mut Reader<'a>) -> Outcome<Origin<'a>> {
    let start = *reader;
    reader.fields(3)?;
    let (topic, partition) = (reader.text()?, reader.int()?);
    reader.int()?;
    Ok(Origin {
        raw: reader.since(start),
        topic,
        partition,
    })
}

fn read_touchpoint<'a>(reader: &mut Reader<'a>, bump: &'a Bump) -> Outcome<&'a Touchpoint<'a>> {
    let start = *reader;
    reader.fields(25)?;
    let (channel, event_id, occurred_at) = (reader.text()?, reader.text()?, reader.int()?);
    reader.text()?;
    let (stage, outcome) = (reader.text()?, reader.text()?);
    let session_id = reader.optional(Reader::text)?;
    let intent = reader.optional(Reader::text)?;
    let case_id = reader.optional(Reader::text)?;
    let referral_to = reader.optional(Reader::text)?;
    let referral_due_at = reader.optional(Reader::int)?;
    reader.optional(Reader::text)?;
    let wait_seconds = reader.optional(seconds)?;
    let handle_seconds = reader.optional(seconds)?;
    let reasked = bump.alloc_slice_copy(&reader.list(Reader::text)?);
    let answers = bump.alloc_slice_copy(&reader.pairs(Reader::text)?);
    let scale = reader.optional(Reader::text)?;
    let satisfaction = both(scale, reader.optional(Reader::int)?)?;
    let promise_id = reader.optional(Reader::text)?;
    let promise = both(promise_id, reader.optional(Reader::int)?)?;
    let keeps = reader.optional(Reader::text)?;
    let care = bump.alloc_slice_copy(&reader.list(Reader::text)?);
    let incident_id = reader.optional(Reader::text)?;
    reader.pairs(Reader::text)?;
    reader.text()?;
    Ok(bump.alloc(Touchpoint {
        raw: reader.since(start),
        channel,
        event_id,
        occurred_at,
        stage,
        outcome,
        session_id,
        intent,
        case_id,
        referral_to,
        referral_due_at,
        wait_seconds,
        handle_seconds,
        reasked,
        answers,
        satisfaction,
        promise,
        keeps,
        care,
        incident_id,
    }))
}

/// So few that sums of their microseconds stay exact, as Python's integers are.
fn seconds(reader: &mut Reader<'_>) -> Outcome<f64> {
    let seconds = reader.float()?;
    if (0.0..=LONGEST).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(Left("years of waiting"))
    }
}

fn both(name: Option<&str>, number: Option<i64>) -> Outcome<Option<(&str, i64)>> {
    match (name, number) {
        (Some(name), Some(number)) => Ok(Some((name, number))),
        (None, None) => Ok(None),
        _ => Err(Left("half of a pair")),
    }
}
