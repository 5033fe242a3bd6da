//! One customer, one batch: from the stored state and new arrivals to the new state and the rows that changed
//! (streams/journey/advance.py).

use foldhash::{HashSet, HashSetExt};

use bumpalo::Bump;

use crate::append::{Appending, Touched, settle_pending};
use crate::batch::erased_key;
use crate::catalogue::Catalogue;
use crate::emit::{Candidate, Change, Emission, StateWrite};
use crate::left::{Left, Outcome};
use crate::life::superseded;
use crate::log::{Log, fingerprint, may_have, place_of};
use crate::msgpack::Write;
use crate::rebuild::rebuild;
use crate::render::{Row, earliest};
use crate::state::{Head, Pending, Waiting};
use crate::state_read::{read_head, read_lasting};
use crate::state_write::{put_head, put_lasting};
use crate::table::Table;
use crate::touchpoint::Stored;

const DUE: usize = 8;
pub const NEVER: i64 = -1;
/// At rest in heads of earlier versions, for the digest of what lasts.
const UNDIGESTED: &[u8] = b"\x01";
const HISTORY_AGE: i64 = 15 * 60_000;
const GREATEST_STATE: usize = 900_000;

/// When, and by what rules: `now` (ms) is the least version.
pub struct Moment<'e> {
    pub catalogue: &'e Catalogue,
    pub clock: i64,
    pub now: i64,
}

/// A customer whose touchpoints are where they belong, and whose rows are still to be compared with what was sent.
pub struct Advanced<'t, 'a> {
    head: Head<'a>,
    log: Log<'t, 'a>,
    table: &'t dyn Table,
    fresh: Vec<Stored<'a>>,
    touched: Touched<'a>,
    candidates: Vec<Candidate>,
    emission: Emission<'t, 'a>,
    change: Change,
}

/// Stitch `arrived` into the customer's state; without them it changes what is due.
pub fn advance<'t, 'a>(
    customer_id: &'a str,
    table: &'t dyn Table,
    arrived: Vec<Stored<'a>>,
    moment: &Moment<'t>,
    bump: &'a Bump,
) -> Outcome<Advanced<'t, 'a>> {
    let catalogue = moment.catalogue;
    let mut log = Log::new(customer_id, table, bump);
    let mut head = open(customer_id, table, &mut log, bump)?;
    let version = moment.now.max(head.version + 1);
    let emission = Emission {
        customer_id,
        clock: moment.clock,
        version,
        catalogue,
        bump,
    };
    let fresh = sorted(&head, arrived, emission.oldest())?;
    let mut touched = Touched::default();
    let mut change = Change::default();
    let appending = Appending {
        customer_id,
        catalogue,
        bump,
    };
    if !append_all(&appending, &mut head, &fresh, &mut touched)? {
        let before = open(customer_id, table, &mut log, bump)?;
        touched = Touched::default();
        let entries = log.all(&before)?;
        head = rebuild(before, entries, &fresh, &emission, &mut touched, &mut change)?;
    }
    let earliest_next = emission.earliest_next(&head);
    settle_pending(&mut head, earliest_next, catalogue.contact_gap)?;
    let candidates = emission.render_due(&head, &touched.journeys);
    Ok(Advanced {
        head,
        log,
        table,
        fresh,
        touched,
        candidates,
        emission,
        change,
    })
}

fn open<'a>(customer_id: &str, table: &dyn Table, log: &mut Log<'_, 'a>, bump: &'a Bump) -> Outcome<Head<'a>> {
    let Some((lead, value)) = table.get(customer_id.as_bytes(), DUE, bump)? else {
        // Who is erased has no head.
        if table.has(&erased_key(customer_id.as_bytes()))? {
            return Err(Left("erased"));
        }
        return Ok(Head::default());
    };
    let due_at = i64::from_be_bytes(lead.try_into().map_err(|_| Left("a head cut off"))?);
    let mut head = read_head(value, (due_at != NEVER).then_some(due_at))?;
    if !head.lasting.is_empty() {
        let lasting = table.get(&lasting_key(customer_id), 0, bump)?;
        let (_, value) = lasting.ok_or(Left("a head without what lasts of it"))?;
        if head.lasting != UNDIGESTED && head.lasting != digest(value) {
            return Err(Left("parts of a head that are not of one writing"));
        }
        head.join(read_lasting(value)?);
        head.lasting = value;
    }
    for waiting in std::mem::take(&mut head.waiting) {
        let stored = log.at(&head, waiting.place)?;
        head.pending.push(Pending {
            stored,
            previous: waiting.previous,
        });
    }
    if head
        .pending
        .iter()
        .any(|pending| !pending.stored.touchpoint.care.is_empty())
    {
        // Rows had the care of what followed for now, and may do without it.
        head.journeys.iter_mut().for_each(|journey| journey.settled = 0);
    }
    Ok(head)
}

/// The arrivals in the order of the touchpoints, all of which must be new and within the horizon.
fn sorted<'a>(head: &Head<'a>, mut arrived: Vec<Stored<'a>>, oldest: Option<i64>) -> Outcome<Vec<Stored<'a>>> {
    let mut names = HashSet::new();
    for stored in &arrived {
        let touchpoint = stored.touchpoint;
        if may_have(head, fingerprint(touchpoint)) {
            return Err(Left("perhaps known"));
        }
        if arrived.len() > 1 && !names.insert((touchpoint.channel, touchpoint.event_id)) {
            return Err(Left("twice in a batch"));
        }
        if oldest.is_some_and(|oldest| touchpoint.occurred_at < oldest) {
            return Err(Left("too late"));
        }
    }
    arrived.sort_by_key(|stored| stored.touchpoint.order());
    Ok(arrived)
}

