//! `TouchpointRow` of schemas/rows.py, in MessagePack, as rows of `touchpoints`.

use crate::column::{
    Column, bytes, counts, lists_of_names, long_counts, maps, names, nullable_bytes, nullable_floats, nullable_names,
    nullable_texts, nullable_times, nullable_uuids, texts, times,
};
use crate::latest::{Key, Row};
use crate::left::Outcome;
use crate::msgpack::Reader;

pub struct Touchpoint<'a> {
    customer_id: &'a str,
    channel: &'a str,
    event_id: &'a str,
    occurred_at: i64,
    touchpoint: &'a str,
    stage: &'a str,
    outcome: &'a str,
    session_id: Option<&'a str>,
    intent: Option<&'a str>,
    case_id: Option<&'a str>,
    referral_to: Option<&'a str>,
    referral_due_at: Option<i64>,
    referral_reason: Option<&'a str>,
    wait_seconds: Option<f64>,
    handle_seconds: Option<f64>,
    reasked: Vec<&'a str>,
    answers: Vec<(&'a str, &'a str)>,
    satisfaction_scale: Option<&'a str>,
    satisfaction_score: Option<i64>,
    promise_id: Option<&'a str>,
    promise_due_at: Option<i64>,
    keeps: Option<&'a str>,
    care: Vec<&'a str>,
    incident_id: Option<&'a str>,
    identities: Vec<(&'a str, &'a str)>,
    details: &'a str,
    journey_id: Option<&'a str>,
    received_at: i64,
    source_topic: &'a str,
    source_partition: i64,
    source_offset: i64,
    version: i64,
    is_deleted: i64,
}

impl<'a> Row<'a> for Touchpoint<'a> {
    fn read(payload: &'a [u8]) -> Outcome<Self> {
        let mut from = Reader::new(payload);
        from.fields(7)?;
        let customer_id = from.text()?;
        from.fields(25)?;
        let mut row = Touchpoint {
            customer_id,
            channel: from.text()?,
            event_id: from.text()?,
            occurred_at: from.int()?,
            touchpoint: from.text()?,
            stage: from.text()?,
            outcome: from.text()?,
            session_id: from.optional(Reader::text)?,
            intent: from.optional(Reader::text)?,
            case_id: from.optional(Reader::text)?,
            referral_to: from.optional(Reader::text)?,
            referral_due_at: from.optional(Reader::int)?,
            referral_reason: from.optional(Reader::text)?,
            wait_seconds: from.optional(Reader::float)?,
            handle_seconds: from.optional(Reader::float)?,
            reasked: from.texts()?,
            answers: from.pairs()?,
            satisfaction_scale: from.optional(Reader::text)?,
            satisfaction_score: from.optional(Reader::int)?,
            promise_id: from.optional(Reader::text)?,
            promise_due_at: from.optional(Reader::int)?,
            keeps: from.optional(Reader::text)?,
            care: from.texts()?,
            incident_id: from.optional(Reader::text)?,
            identities: from.pairs()?,
            details: from.text()?,
            journey_id: from.optional(Reader::text)?,
            received_at: from.int()?,
            source_topic: "",
            source_partition: 0,
            source_offset: 0,
            version: 0,
            is_deleted: 0,
        };
        from.fields(3)?;
        row.source_topic = from.text()?;
        row.source_partition = from.int()?;
        row.source_offset = from.int()?;
        row.version = from.int()?;
        row.is_deleted = from.int()?;
        from.end()?;
        Ok(row)
    }

    fn key(&self) -> Key<'_> {
        (self.customer_id, self.channel, self.event_id, self.occurred_at)
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn received_at(&self) -> Option<i64> {
        (self.is_deleted == 0).then_some(self.received_at)
    }

    fn columns(rows: &[&Self]) -> Outcome<Vec<Column>> {
        let rows = rows.iter();
        Ok(vec![
            texts("customer_id", rows.clone().map(|row| row.customer_id))?,
            names("channel", rows.clone().map(|row| row.channel))?,
            texts("event_id", rows.clone().map(|row| row.event_id))?,
            times("occurred_at", rows.clone().map(|row| row.occurred_at))?,
            names("touchpoint", rows.clone().map(|row| row.touchpoint))?,
            names("stage", rows.clone().map(|row| row.stage))?,
            names("outcome", rows.clone().map(|row| row.outcome))?,
            nullable_texts("session_id", rows.clone().map(|row| row.session_id))?,
            nullable_names("intent", rows.clone().map(|row| row.intent))?,
            nullable_texts("case_id", rows.clone().map(|row| row.case_id))?,
            nullable_names("referral_to", rows.clone().map(|row| row.referral_to))?,
            nullable_times("referral_due_at", rows.clone().map(|row| row.referral_due_at))?,
            nullable_texts("referral_reason", rows.clone().map(|row| row.referral_reason))?,
            nullable_floats("wait_seconds", rows.clone().map(|row| row.wait_seconds))?,
            nullable_floats("handle_seconds", rows.clone().map(|row| row.handle_seconds))?,
            lists_of_names("reasked", rows.clone().map(|row| &*row.reasked))?,
            maps("answers", rows.clone().map(|row| &*row.answers))?,
            nullable_names("satisfaction_scale", rows.clone().map(|row| row.satisfaction_scale))?,
            nullable_bytes("satisfaction_score", rows.clone().map(|row| row.satisfaction_score))?,
            nullable_texts("promise_id", rows.clone().map(|row| row.promise_id))?,
            nullable_times("promise_due_at", rows.clone().map(|row| row.promise_due_at))?,
            nullable_texts("keeps", rows.clone().map(|row| row.keeps))?,
            lists_of_names("care", rows.clone().map(|row| &*row.care))?,
            nullable_names("incident_id", rows.clone().map(|row| row.incident_id))?,
            maps("identities", rows.clone().map(|row| &*row.identities))?,
            texts("details", rows.clone().map(|row| row.details))?,
            nullable_uuids("journey_id", rows.clone().map(|row| row.journey_id))?,
            times("received_at", rows.clone().map(|row| row.received_at))?,
            names("source_topic", rows.clone().map(|row| row.source_topic))?,
            counts("source_partition", rows.clone().map(|row| row.source_partition))?,
            long_counts("source_offset", rows.clone().map(|row| row.source_offset))?,
            long_counts("version", rows.clone().map(|row| row.version))?,
            bytes("is_deleted", rows.clone().map(|row| row.is_deleted))?,
        ])
    }
}
