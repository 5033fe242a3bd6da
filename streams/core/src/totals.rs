//! Sums of a journey over all its touchpoints, feedback and ambient ones included (streams/journey/totals.py).

use crate::state::{Totals, get, set};
use crate::touchpoint::Touchpoint;

impl<'a> Totals<'a> {
    /// Empty sums that will span `touchpoint` once it is added.
    pub fn begin(touchpoint: &Touchpoint<'a>) -> Self {
        Totals {
            started_at: touchpoint.occurred_at,
            last_at: touchpoint.occurred_at,
            touchpoints: 0,
            wait_us: 0,
            handle_us: 0,
            reasks: 0,
            scores: Vec::new(),
            care: Vec::new(),
            incidents: Vec::new(),
            waits_us: Vec::new(),
        }
    }

    /// Add one touchpoint; the result does not depend on the order of adding.
    pub fn add(&mut self, touchpoint: &Touchpoint<'a>) {
        self.touchpoints += 1;
        self.last_at = self.last_at.max(touchpoint.occurred_at);
        self.started_at = self.started_at.min(touchpoint.occurred_at);
        if let Some(seconds) = touchpoint.wait_seconds.filter(|seconds| *seconds != 0.0) {
            let waited = microseconds(seconds);
            self.wait_us += waited;
            let before = get(&self.waits_us, &touchpoint.channel).copied().unwrap_or(0);
            set(&mut self.waits_us, touchpoint.channel, before + waited);
        }
        if let Some(seconds) = touchpoint.handle_seconds.filter(|seconds| *seconds != 0.0) {
            self.handle_us += microseconds(seconds);
        }
        self.reasks += touchpoint.reasked.len() as i64;
        if let Some((scale, score)) = touchpoint.satisfaction {
            let given = (touchpoint.occurred_at, touchpoint.channel, touchpoint.event_id, score);
            if get(&self.scores, &scale).is_none_or(|known| *known < given) {
                set(&mut self.scores, scale, given);
            }
        }
        for group in touchpoint.care {
            insert(&mut self.care, group);
        }
        if let Some(incident_id) = touchpoint.incident_id {
            insert(&mut self.incidents, incident_id);
        }
    }

    pub fn score(&self, scale: &str) -> Option<i64> {
        get(&self.scores, &scale).map(|(_, _, _, score)| *score)
    }
}

fn microseconds(seconds: f64) -> i64 {
    (seconds * 1_000_000.0).round_ties_even() as i64
}

/// Insert into a sorted set.
fn insert<'a>(set: &mut Vec<&'a str>, value: &'a str) {
    if let Err(place) = set.binary_search(&value) {
        set.insert(place, value);
    }
}
