//! `JourneyRow` of schemas/rows.py, in JSON, as rows of `journeys`.

use crate::json::{Reader, Text};
use crate::json_row::json_row;

const STATUSES: &[&str] = &["open", "completed", "cancelled", "abandoned"];

json_row! {
    Journey<'a>, journey_id {
        customer_id: Text<'a>, Reader::text, texts;
        journey_id: Text<'a>, Reader::text, uuids;
        intent: Text<'a>, Reader::text, names;
        case_id: Option<Text<'a>>, |it| it.optional(Reader::text), nullable_texts;
        status: Text<'a>, |it| it.one_of(STATUSES), names;
        started_at: i64, Reader::int, times;
        last_at: i64, Reader::int, times;
        ended_at: Option<i64>, |it| it.optional(Reader::int), nullable_times;
        channels: Vec<Text<'a>>, Reader::texts, lists_of_names;
        touchpoints: i64, Reader::int, counts;
        visits: i64, Reader::int, counts;
        contacts: i64, Reader::int, counts;
        handoffs: i64, Reader::int, counts;
        failed_handoffs: i64, Reader::int, counts;
        reopened: i64, Reader::int, counts;
        wait_seconds: f64, Reader::float, floats;
        handle_seconds: f64, Reader::float, floats;
        reasks: i64, Reader::int, counts;
        csat: Option<i64>, |it| it.optional(Reader::int), nullable_bytes;
        nps: Option<i64>, |it| it.optional(Reader::int), nullable_bytes;
        ces: Option<i64>, |it| it.optional(Reader::int), nullable_bytes;
        care: Vec<Text<'a>>, Reader::texts, lists_of_names;
        incidents: Vec<Text<'a>>, Reader::texts, lists_of_names;
        version: i64, Reader::int, long_counts;
        is_deleted: i64, Reader::int, bytes;
        contact_channels: Vec<Text<'a>>, Reader::texts, lists_of_names;
        contact_starts: Vec<i64>, |it| it.list(Reader::int), lists_of_times;
        waits: Vec<(Text<'a>, f64)>, |it| it.pairs(Reader::float), maps_to_floats;
        failures: Vec<Text<'a>>, Reader::texts, lists_of_names;
    }
}
