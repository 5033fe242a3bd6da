//! `JourneyRow` of schemas/rows.py, in JSON, as rows of `journeys`.

use crate::column::{
    Column, bytes, counts, floats, lists_of_names, lists_of_times, long_counts, maps_to_floats, names, nullable_bytes,
    nullable_texts, nullable_times, texts, times, uuids,
};
use crate::json::{Reader, Text};
use crate::latest::{Key, Row};
use crate::left::Outcome;

const STATUSES: &[&str] = &["open", "completed", "cancelled", "abandoned"];

pub struct Journey<'a> {
    customer_id: Text<'a>,
    journey_id: Text<'a>,
    intent: Text<'a>,
    case_id: Option<Text<'a>>,
    status: Text<'a>,
    started_at: i64,
    last_at: i64,
    ended_at: Option<i64>,
    channels: Vec<Text<'a>>,
    touchpoints: i64,
    visits: i64,
    contacts: i64,
    handoffs: i64,
    failed_handoffs: i64,
    reopened: i64,
    wait_seconds: f64,
    handle_seconds: f64,
    reasks: i64,
    csat: Option<i64>,
    nps: Option<i64>,
    ces: Option<i64>,
    care: Vec<Text<'a>>,
    incidents: Vec<Text<'a>>,
    version: i64,
    is_deleted: i64,
    contact_channels: Vec<Text<'a>>,
    contact_starts: Vec<i64>,
    waits: Vec<(Text<'a>, f64)>,
    failures: Vec<Text<'a>>,
}

impl<'a> Row<'a> for Journey<'a> {
    fn read(payload: &'a [u8]) -> Outcome<Self> {
        let mut from = Reader::new(payload);
        let row = Journey {
            customer_id: from.first("customer_id", Reader::text)?,
            journey_id: from.next("journey_id", Reader::text)?,
            intent: from.next("intent", Reader::text)?,
            case_id: from.next("case_id", |it| it.optional(Reader::text))?,
            status: from.next("status", |it| it.one_of(STATUSES))?,
            started_at: from.next("started_at", Reader::int)?,
            last_at: from.next("last_at", Reader::int)?,
            ended_at: from.next("ended_at", |it| it.optional(Reader::int))?,
            channels: from.next("channels", Reader::texts)?,
            touchpoints: from.next("touchpoints", Reader::int)?,
            visits: from.next("visits", Reader::int)?,
            contacts: from.next("contacts", Reader::int)?,
            handoffs: from.next("handoffs", Reader::int)?,
            failed_handoffs: from.next("failed_handoffs", Reader::int)?,
            reopened: from.next("reopened", Reader::int)?,
            wait_seconds: from.next("wait_seconds", Reader::float)?,
            handle_seconds: from.next("handle_seconds", Reader::float)?,
            reasks: from.next("reasks", Reader::int)?,
            csat: from.next("csat", |it| it.optional(Reader::int))?,
            nps: from.next("nps", |it| it.optional(Reader::int))?,
            ces: from.next("ces", |it| it.optional(Reader::int))?,
            care: from.next("care", Reader::texts)?,
            incidents: from.next("incidents", Reader::texts)?,
            version: from.next("version", Reader::int)?,
            is_deleted: from.next("is_deleted", Reader::int)?,
            contact_channels: from.next("contact_channels", Reader::texts)?,
            contact_starts: from.next("contact_starts", |it| it.list(Reader::int))?,
            waits: from.next("waits", |it| it.pairs(Reader::float))?,
            failures: from.next("failures", Reader::texts)?,
        };
        from.end()?;
        Ok(row)
    }

    fn key(&self) -> Key<'_> {
        (&self.customer_id, &self.journey_id, "", 0)
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn columns(rows: &[&Self]) -> Outcome<Vec<Column>> {
        let rows = rows.iter();
        Ok(vec![
            texts("customer_id", rows.clone().map(|row| &*row.customer_id))?,
            uuids("journey_id", rows.clone().map(|row| &*row.journey_id))?,
            names("intent", rows.clone().map(|row| &*row.intent))?,
            nullable_texts("case_id", rows.clone().map(|row| row.case_id.as_deref()))?,
            names("status", rows.clone().map(|row| &*row.status))?,
            times("started_at", rows.clone().map(|row| row.started_at))?,
            times("last_at", rows.clone().map(|row| row.last_at))?,
            nullable_times("ended_at", rows.clone().map(|row| row.ended_at))?,
            lists_of_names("channels", rows.clone().map(|row| &*row.channels))?,
            counts("touchpoints", rows.clone().map(|row| row.touchpoints))?,
            counts("visits", rows.clone().map(|row| row.visits))?,
            counts("contacts", rows.clone().map(|row| row.contacts))?,
            counts("handoffs", rows.clone().map(|row| row.handoffs))?,
            counts("failed_handoffs", rows.clone().map(|row| row.failed_handoffs))?,
            counts("reopened", rows.clone().map(|row| row.reopened))?,
            floats("wait_seconds", rows.clone().map(|row| row.wait_seconds))?,
            floats("handle_seconds", rows.clone().map(|row| row.handle_seconds))?,
            counts("reasks", rows.clone().map(|row| row.reasks))?,
            nullable_bytes("csat", rows.clone().map(|row| row.csat))?,
            nullable_bytes("nps", rows.clone().map(|row| row.nps))?,
            nullable_bytes("ces", rows.clone().map(|row| row.ces))?,
            lists_of_names("care", rows.clone().map(|row| &*row.care))?,
            lists_of_names("incidents", rows.clone().map(|row| &*row.incidents))?,
            long_counts("version", rows.clone().map(|row| row.version))?,
            bytes("is_deleted", rows.clone().map(|row| row.is_deleted))?,
            lists_of_names("contact_channels", rows.clone().map(|row| &*row.contact_channels))?,
            lists_of_times("contact_starts", rows.clone().map(|row| &*row.contact_starts))?,
            maps_to_floats("waits", rows.clone().map(|row| &*row.waits))?,
            lists_of_names("failures", rows.clone().map(|row| &*row.failures))?,
        ])
    }
}