fn append_all<'a>(
    appending: &Appending<'_, 'a>,
    head: &mut Head<'a>,
    fresh: &[Stored<'a>],
    touched: &mut Touched<'a>,
) -> Outcome<bool> {
    if let (Some(first), Some(newest)) = (fresh.first(), head.newest)
        && first.touchpoint.order() < newest
    {
        return Ok(false);
    }
    for stored in fresh {
        if !appending.append(head, *stored, touched)? {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Advanced<'_, '_> {
    /// The rows whose digests will be asked for.
    pub fn rows(&mut self) -> impl Iterator<Item = &mut Row> {
        self.candidates.iter_mut().flat_map(Candidate::rows)
    }

    pub fn conclude(mut self) -> Outcome<Change> {
        let (head, emission, change) = (&mut self.head, &self.emission, &mut self.change);
        let changed = emission.emit_due(head, &self.candidates, &self.touched.promises, change)?;
        let earliest_next = emission.earliest_next(head);
        settle_journeys(head, earliest_next);
        head.depart();
        let places = self.touched.places.iter();
        change
            .stitched
            .extend(places.map(|(stored, journey_id)| row(stored, *journey_id, emission)));
        if !self.fresh.is_empty() {
            self.log.add(head, &self.fresh, &mut change.writes)?;
        }
        note_pruning(head, &self.fresh, emission)?;
        let remembers = head.withdrawn - HISTORY_AGE <= emission.clock && emission.clock < head.withdrawn + HISTORY_AGE;
        if head.segments.is_empty() && (head.promises.is_empty() || remembers) {
            return Err(Left("a head that may not be needed"));
        }
        change.due_at = head.due_at;
        if !change.writes.is_empty() || changed {
            head.version = emission.version;
            close(self.head, self.table, emission, &mut change.writes)?;
        }
        let fits = |value: &Option<Vec<u8>>| value.as_ref().is_none_or(|value| value.len() <= GREATEST_STATE);
        if self.change.writes.iter().all(|(_, value)| fits(value)) {
            Ok(self.change)
        } else {
            Err(Left("a state too large"))
        }
    }
}

/// Drop from the head the journeys that no step at `at` or later and no deadline can change, nor what is pending.
fn settle_journeys(head: &mut Head<'_>, at: i64) {
    let held: HashSet<&str> = head.pending.iter().filter_map(|pending| pending.previous).collect();
    let passed_by = superseded(&head.journeys, at);
    head.journeys.retain(|journey| {
        let may_be_joined = journey.is_joinable(at) && !passed_by.contains(journey.journey_id);
        journey.due_at.is_some() || held.contains(journey.journey_id) || may_be_joined
    });
}

fn row(stored: &Stored<'_>, journey_id: Option<&str>, emission: &Emission<'_, '_>) -> Vec<u8> {
    let mut row = Vec::with_capacity(stored.touchpoint.raw.len() + stored.origin.len() + 96);
    row.put_array(7);
    row.put_text(emission.customer_id);
    row.extend_from_slice(stored.touchpoint.raw);
    row.put_optional(journey_id, Write::put_text);
    row.put_int(stored.received_at);
    row.extend_from_slice(stored.origin);
    row.put_int(emission.version);
    row.put_int(0);
    row
}

/// Note in `head` when to look for what leaves the log; what must be done now is left.
fn note_pruning(head: &mut Head<'_>, fresh: &[Stored<'_>], emission: &Emission<'_, '_>) -> Outcome<()> {
    let Some(horizon) = emission.catalogue.horizon else {
        return Ok(());
    };
    let reach = horizon + emission.catalogue.contact_gap;
    let first = fresh.first().map(|stored| stored.touchpoint.occurred_at + reach + 1);
    head.prune_at = earliest(head.prune_at, first);
    if head.prune_at.is_some_and(|prune_at| prune_at <= emission.clock) {
        return Err(Left("a log to prune"));
    }
    head.due_at = earliest(head.due_at, head.prune_at);
    Ok(())
}

fn close<'a>(
    mut head: Head<'a>,
    table: &dyn Table,
    emission: &Emission<'_, 'a>,
    writes: &mut Vec<StateWrite>,
) -> Outcome<()> {
    let customer_id = emission.customer_id;
    for pending in std::mem::take(&mut head.pending) {
        let place = place_of(&head, fingerprint(pending.stored.touchpoint))?;
        head.waiting.push(Waiting {
            place,
            previous: pending.previous,
        });
    }
    let mut value = Vec::with_capacity(1024);
    if let Some(lasting) = head.part() {
        put_lasting(&lasting, &mut value);
        if value != head.lasting {
            writes.push((lasting_key(customer_id), Some(table.pack(&value, false))));
        }
        head.lasting = emission.bump.alloc_slice_copy(&digest(&value));
        value.clear();
    } else if !head.lasting.is_empty() {
        writes.push((lasting_key(customer_id), None));
        head.lasting = &[];
    }
    put_head(&head, &mut value);
    let mut closed = head.due_at.unwrap_or(NEVER).to_be_bytes().to_vec();
    closed.extend_from_slice(&table.pack(&value, !head.lasting.is_empty()));
    writes.push((customer_id.as_bytes().to_vec(), Some(closed)));
    Ok(())
}

fn digest(lasting: &[u8]) -> [u8; 4] {
    crc32fast::hash(lasting).to_be_bytes()
}

fn lasting_key(customer_id: &str) -> Vec<u8> {
    [customer_id.as_bytes(), b"\0l"].concat()
}
