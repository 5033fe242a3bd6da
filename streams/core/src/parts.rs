//! A head at rest in two parts: what every touchpoint changes, and what stays as it is from one to the next
//! (streams/journey/parts.py).

use foldhash::HashSet;

use crate::log::FINGERPRINT;
use crate::state::{Head, Lasting, Promise};

const TOUCHPOINTS: usize = 32;
const SEGMENTS: usize = 4;

impl<'a> Head<'a> {
    /// Take from the head what lasts; None if its log is so short that another key would cost more than it saves.
    pub fn part(&mut self) -> Option<Lasting<'a>> {
        let blocks = self.fingerprints.len() / (FINGERPRINT * TOUCHPOINTS);
        if blocks == 0 {
            return None;
        }
        let segments = self.segments.len().saturating_sub(1) / SEGMENTS * SEGMENTS;
        let journeys: Vec<_> = self
            .journeys
            .extract_if(.., |journey| journey.due_at.is_none())
            .collect();
        let ended: HashSet<&str> = journeys.iter().map(|journey| journey.journey_id).collect();
        let going_on: HashSet<&str> = self.journeys.iter().filter_map(|journey| journey.case_id).collect();
        let is_settled = |promise: &Promise<'_>| promise.kept_at.is_some() || promise.overdue;
        let of_ended = |journey_id: Option<&str>| journey_id.is_some_and(|journey_id| ended.contains(journey_id));
        let fingerprints = self.fingerprints.split_off(blocks * FINGERPRINT * TOUCHPOINTS);
        Some(Lasting {
            cases: self
                .cases
                .extract_if(.., |(case_id, _)| !going_on.contains(*case_id))
                .collect(),
            promises: self.promises.extract_if(.., |promise| is_settled(promise)).collect(),
            sessions: self
                .sessions
                .extract_if(.., |(_, (_, journey_id))| of_ended(*journey_id))
                .collect(),
            segments: self.segments.drain(..segments).collect(),
            fingerprints: std::mem::replace(&mut self.fingerprints, fingerprints),
            departed: std::mem::take(&mut self.departed),
            journeys,
        })
    }

    /// Give the head back what lasts.
    pub fn join(&mut self, lasting: Lasting<'a>) {
        before(lasting.cases, &mut self.cases);
        before(lasting.journeys, &mut self.journeys);
        before(lasting.promises, &mut self.promises);
        before(lasting.sessions, &mut self.sessions);
        before(lasting.segments, &mut self.segments);
        before(lasting.fingerprints, &mut self.fingerprints);
        before(lasting.departed, &mut self.departed);
    }
}

fn before<T>(mut lasting: Vec<T>, values: &mut Vec<T>) {
    lasting.append(values);
    *values = lasting;
}
