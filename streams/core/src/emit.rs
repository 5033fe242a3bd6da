//! Rows that changed since they were last sent, told by their digests (streams/journey/emit.py).

use foldhash::{HashMap, HashMapExt, HashSet};

use bumpalo::Bump;

use crate::catalogue::Catalogue;
use crate::ids::Id;
use crate::left::{Left, Outcome};
use crate::render::{Rendered, Row, earliest, promise_due, render_gone, render_journey, render_promise};
use crate::state::{Head, Journey, Promise};
use crate::touchpoint::Touchpoint;

const DIGEST: usize = 8;
const ENTRY: usize = 16 + DIGEST + 8;

/// A put or, without a value, a delete of the state table.
pub type StateWrite = (Vec<u8>, Option<Vec<u8>>);

/// What a batch makes of one customer: rows as they are sent, and what the state table is to be written.
#[derive(Default)]
pub struct Change {
    pub stitched: Vec<Vec<u8>>,
    pub journeys: Vec<Vec<u8>>,
    pub handoffs: Vec<Vec<u8>>,
    pub promises: Vec<Vec<u8>>,
    pub writes: Vec<StateWrite>,
    pub due_at: Option<i64>,
}

/// A journey's place in the head, and its rows as they are now.
pub struct Candidate {
    place: usize,
    rendered: Rendered,
}

impl Candidate {
    pub fn rows(&mut self) -> impl Iterator<Item = &mut Row> {
        let handoffs = self.rendered.handoffs.iter_mut().flatten();
        std::iter::once(&mut self.rendered.journey).chain(handoffs.map(|handoff| &mut handoff.row))
    }
}

pub type Following<'a> = HashMap<&'a str, Vec<&'a Touchpoint<'a>>>;

/// One emission of a customer's rows: its version, and the clock at which they are rendered.
pub struct Emission<'e, 'a> {
    pub customer_id: &'a str,
    pub clock: i64,
    pub version: i64,
    pub catalogue: &'e Catalogue,
    pub bump: &'a Bump,
}

