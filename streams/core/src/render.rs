//! Rows of journeys, handoffs and promises as they stand at a clock (streams/journey/render.py, schemas/rows.py).

use blake2b_simd::Params;
use blake2b_simd::many::{HashManyJob, hash_many};
use bumpalo::Bump;

use crate::catalogue::Catalogue;
use crate::handoffs::{Handoff, list_handoffs};
use crate::ids::{Id, text};
use crate::json::{Map, Object};
use crate::state::{Journey, Promise};
use crate::touchpoint::Touchpoint;
use crate::visits::group_visits;

const DIGEST: usize = 8;
const IS_NOT_DELETED: &[u8] = b",\"is_deleted\":0";
const IS_DELETED: &[u8] = b",\"is_deleted\":1";

pub type Digest = [u8; DIGEST];

/// A row's JSON with the version 0, where that is, and its digest, if it is known already.
pub struct Row {
    text: Vec<u8>,
    version_at: usize,
    digest: Option<Digest>,
}

impl Row {
    fn begin() -> Self {
        Row {
            text: Vec::with_capacity(1024),
            version_at: 0,
            digest: None,
        }
    }

    pub fn digest(&self) -> Digest {
        self.digest
            .unwrap_or_else(|| shortened(Params::new().hash_length(DIGEST).hash(&self.text)))
    }

    /// Know the digests of many rows: the processor reckons four in the time of two.
    pub fn digest_all(rows: &mut [&mut Row]) {
        let params = Params::new().hash_length(DIGEST).to_owned();
        let mut jobs: Vec<_> = rows.iter().map(|row| HashManyJob::new(&params, &row.text)).collect();
        hash_many(&mut jobs);
        let digests: Vec<Digest> = jobs.iter().map(|job| shortened(job.to_hash())).collect();
        for (row, digest) in rows.iter_mut().zip(digests) {
            row.digest = Some(digest);
        }
    }

    pub fn emit(&self, version: i64, is_deleted: bool) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.text.len() + 20);
        text.extend_from_slice(&self.text[..self.version_at]);
        text.extend_from_slice(itoa::Buffer::new().format(version).as_bytes());
        text.extend_from_slice(if is_deleted { IS_DELETED } else { IS_NOT_DELETED });
        text.extend_from_slice(&self.text[self.version_at + 1 + IS_NOT_DELETED.len()..]);
        text
    }
}

fn shortened(hash: blake2b_simd::Hash) -> Digest {
    hash.as_bytes()
        .try_into()
        .expect("a digest has the length that was asked for")
}

pub struct RenderedHandoff {
    pub id: Id,
    pub left_at: i64,
    pub row: Row,
}

/// A journey's rows, and when they next change without a touchpoint (ms; None: never).
pub struct Rendered {
    pub journey: Row,
    /// None: it is settled.
    pub handoffs: Vec<Option<RenderedHandoff>>,
    pub due_at: Option<i64>,
}

/// The rows of a journey at `clock`. `followers` are pending ambient touchpoints that for now follow its steps.
pub fn render_journey<'a>(
    customer_id: &str,
    journey: &Journey<'a>,
    followers: &[&Touchpoint<'a>],
    clock: i64,
    catalogue: &Catalogue,
    bump: &'a Bump,
) -> Rendered {
    let mut followed;
    let mut totals = &journey.totals;
    if !followers.is_empty() {
        followed = totals.clone();
        followers.iter().for_each(|touchpoint| followed.add(touchpoint));
        totals = &followed;
    }
    let visits = group_visits(&journey.contacts);
    let (handoffs, lost_after) = list_handoffs(journey, &visits, &totals.care, clock, catalogue);
    let (status, ends_after) = status(journey, clock);
    let ended_at = journey
        .finished_at
        .filter(|_| matches!(status, "completed" | "cancelled"));
    let mut failures: Vec<&str> = handoffs
        .iter()
        .flat_map(|handoff| handoff.failures.iter().copied())
        .collect();
    failures.sort_unstable();
    failures.dedup();
    let mut waits: Vec<(&str, f64)> = totals
        .waits_us
        .iter()
        .map(|(channel, waited)| (*channel, seconds(*waited)))
        .collect();
    waits.sort_unstable_by_key(|(channel, _)| *channel);
    let mut row = Row::begin();
    let mut object = Object::begin(&mut row.text);
    object.field("customer_id", customer_id);
    object.field("journey_id", journey.journey_id);
    object.field("intent", journey.intent);
    object.field("case_id", &journey.case_id);
    object.field("status", status);
    object.field("started_at", &totals.started_at);
    object.field("last_at", &totals.last_at);
    object.field("ended_at", &ended_at);
    object.field(
        "channels",
        &visits.iter().map(|visit| visit.channel).collect::<Vec<_>>()[..],
    );
    object.field("touchpoints", &totals.touchpoints);
    object.field("visits", &visits.len());
    object.field("contacts", &journey.contacts.len());
    object.field("handoffs", &handoffs.len());
    object.field(
        "failed_handoffs",
        &handoffs.iter().filter(|handoff| handoff.result == "failed").count(),
    );
    object.field("reopened", &journey.reopened);
    object.field("wait_seconds", &seconds(totals.wait_us));
    object.field("handle_seconds", &seconds(totals.handle_us));
    object.field("reasks", &totals.reasks);
    object.field("csat", &totals.score("csat"));
    object.field("nps", &totals.score("nps"));
    object.field("ces", &totals.score("ces"));
    object.field("care", &totals.care[..]);
    object.field("incidents", &totals.incidents[..]);
    row.version_at = object.field("version", &0_i64);
    object.field("is_deleted", &0_i64);
    object.field(
        "contact_channels",
        &journey
            .contacts
            .iter()
            .map(|contact| contact.channel)
            .collect::<Vec<_>>()[..],
    );
    object.field(
        "contact_starts",
        &journey
            .contacts
            .iter()
            .map(|contact| contact.first_at)
            .collect::<Vec<_>>()[..],
    );
    object.field("waits", &Map(&waits));
    object.field("failures", &failures[..]);
    object.end();
    let handoffs = handoffs
        .iter()
        .map(|handoff| {
            let id = handoff.id?;
            let (journey_id, intent) = (journey.journey_id, journey.intent);
            Some(RenderedHandoff {
                id,
                left_at: handoff.left_at,
                row: render_handoff(customer_id, journey_id, intent, &id, handoff, &totals.care, bump),
            })
        })
        .collect();
    Rendered {
        journey: row,
        handoffs,
        due_at: earliest(lost_after, ends_after),
    }
}

