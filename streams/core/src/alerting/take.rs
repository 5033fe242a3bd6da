//! One customer and rows that ask for no judgement (streams/alerting/going_on.py): from what is known to what is.

use bumpalo::Bump;

use super::facts::{Fact, Handoff, Journey, NOTHING_TOLD, Told};
use super::known::{Customer, Resting};
use super::rows::{HandoffRow, JourneyRow, read_handoff, read_journey};
use crate::left::{Left, Outcome};

/// As `streams.alerting.customers.PATIENCE`.
const PATIENCE: i64 = 1_000;
/// As `streams.alerting.observations.ANONYMOUS`.
const ANONYMOUS: &str = "anon:";

pub enum Row<'a> {
    Journey(JourneyRow<'a>),
    Handoff(HandoffRow<'a>),
}

/// `now` (ms), how long facts are kept, and the intervals in which is told what counts (0: nothing does).
pub struct Moment {
    pub now: i64,
    pub handoffs: i64,
    pub journeys: i64,
    pub grain: i64,
}

/// The state; when the last of its facts leaves, of a customer of whom nothing was known; and handoffs that count, with
/// how many times more.
pub struct Change<'a> {
    pub resting: Resting,
    pub due_at: Option<i64>,
    pub counted: Vec<(Counted<'a>, i64)>,
}

/// A handoff as far as shares ask; `at` is the beginning of its interval.
#[derive(PartialEq, Eq, Hash)]
pub struct Counted<'a> {
    pub at: i64,
    pub intent: &'a str,
    pub from_channel: &'a str,
    pub to_channel: &'a str,
    pub result: &'a str,
    pub failures: Vec<&'a str>,
    pub care: Vec<&'a str>,
}

impl<'a> Row<'a> {
    pub fn customer_id(&self) -> &'a str {
        match self {
            Row::Journey(row) => row.customer_id,
            Row::Handoff(row) => row.customer_id,
        }
    }
}

pub fn journey_row<'a>(value: &'a [u8], bump: &'a Bump) -> Outcome<Row<'a>> {
    read_journey(value, bump).map(Row::Journey)
}

pub fn handoff_row<'a>(value: &'a [u8], bump: &'a Bump) -> Outcome<Row<'a>> {
    read_handoff(value, bump).map(Row::Handoff)
}

/// What is `known` of the customer, with what is newer of `rows`, which are all of one kind.
pub fn take<'a>(
    customer_id: &str,
    known: Option<Customer<'a>>,
    rows: &'a [Row<'a>],
    moment: &Moment,
) -> Outcome<Change<'a>> {
    let is_new = known.is_none();
    let mut customer = known.unwrap_or_else(Customer::unknown);
    // A failed handoff may wait for its journey's row, whatever that tells.
    for handoff in customer.failed_handoffs() {
        if waits(handoff, &customer, moment.now)? {
            return Err(Left("a handoff that waits for its journey"));
        }
    }
    let mut counted = Vec::new();
    for row in rows {
        match row {
            Row::Journey(row) => take_journey(&mut customer, row)?,
            Row::Handoff(row) => take_handoff(&mut customer, row, moment, &mut counted)?,
        }
    }
    if moment.grain == 0 || customer_id.starts_with(ANONYMOUS) {
        counted.clear();
    }
    let leaves_at = || customer.leaves_at(moment.handoffs, moment.journeys);
    Ok(Change {
        due_at: is_new.then(leaves_at).flatten(),
        resting: customer.rest()?,
        counted,
    })
}

fn take_journey<'a>(customer: &mut Customer<'a>, row: &'a JourneyRow<'a>) -> Outcome<()> {
    let known = customer.journey(row.journey_id)?;
    if known.is_some_and(|known| row.version <= known.fact.version) {
        return Ok(());
    }
    let journey = Journey {
        fact: Fact {
            version: row.version,
            is_deleted: row.is_deleted,
            at: row.last_at,
            seen_at: 0,
            journey_id: None,
        },
        intent: row.intent,
        incidents: row.incidents.clone(),
        care: row.care.clone(),
    };
    let before = known.map_or(NOTHING_TOLD, Journey::told);
    if !tells_nothing_new(customer, row.journey_id, before, journey.told())? {
        return Err(Left("a journey that tells something else"));
    }
    customer.put_journey(row.journey_id, journey);
    Ok(())
}

/// Whether what belongs to the journey finds there what it found: handoffs ask for incidents only.
fn tells_nothing_new(customer: &Customer<'_>, journey_id: &str, before: Told<'_>, after: Told<'_>) -> Outcome<bool> {
    if before.incidents != after.incidents && customer.has_handoffs_of(journey_id)? {
        return Ok(false);
    }
    Ok(before == after || !customer.has_promises_or_waits_of(journey_id))
}

/// What failed, or did before, may have to be said, and what fell into an incident is counted by other rules.
fn take_handoff<'a>(
    customer: &mut Customer<'a>,
    row: &'a HandoffRow<'a>,
    moment: &Moment,
    counted: &mut Vec<(Counted<'a>, i64)>,
) -> Outcome<()> {
    let known = customer.handoff(row.handoff_id)?;
    if known.is_some_and(|known| row.version <= known.fact.version) {
        return Ok(());
    }
    let handoff = handoff_of(row, moment.now);
    if handoff.is_failed() || known.is_some_and(Handoff::is_failed) {
        return Err(Left("a handoff that failed"));
    }
    if handoff.fact.at.saturating_add(moment.handoffs) <= moment.now {
        return Err(Left("a handoff of long ago"));
    }
    for (one, times) in known.into_iter().map(|known| (known, -1)).chain([(&handoff, 1)]) {
        let journey = customer.journey(one.fact.journey_id.unwrap_or_default())?;
        if journey.is_some_and(Journey::has_incident) {
            return Err(Left("a handoff within an incident"));
        }
        if one.fact.is_deleted == 0 && one.result != "pending" && moment.grain > 0 {
            counted.push((counted_of(one, moment.grain), times));
        }
    }
    customer.put_handoff(row.handoff_id, handoff);
    Ok(())
}

fn handoff_of<'a>(row: &'a HandoffRow<'a>, now: i64) -> Handoff<'a> {
    let leaves = || row.due_at.filter(|at| *at != 0).unwrap_or(row.left_at).max(row.left_at);
    Handoff {
        fact: Fact {
            version: row.version,
            is_deleted: row.is_deleted,
            at: row.arrived_at.unwrap_or_else(leaves),
            seen_at: now,
            journey_id: Some(row.journey_id),
        },
        intent: row.intent,
        from_channel: row.from_channel,
        to_channel: row.to_channel,
        result: row.result,
        failures: row.failures.clone(),
        care: row.care.clone(),
    }
}

fn counted_of<'a>(handoff: &Handoff<'a>, grain: i64) -> Counted<'a> {
    Counted {
        at: handoff.fact.at.div_euclid(grain) * grain,
        intent: handoff.intent,
        from_channel: handoff.from_channel,
        to_channel: handoff.to_channel,
        result: handoff.result,
        failures: handoff.failures.clone(),
        care: handoff.care.clone(),
    }
}

/// As `streams.alerting.customers.known_at`, of a handoff that failed.
fn waits(handoff: &Handoff<'_>, customer: &Customer<'_>, now: i64) -> Outcome<bool> {
    if handoff.fact.seen_at + PATIENCE <= now {
        return Ok(false);
    }
    let journey = customer.journey(handoff.fact.journey_id.unwrap_or_default())?;
    Ok(journey.is_none_or(|journey| journey.fact.version < handoff.fact.version))
}
