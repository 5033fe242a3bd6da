//! `PromiseRow` of schemas/rows.py, in JSON, as rows of `promises`.

use crate::column::{Column, bytes, long_counts, names, nullable_times, nullable_uuids, texts, times};
use crate::json::{Reader, Text};
use crate::latest::{Key, Row};
use crate::left::Outcome;

const STATUSES: &[&str] = &["kept", "kept_late", "overdue", "pending"];

pub struct Promise<'a> {
    customer_id: Text<'a>,
    promise_id: Text<'a>,
    journey_id: Option<Text<'a>>,
    channel: Text<'a>,
    made_at: i64,
    due_at: i64,
    kept_at: Option<i64>,
    status: Text<'a>,
    version: i64,
    is_deleted: i64,
}

impl<'a> Row<'a> for Promise<'a> {
    fn read(payload: &'a [u8]) -> Outcome<Self> {
        let mut from = Reader::new(payload);
        let row = Promise {
            customer_id: from.first("customer_id", Reader::text)?,
            promise_id: from.next("promise_id", Reader::text)?,
            journey_id: from.next("journey_id", |it| it.optional(Reader::text))?,
            channel: from.next("channel", Reader::text)?,
            made_at: from.next("made_at", Reader::int)?,
            due_at: from.next("due_at", Reader::int)?,
            kept_at: from.next("kept_at", |it| it.optional(Reader::int))?,
            status: from.next("status", |it| it.one_of(STATUSES))?,
            version: from.next("version", Reader::int)?,
            is_deleted: from.next("is_deleted", Reader::int)?,
        };
        from.end()?;
        Ok(row)
    }

    fn key(&self) -> Key<'_> {
        (&self.customer_id, &self.promise_id, "", 0)
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn columns(rows: &[&Self]) -> Outcome<Vec<Column>> {
        let rows = rows.iter();
        Ok(vec![
            texts("customer_id", rows.clone().map(|row| &*row.customer_id))?,
            texts("promise_id", rows.clone().map(|row| &*row.promise_id))?,
            nullable_uuids("journey_id", rows.clone().map(|row| row.journey_id.as_deref()))?,
            names("channel", rows.clone().map(|row| &*row.channel))?,
            times("made_at", rows.clone().map(|row| row.made_at))?,
            times("due_at", rows.clone().map(|row| row.due_at))?,
            nullable_times("kept_at", rows.clone().map(|row| row.kept_at))?,
            names("status", rows.clone().map(|row| &*row.status))?,
            long_counts("version", rows.clone().map(|row| row.version))?,
            bytes("is_deleted", rows.clone().map(|row| row.is_deleted))?,
        ])
    }
}
