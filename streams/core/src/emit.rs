//! Rows that changed since they were last sent, told by their digests (streams/journey/emit.py).

use foldhash::{HashMap, HashMapExt, HashSet};

use bumpalo::Bump;

use crate::catalogue::Catalogue;
use crate::ids::Id;
use crate::left::{Left, Outcome};
use crate::render::{Rendered, earliest, promise_due, render_gone, render_journey, render_promise};
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

    /// Add to `change` the rows of touched and due journeys and promises that differ from those last sent; notes in
    /// `head` what was sent and what is due next, and tells whether that changed the head.
    pub fn emit_due(
        &self,
        head: &mut Head<'a>,
        journeys: &HashSet<&'a str>,
        promises: &HashSet<&'a str>,
        change: &mut Change,
    ) -> Outcome<bool> {
        let mut changed = false;
        let following = followers(head);
        for journey in &mut head.journeys {
            let due = journey.due_at.is_some_and(|due_at| due_at <= self.clock);
            if due || journeys.contains(journey.journey_id) {
                self.emit_journey(journey, &following, change)?;
                changed = true;
            }
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
                .map(|handoff| handoff.row.emit(self.version, true)),
        );
    }

    /// Add a tombstone for a promise that is no more.
    pub fn bury_promise(&self, promise: &Promise<'_>, change: &mut Change) {
        let (row, _) = render_promise(self.customer_id, promise, self.clock);
        change.promises.push(row.emit(self.version, true));
    }

    fn emit_journey(&self, journey: &mut Journey<'a>, following: &Following<'a>, change: &mut Change) -> Outcome<()> {
        let rendered = self.render(journey, following);
        let emitted = digests(&rendered)?;
        journey.due_at = rendered.due_at;
        if emitted == journey.emitted {
            return Ok(());
        }
        if journey.emitted.get(..DIGEST) != Some(&emitted[..DIGEST]) {
            change.journeys.push(rendered.journey.emit(self.version, false));
        }
        let (before, after) = (entries(&journey.emitted), entries(&emitted));
        for (handoff, entry) in rendered.handoffs.iter().zip(&after) {
            if !before.contains(entry) {
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

/// The journey row's digest, then per handoff its id, its row's digest and its `left_at`.
pub fn digests(rendered: &Rendered) -> Outcome<Vec<u8>> {
    let mut parts = rendered.journey.digest().to_vec();
    for handoff in &rendered.handoffs {
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