impl<'a> Emission<'_, 'a> {
    /// The horizon: touchpoints before it (ms) come too late; None: none does.
    pub fn oldest(&self) -> Option<i64> {
        self.catalogue.horizon.map(|horizon| self.clock - horizon)
    }

    /// The earliest time (ms) of a touchpoint that may still come in order.
    pub fn earliest_next(&self, head: &Head<'a>) -> i64 {
        let newest_at = head.newest.map_or(0, |(at, _, _)| at);
        newest_at.max(self.oldest().unwrap_or(0))
    }

    /// The rows of touched and due journeys, which may be those last sent.
    pub fn render_due(&self, head: &Head<'a>, touched: &HashSet<&'a str>) -> Vec<Candidate> {
        let following = followers(head);
        let mut candidates = Vec::new();
        for (place, journey) in head.journeys.iter().enumerate() {
            let due = journey.due_at.is_some_and(|due_at| due_at <= self.clock);
            if due || touched.contains(journey.journey_id) {
                let rendered = self.render(journey, &following);
                candidates.push(Candidate { place, rendered });
            }
        }
        candidates
    }

    /// Add to `change` those of the `candidates`, and the rows of touched and due promises, that differ from those last
    /// sent; notes in `head` what was sent and what is due next, and tells whether that changed the head.
    pub fn emit_due(
        &self,
        head: &mut Head<'a>,
        candidates: &[Candidate],
        promises: &HashSet<&'a str>,
        change: &mut Change,
    ) -> Outcome<bool> {
        let mut changed = !candidates.is_empty();
        for Candidate { place, rendered } in candidates {
            self.emit_journey(&mut head.journeys[*place], rendered, change)?;
        }
        for promise in &mut head.promises {
            let overdue = promise.kept_at.is_none() && !promise.overdue && promise.due_at < self.clock;
            if overdue || promises.contains(promise.promise_id) {
                self.emit_promise(promise, change);
                changed = true;
            }
        }
        head.due_at = self.next_due(head);
        Ok(changed)
    }

    pub fn render(&self, journey: &Journey<'a>, following: &Following<'a>) -> Rendered {
        let followers = following.get(journey.journey_id).map_or(&[][..], Vec::as_slice);
        render_journey(
            self.customer_id,
            journey,
            followers,
            self.clock,
            self.catalogue,
            self.bump,
        )
    }

    /// Add tombstones for a journey that is no more, and for its handoffs.
    pub fn bury_journey(&self, rendered: &Rendered, change: &mut Change) {
        change.journeys.push(rendered.journey.emit(self.version, true));
        change.handoffs.extend(
            rendered
                .handoffs
                .iter()
                .flatten()
                .map(|handoff| handoff.row.emit(self.version, true)),
        );
    }

    /// Add a tombstone for a promise that is no more.
    pub fn bury_promise(&self, promise: &Promise<'_>, change: &mut Change) {
        let (row, _) = render_promise(self.customer_id, promise, self.clock);
        change.promises.push(row.emit(self.version, true));
    }

    fn emit_journey(&self, journey: &mut Journey<'a>, rendered: &Rendered, change: &mut Change) -> Outcome<()> {
        let emitted = digests(rendered, &journey.emitted)?;
        journey.due_at = rendered.due_at;
        if emitted == journey.emitted {
            return Ok(());
        }
        if journey.emitted.get(..DIGEST) != Some(&emitted[..DIGEST]) {
            change.journeys.push(rendered.journey.emit(self.version, false));
        }
        let (before, after) = (entries(&journey.emitted), entries(&emitted));
        for (handoff, entry) in rendered.handoffs.iter().zip(&after) {
            if let Some(handoff) = handoff
                && !before.contains(entry)
            {
                change.handoffs.push(handoff.row.emit(self.version, false));
            }
        }
        for (id, entry) in &before {
            if !after.iter().any(|(other, _)| other == id) {
                let left_at = i64::from_be_bytes(entry[DIGEST..].try_into().map_err(|_| Left("digests cut off"))?);
                let gone = render_gone(self.customer_id, journey.journey_id, *id, left_at, self.bump);
                change.handoffs.push(gone.emit(self.version, true));
            }
        }
        journey.emitted = emitted;
        Ok(())
    }

    fn emit_promise(&self, promise: &mut Promise<'a>, change: &mut Change) {
        let (row, overdue) = render_promise(self.customer_id, promise, self.clock);
        promise.overdue = overdue;
        let digest = row.digest();
        if digest[..] != promise.emitted[..] {
            change.promises.push(row.emit(self.version, false));
            promise.emitted = digest.to_vec();
        }
    }

    fn next_due(&self, head: &Head<'a>) -> Option<i64> {
        let journeys = head.journeys.iter().filter_map(|journey| journey.due_at).min();
        let promises = head
            .promises
            .iter()
            .filter_map(|promise| promise_due(promise, self.clock))
            .min();
        earliest(journeys, promises)
    }
}

/// The pending touchpoints that for now follow the steps of each journey.
pub fn followers<'a>(head: &Head<'a>) -> Following<'a> {
    let mut following = Following::new();
    for pending in &head.pending {
        if let Some(previous) = pending.previous {
            following.entry(previous).or_default().push(pending.stored.touchpoint);
        }
    }
    following
}

/// The journey row's digest, then per handoff its id, its row's digest and its `left_at`: those last `sent` if it is
/// settled.
pub fn digests(rendered: &Rendered, sent: &[u8]) -> Outcome<Vec<u8>> {
    let mut parts = rendered.journey.digest().to_vec();
    for handoff in &rendered.handoffs {
        let Some(handoff) = handoff else {
            let entry = sent.get(parts.len()..parts.len() + ENTRY);
            parts.extend_from_slice(entry.ok_or(Left("a handoff that was never sent"))?);
            continue;
        };
        if handoff.left_at < 0 {
            return Err(Left("left before 1970"));
        }
        parts.extend_from_slice(&handoff.id);
        parts.extend_from_slice(&handoff.row.digest());
        parts.extend_from_slice(&handoff.left_at.to_be_bytes());
    }
    Ok(parts)
}

fn entries(emitted: &[u8]) -> Vec<(Id, &[u8])> {
    let handoffs = emitted.get(DIGEST..).unwrap_or_default().chunks_exact(ENTRY);
    handoffs
        .map(|entry| {
            let (id, rest) = entry.split_at(16);
            (id.try_into().expect("an identifier has 16 bytes"), rest)
        })
        .collect()
}
