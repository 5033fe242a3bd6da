//! `HandoffRow` of schemas/rows.py, in JSON, as rows of `handoffs`.

use crate::column::{
    Column, bytes, floats, lists_of_names, long_counts, maps, names, nullable_floats, nullable_names, nullable_times,
    texts, times, uuids,
};
use crate::json::{Reader, Text};
use crate::latest::{Key, Row};
use crate::left::Outcome;

const RESULTS: &[&str] = &["smooth", "failed", "pending"];

pub struct Handoff<'a> {
    customer_id: Text<'a>,
    handoff_id: Text<'a>,
    journey_id: Text<'a>,
    intent: Text<'a>,
    from_channel: Text<'a>,
    to_channel: Text<'a>,
    referred_to: Option<Text<'a>>,
    left_at: i64,
    arrived_at: Option<i64>,
    due_at: Option<i64>,
    gap_seconds: Option<f64>,
    result: Text<'a>,
    failures: Vec<Text<'a>>,
    wait_seconds: f64,
    reasked: Vec<Text<'a>>,
    contradictions: Vec<(Text<'a>, Text<'a>)>,
    care: Vec<Text<'a>>,
    version: i64,
    is_deleted: i64,
    compared: Vec<Text<'a>>,
}

impl<'a> Row<'a> for Handoff<'a> {
    fn read(payload: &'a [u8]) -> Outcome<Self> {
        let mut from = Reader::new(payload);
        let row = Handoff {
            customer_id: from.first("customer_id", Reader::text)?,
            handoff_id: from.next("handoff_id", Reader::text)?,
            journey_id: from.next("journey_id", Reader::text)?,
            intent: from.next("intent", Reader::text)?,
            from_channel: from.next("from_channel", Reader::text)?,
            to_channel: from.next("to_channel", Reader::text)?,
            referred_to: from.next("referred_to", |it| it.optional(Reader::text))?,
            left_at: from.next("left_at", Reader::int)?,
            arrived_at: from.next("arrived_at", |it| it.optional(Reader::int))?,
            due_at: from.next("due_at", |it| it.optional(Reader::int))?,
            gap_seconds: from.next("gap_seconds", |it| it.optional(Reader::float))?,
            result: from.next("result", |it| it.one_of(RESULTS))?,
            failures: from.next("failures", Reader::texts)?,
            wait_seconds: from.next("wait_seconds", Reader::float)?,
            reasked: from.next("reasked", Reader::texts)?,
            contradictions: from.next("contradictions", |it| it.pairs(Reader::text))?,
            care: from.next("care", Reader::texts)?,
            version: from.next("version", Reader::int)?,
            is_deleted: from.next("is_deleted", Reader::int)?,
            compared: from.next("compared", Reader::texts)?,
        };
        from.end()?;
        Ok(row)
    }

    fn key(&self) -> Key<'_> {
        (&self.customer_id, &self.handoff_id, "", 0)
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn columns(rows: &[&Self]) -> Outcome<Vec<Column>> {
        let rows = rows.iter();
        Ok(vec![
            texts("customer_id", rows.clone().map(|row| &*row.customer_id))?,
            uuids("handoff_id", rows.clone().map(|row| &*row.handoff_id))?,
            uuids("journey_id", rows.clone().map(|row| &*row.journey_id))?,
            names("intent", rows.clone().map(|row| &*row.intent))?,
            names("from_channel", rows.clone().map(|row| &*row.from_channel))?,
            names("to_channel", rows.clone().map(|row| &*row.to_channel))?,
            nullable_names("referred_to", rows.clone().map(|row| row.referred_to.as_deref()))?,
            times("left_at", rows.clone().map(|row| row.left_at))?,
            nullable_times("arrived_at", rows.clone().map(|row| row.arrived_at))?,
            nullable_times("due_at", rows.clone().map(|row| row.due_at))?,
            nullable_floats("gap_seconds", rows.clone().map(|row| row.gap_seconds))?,
            names("result", rows.clone().map(|row| &*row.result))?,
            lists_of_names("failures", rows.clone().map(|row| &*row.failures))?,
            floats("wait_seconds", rows.clone().map(|row| row.wait_seconds))?,
            lists_of_names("reasked", rows.clone().map(|row| &*row.reasked))?,
            maps("contradictions", rows.clone().map(|row| &*row.contradictions))?,
            lists_of_names("care", rows.clone().map(|row| &*row.care))?,
            long_counts("version", rows.clone().map(|row| row.version))?,
            bytes("is_deleted", rows.clone().map(|row| row.is_deleted))?,
            lists_of_names("compared", rows.clone().map(|row| &*row.compared))?,
        ])
    }
}
