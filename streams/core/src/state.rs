//! A customer's state: what an in-order touchpoint needs (streams/journey/state.py).

use crate::left::{Left, Outcome};
use crate::touchpoint::{Order, Pair, Stored};

pub const FEEDBACK_REACH: i64 = 7 * 86_400_000;

#[derive(Clone, Copy, PartialEq)]
pub struct Referral<'a> {
    pub at: i64,
    pub event_id: &'a str,
    pub to_channel: &'a str,
    pub deadline: i64,
}

#[derive(Clone, PartialEq)]
pub struct Contact<'a> {
    pub channel: &'a str,
    pub first_at: i64,
    pub first_id: &'a str,
    pub last_at: i64,
    pub last_id: &'a str,
    pub last_session: Option<&'a str>,
    pub longest_wait: f64,
    pub succeeded: bool,
    pub closes: bool,
    pub referral: Option<Referral<'a>>,
    pub reasked: Vec<&'a str>,
    pub first_answers: Vec<Pair<'a>>,
    pub last_answers: Vec<Pair<'a>>,
}

pub type Score<'a> = (i64, &'a str, &'a str, i64);

#[derive(Clone, PartialEq)]
pub struct Totals<'a> {
    pub started_at: i64,
    pub last_at: i64,
    pub touchpoints: i64,
    pub wait_us: i64,
    pub handle_us: i64,
    pub reasks: i64,
    pub scores: Vec<(&'a str, Score<'a>)>,
    pub care: Vec<&'a str>,
    pub incidents: Vec<&'a str>,
    pub waits_us: Vec<(&'a str, i64)>,
}

#[derive(Clone, PartialEq)]
pub struct Journey<'a> {
    pub journey_id: &'a str,
    pub intent: &'a str,
    pub case_id: Option<&'a str>,
    pub first_step_at: i64,
    pub last_step_at: i64,
    pub reach: i64,
    pub totals: Totals<'a>,
    pub finished: bool,
    pub finish_outcome: Option<&'a str>,
    pub finished_at: Option<i64>,
    pub reopened: i64,
    pub referral_channel: Option<&'a str>,
    pub referral_deadline: i64,
    pub promises: Vec<(&'a str, i64)>,
    pub contacts: Vec<Contact<'a>>,
    pub core_channel: Option<&'a str>,
    pub due_at: Option<i64>,
    pub emitted: Vec<u8>,
    /// How many of the first contacts are as they were when rows were last sent; not at rest.
    pub settled: usize,
}

pub struct Promise<'a> {
    pub promise_id: &'a str,
    pub made_at: i64,
    pub channel: &'a str,
    pub event_id: &'a str,
    pub due_at: i64,
    pub journey_id: Option<&'a str>,
    pub kept_at: Option<i64>,
    pub emitted: Vec<u8>,
    pub overdue: bool,
}

/// An ambient touchpoint whose next step may still come; until then it follows its previous step's journey.
pub struct Pending<'a> {
    pub stored: Stored<'a>,
    pub previous: Option<&'a str>,
}

/// A pending touchpoint at rest, by its place in the log.
pub struct Waiting<'a> {
    pub place: usize,
    pub previous: Option<&'a str>,
}

#[derive(Clone, Copy)]
pub struct Segment {
    pub number: u32,
    pub count: usize,
    pub newest_at: i64,
}

/// Sessions whose journey has left the head, four bytes each; the latest of their last steps was `at` (ms).
pub struct Departed {
    pub at: i64,
    pub sessions: Vec<u8>,
}

/// A case and the intent of its first step that has one.
pub type Case<'a> = (&'a str, Option<&'a str>);

/// A channel's session, and the time and journey of its last step.
pub type Session<'a> = (&'a str, (i64, Option<&'a str>));

/// Maps are in their order of insertion, as Python's are: equal heads have equal bytes.
#[derive(Default)]
pub struct Head<'a> {
    pub due_at: Option<i64>,
    pub version: i64,
    pub newest: Option<Order<'a>>,
    pub cases: Vec<Case<'a>>,
    pub journeys: Vec<Journey<'a>>,
    pub promises: Vec<Promise<'a>>,
    pub sessions: Vec<Session<'a>>,
    pub pending: Vec<Pending<'a>>,
    pub segments: Vec<Segment>,
    pub fingerprints: Vec<u8>,
    pub prune_at: Option<i64>,
    pub withdrawn: i64,
    pub waiting: Vec<Waiting<'a>>,
    pub departed: Vec<Departed>,
    pub lasting: &'a [u8],
}

/// What of a head that rests in two parts stays as it is from touchpoint to touchpoint; each comes before its.
pub struct Lasting<'a> {
    pub cases: Vec<Case<'a>>,
    pub journeys: Vec<Journey<'a>>,
    pub promises: Vec<Promise<'a>>,
    pub sessions: Vec<Session<'a>>,
    pub segments: Vec<Segment>,
    pub fingerprints: Vec<u8>,
    pub departed: Vec<Departed>,
}

/// The value of `key` in a map of few.
pub fn get<'m, K: PartialEq, V>(map: &'m [(K, V)], key: &K) -> Option<&'m V> {
    map.iter().find(|(known, _)| known == key).map(|(_, value)| value)
}

/// Puts `value` under `key`, in its place if it has one.
pub fn set<K: PartialEq, V>(map: &mut Vec<(K, V)>, key: K, value: V) {
    match map.iter_mut().find(|(known, _)| *known == key) {
        Some((_, old)) => *old = value,
        None => map.push((key, value)),
    }
}

impl<'a> Head<'a> {
    pub fn journey_mut(&mut self, journey_id: &str) -> Outcome<&mut Journey<'a>> {
        let found = self
            .journeys
            .iter_mut()
            .find(|journey| journey.journey_id == journey_id);
        found.ok_or(Left("a journey that the head lacks"))
    }

    pub fn promise_mut(&mut self, promise_id: &str) -> Option<&mut Promise<'a>> {
        self.promises
            .iter_mut()
            .find(|promise| promise.promise_id == promise_id)
    }
}
