//! `HandoffRow` of schemas/rows.py, in JSON, as rows of `handoffs`.

use crate::json::{Reader, Text};
use crate::json_row::json_row;

const RESULTS: &[&str] = &["smooth", "failed", "pending"];

json_row! {
    Handoff<'a>, handoff_id {
        customer_id: Text<'a>, Reader::text, texts;
        handoff_id: Text<'a>, Reader::text, uuids;
        journey_id: Text<'a>, Reader::text, uuids;
        intent: Text<'a>, Reader::text, names;
        from_channel: Text<'a>, Reader::text, names;
        to_channel: Text<'a>, Reader::text, names;
        referred_to: Option<Text<'a>>, |it| it.optional(Reader::text), nullable_names;
        left_at: i64, Reader::int, times;
        arrived_at: Option<i64>, |it| it.optional(Reader::int), nullable_times;
        due_at: Option<i64>, |it| it.optional(Reader::int), nullable_times;
        gap_seconds: Option<f64>, |it| it.optional(Reader::float), nullable_floats;
        result: Text<'a>, |it| it.one_of(RESULTS), names;
        failures: Vec<Text<'a>>, Reader::texts, lists_of_names;
        wait_seconds: f64, Reader::float, floats;
        reasked: Vec<Text<'a>>, Reader::texts, lists_of_names;
        contradictions: Vec<(Text<'a>, Text<'a>)>, |it| it.pairs(Reader::text), maps;
        care: Vec<Text<'a>>, Reader::texts, lists_of_names;
        version: i64, Reader::int, long_counts;
        is_deleted: i64, Reader::int, bytes;
        compared: Vec<Text<'a>>, Reader::texts, lists_of_names;
    }
}
