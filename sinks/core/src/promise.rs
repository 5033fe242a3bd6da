//! `PromiseRow` of schemas/rows.py, in JSON, as rows of `promises`.

use crate::json::{Reader, Text};
use crate::json_row::json_row;

const STATUSES: &[&str] = &["kept", "kept_late", "overdue", "pending"];

json_row! {
    Promise<'a>, promise_id {
        customer_id: Text<'a>, Reader::text, texts;
        promise_id: Text<'a>, Reader::text, texts;
        journey_id: Option<Text<'a>>, |it| it.optional(Reader::text), nullable_uuids;
        channel: Text<'a>, Reader::text, names;
        made_at: i64, Reader::int, times;
        due_at: i64, Reader::int, times;
        kept_at: Option<i64>, |it| it.optional(Reader::int), nullable_times;
        status: Text<'a>, |it| it.one_of(STATUSES), names;
        version: i64, Reader::int, long_counts;
        is_deleted: i64, Reader::int, bytes;
    }
}
