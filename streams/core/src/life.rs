//! The life of journeys: which one a step joins, what begins, prolongs, finishes and reopens it
//! (spec 2, "Journeys"; streams/journey/life.py).

use bumpalo::Bump;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use crate::catalogue::Catalogue;
use crate::ids::{identifier, text};
use crate::state::{FEEDBACK_REACH, Journey, Totals, set};
use crate::touchpoint::Touchpoint;

pub fn is_finishing(outcome: &str) -> bool {
    matches!(outcome, "succeeded" | "cancelled")
}

/// The index among all `journeys` of the one that `step` joins, which is one of `joinable`; None: it starts one, or
/// stays unattached if it is feedback.
pub fn choose_journey(
    journeys: &[Journey<'_>],
    joinable: impl Iterator<Item = usize>,
    step: &Touchpoint<'_>,
    intent: &str,
) -> Option<usize> {
    let at = step.occurred_at;
    let mut best: Option<usize> = None;
    for index in joinable {
        let journey = &journeys[index];
        if step.case_id.is_some() && journey.case_id == step.case_id {
            return Some(index);
        }
        if journey.intent != intent || (step.case_id.is_some() && journey.case_id.is_some()) {
            continue;
        }
        let reaches = if step.is_feedback() {
            at - journey.last_step_at <= FEEDBACK_REACH
        } else {
            !journey.finished && at <= journey.reach
        };
        if reaches && best.is_none_or(|best| latest(journey) > latest(&journeys[best])) {
            best = Some(index);
        }
    }
    best
}

impl<'a> Journey<'a> {
    /// The journey that `step` starts; the step itself has still to be lived and counted.
    pub fn start(customer_id: &str, step: &Touchpoint<'a>, intent: &'a str, bump: &'a Bump) -> Self {
        Journey {
            journey_id: text(&identifier(&[customer_id, step.channel, step.event_id]), bump),
            intent,
            case_id: step.case_id,
            first_step_at: step.occurred_at,
            last_step_at: step.occurred_at,
            reach: step.occurred_at,
            totals: Totals::begin(step),
            finished: false,
            finish_outcome: None,
            finished_at: None,
            reopened: 0,
            referral_channel: None,
            referral_deadline: 0,
            promises: Vec::new(),
            contacts: Vec::new(),
            core_channel: None,
            due_at: None,
            emitted: Vec::new(),
            settled: 0,
        }
    }

    /// Whether a step at `at` or later may join the journey other than by its case.
    pub fn is_joinable(&self, at: i64) -> bool {
        at - self.last_step_at <= FEEDBACK_REACH || (!self.finished && at <= self.reach)
    }

    /// Let `step`, the journey's latest, prolong, finish or reopen it. `opens_promise` tells that the step's promise
    /// is the first of its id for this customer.
    pub fn live(&mut self, step: &Touchpoint<'a>, opens_promise: bool, catalogue: &Catalogue) {
        if let Some(kept) = step.keeps {
            self.promises.retain(|(promise_id, _)| *promise_id != kept);
        }
        if !step.is_feedback() {
            self.move_on(step, catalogue);
            if let Some((promise_id, due_at)) = step.promise
                && opens_promise
                && step.keeps != Some(promise_id)
            {
                set(&mut self.promises, promise_id, due_at);
            }
        }
        self.reach = self.reach_now(catalogue);
    }

    fn move_on(&mut self, step: &Touchpoint<'a>, catalogue: &Catalogue) {
        self.last_step_at = step.occurred_at;
        if step.case_id.is_some() {
            self.case_id = step.case_id;
        }
        if self.referral_channel == Some(step.channel) {
            self.referral_channel = None;
        }
        if is_finishing(step.outcome) {
            self.finished = true;
            self.finish_outcome = Some(step.outcome);
            self.finished_at = Some(step.occurred_at);
            self.referral_channel = None;
        } else if self.finished {
            self.finished = false;
            self.reopened += 1;
        }
        if step.referral_to.is_some() {
            self.referral_channel = step.referral_to;
            self.referral_deadline = referral_deadline(step, self.intent, catalogue);
        }
    }

    fn reach_now(&self, catalogue: &Catalogue) -> i64 {
        let mut reach = self.last_step_at + catalogue.rules_of(self.intent).inactivity;
        if self.referral_channel.is_some() {
            reach = reach.max(self.referral_deadline);
        }
        self.promises
            .iter()
            .fold(reach, |reach, (_, due_at)| reach.max(*due_at))
    }
}

/// When a referral made by `step` in a journey of `intent` must have been met (ms).
pub fn referral_deadline(step: &Touchpoint<'_>, intent: &str, catalogue: &Catalogue) -> i64 {
    let window = catalogue.rules_of(intent).handoff_window;
    step.referral_due_at.unwrap_or(step.occurred_at + window)
}

/// Those of `journeys` that no step at `at` or later joins, since each that could joins a later one of its intent that is
/// over and without a case as well.
pub fn superseded<'a>(journeys: &[Journey<'a>], at: i64) -> HashSet<&'a str> {
    let mut latest_of: HashMap<&str, &Journey<'_>> = HashMap::new();
    let mut found = HashSet::new();
    let is_over = |journey: &&Journey<'_>| journey.finished || at > journey.reach;
    for journey in journeys
        .iter()
        .filter(|journey| journey.case_id.is_none())
        .filter(is_over)
    {
        let passed_by = match latest_of.get(journey.intent) {
            Some(other) if latest(other) > latest(journey) => Some(journey),
            _ => latest_of.insert(journey.intent, journey),
        };
        found.extend(passed_by.map(|journey| journey.journey_id));
    }
    found
}

fn latest<'j>(journey: &Journey<'j>) -> (i64, i64, &'j str) {
    (journey.last_step_at, journey.first_step_at, journey.journey_id)
}