pub fn render_handoff(
    customer_id: &str,
    journey_id: &str,
    intent: &str,
    id: &Id,
    handoff: &Handoff<'_>,
    care: &[&str],
    bump: &Bump,
) -> Row {
    let mut row = Row::begin();
    let mut object = Object::begin(&mut row.text);
    object.field("customer_id", customer_id);
    object.field("handoff_id", text(id, bump));
    object.field("journey_id", journey_id);
    object.field("intent", intent);
    object.field("from_channel", handoff.from_channel);
    object.field("to_channel", handoff.to_channel);
    object.field("referred_to", &handoff.referred_to);
    object.field("left_at", &handoff.left_at);
    object.field("arrived_at", &handoff.arrived_at);
    object.field("due_at", &handoff.due_at);
    object.field("gap_seconds", &handoff.gap_seconds);
    object.field("result", handoff.result);
    object.field("failures", &handoff.failures[..]);
    object.field("wait_seconds", &handoff.wait_seconds);
    object.field("reasked", &handoff.reasked[..]);
    object.field("contradictions", &Map(&handoff.contradictions));
    object.field("care", care);
    row.version_at = object.field("version", &0_i64);
    object.field("is_deleted", &0_i64);
    object.field("compared", &handoff.compared[..]);
    object.end();
    row
}

/// The row of a handoff that is no more: its key, and a tombstone's fields (streams/journey/tombstones.py).
pub fn render_gone(customer_id: &str, journey_id: &str, id: Id, left_at: i64, bump: &Bump) -> Row {
    let gone = Handoff {
        id: None,
        from_channel: "",
        to_channel: "",
        referred_to: None,
        left_at,
        arrived_at: None,
        due_at: None,
        gap_seconds: None,
        result: "pending",
        failures: Vec::new(),
        wait_seconds: 0.0,
        reasked: Vec::new(),
        contradictions: Vec::new(),
        compared: Vec::new(),
    };
    render_handoff(customer_id, journey_id, "", &id, &gone, &[], bump)
}

/// The row of a promise at `clock`, and whether it is overdue.
pub fn render_promise(customer_id: &str, promise: &Promise<'_>, clock: i64) -> (Row, bool) {
    let status = match promise.kept_at {
        Some(kept_at) if kept_at <= promise.due_at => "kept",
        Some(_) => "kept_late",
        None if clock > promise.due_at => "overdue",
        None => "pending",
    };
    let mut row = Row::begin();
    let mut object = Object::begin(&mut row.text);
    object.field("customer_id", customer_id);
    object.field("promise_id", promise.promise_id);
    object.field("journey_id", &promise.journey_id);
    object.field("channel", promise.channel);
    object.field("made_at", &promise.made_at);
    object.field("due_at", &promise.due_at);
    object.field("kept_at", &promise.kept_at);
    object.field("status", status);
    row.version_at = object.field("version", &0_i64);
    object.field("is_deleted", &0_i64);
    object.end();
    (row, status == "overdue")
}

/// When the promise turns overdue (ms), if it still can.
pub fn promise_due(promise: &Promise<'_>, clock: i64) -> Option<i64> {
    (promise.kept_at.is_none() && clock <= promise.due_at).then_some(promise.due_at + 1)
}

/// The first of the times that are given (ms); None if none is.
pub fn earliest(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    one.into_iter().chain(other).min()
}

/// The status at `clock`, and when it changes without a touchpoint.
fn status(journey: &Journey<'_>, clock: i64) -> (&'static str, Option<i64>) {
    if !journey.finished && clock <= journey.reach {
        return ("open", Some(journey.reach + 1));
    }
    match journey.finish_outcome {
        Some("succeeded") => ("completed", None),
        Some("cancelled") => ("cancelled", None),
        _ => ("abandoned", None),
    }
}

fn seconds(microseconds: i64) -> f64 {
    microseconds as f64 / 1_000_000.0
}
