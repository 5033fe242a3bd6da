//! The state of a customer from all its touchpoints at once (streams/journey/build.py).

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use bumpalo::Bump;

use crate::catalogue::Catalogue;
use crate::life::choose_journey;
use crate::sessions::session_key;
use crate::state::{Head, Journey, Pending, get, set};
use crate::touchpoint::{Stored, Touchpoint};

const UNKNOWN_INTENT: &str = "unknown";

/// Where a touchpoint belongs. `aside` is left out of contacts; `pending` may still get a next step.
pub struct Place<'a> {
    pub stored: Stored<'a>,
    pub journey: Option<usize>,
    aside: bool,
    pending: bool,
}

/// All journeys of the customer (none settled away), and the place of each touchpoint, in order.
pub struct Built<'a> {
    pub head: Head<'a>,
    pub places: Vec<Place<'a>>,
}

impl<'a> Built<'a> {
    pub fn journey_id(&self, place: &Place<'a>) -> Option<&'a str> {
        place.journey.map(|index| self.head.journeys[index].journey_id)
    }
}

#[derive(Default)]
struct Session {
    last_step: Option<usize>,
    waiting: Vec<usize>,
}

/// Stitch `log`, one entry per `(channel, event_id)`, sorted by the touchpoints' order.
pub fn build<'a>(customer_id: &str, log: &[Stored<'a>], catalogue: &Catalogue, bump: &'a Bump) -> Built<'a> {
    let places = log
        .iter()
        .map(|stored| Place {
            stored: *stored,
            journey: None,
            aside: false,
            pending: false,
        })
        .collect();
    let head = Head {
        cases: case_intents(log),
        newest: log.last().map(|stored| stored.touchpoint.order()),
        ..Head::default()
    };
    let mut built = Built { head, places };
    built.scan(customer_id, catalogue, bump);
    built.attach_ambient(catalogue.contact_gap, bump);
    built.count(catalogue);
    built
}

/// The step's own intent, or that of the first step of its case that has one.
pub fn step_intent<'a>(cases: &[(&'a str, Option<&'a str>)], step: &Touchpoint<'a>) -> &'a str {
    if let Some(intent) = step.intent {
        return intent;
    }
    let of_case = get(cases, &step.case_id.unwrap_or_default()).copied().flatten();
    of_case.filter(|intent| !intent.is_empty()).unwrap_or(UNKNOWN_INTENT)
}

fn case_intents<'a>(log: &[Stored<'a>]) -> Vec<(&'a str, Option<&'a str>)> {
    let mut intents = Vec::new();
    for stored in log {
        if let Some(case_id) = stored.touchpoint.case_id
            && get(&intents, &case_id).copied().flatten().is_none()
        {
            set(&mut intents, case_id, stored.touchpoint.intent);
        }
    }
    intents
}

impl<'a> Built<'a> {
    /// Give every step its journey, and follow all promises.
    fn scan(&mut self, customer_id: &str, catalogue: &Catalogue, bump: &'a Bump) {
        let mut joinable: Vec<usize> = Vec::new();
        let mut by_case: HashMap<&str, usize> = HashMap::new();
        let mut touched = HashSet::new();
        for place in &mut self.places {
            let head = &mut self.head;
            let step = place.stored.touchpoint;
            let opened = head.follow_promises(step, &mut touched);
            if !step.is_step() {
                continue;
            }
            joinable.retain(|index| head.journeys[*index].is_joinable(step.occurred_at));
            let intent = step_intent(&head.cases, step);
            let mut index = step.case_id.and_then(|case_id| by_case.get(case_id).copied());
            index = index.or_else(|| choose_journey(&head.journeys, joinable.iter().copied(), step, intent));
            if index.is_none() && !step.is_feedback() {
                head.journeys.push(Journey::start(customer_id, step, intent, bump));
                index = Some(head.journeys.len() - 1);
            }
            if let Some(index) = index {
                let journey = &mut head.journeys[index];
                journey.live(step, opened, catalogue);
                if !joinable.contains(&index) {
                    joinable.push(index);
                }
                if let Some(case_id) = journey.case_id {
                    by_case.insert(case_id, index);
                }
                let journey_id = journey.journey_id;
                head.attach_promise(step, Some(journey_id), &mut touched);
            }
            place.journey = index;
            place.aside = step.is_feedback();
        }
    }

    fn attach_ambient(&mut self, gap: i64, bump: &'a Bump) {
        let mut sessions: Vec<(&'a str, Session)> = Vec::new();
        let mut known: HashMap<&'a str, usize> = HashMap::new();
        for index in 0..self.places.len() {
            let touchpoint = self.places[index].stored.touchpoint;
            let Some(session_id) = touchpoint.session_id else {
                continue;
            };
            let key = session_key(touchpoint.channel, session_id, bump);
            let number = *known.entry(key).or_insert_with(|| {
                sessions.push((key, Session::default()));
                sessions.len() - 1
            });
            let session = &mut sessions[number].1;
            if touchpoint.is_step() {
                self.attach_waiting(session, index, gap);
            } else {
                self.follow_previous(index, session.last_step, gap);
                session.waiting.push(index);
            }
        }
        self.keep_recent(&sessions, gap);
    }

    fn attach_waiting(&mut self, session: &mut Session, step: usize, gap: i64) {
        let Place {
            journey, aside, stored, ..
        } = self.places[step];
        for index in session.waiting.drain(..) {
            let place = &mut self.places[index];
            if stored.touchpoint.occurred_at - place.stored.touchpoint.occurred_at <= gap {
                place.journey = journey;
                place.aside = aside;
            }
        }
        session.last_step = Some(step);
    }

    fn follow_previous(&mut self, index: usize, step: Option<usize>, gap: i64) {
        self.places[index].aside = true;
        let Some(step) = step else {
            return;
        };
        let step = &self.places[step];
        if self.places[index].stored.touchpoint.occurred_at - step.stored.touchpoint.occurred_at <= gap {
            self.places[index].journey = step.journey;
        }
    }

    /// Keep in the head what an in-order touchpoint may still attach to.
    fn keep_recent(&mut self, sessions: &[(&'a str, Session)], gap: i64) {
        let Some((newest_at, _, _)) = self.head.newest else {
            return;
        };
        let horizon = newest_at - gap;
        let mut waiting: Vec<usize> = sessions
            .iter()
            .flat_map(|(_, session)| session.waiting.iter().copied())
            .collect();
        // Places are in the touchpoints' order.
        waiting.sort_unstable();
        for index in waiting {
            let stored = self.places[index].stored;
            if stored.touchpoint.occurred_at >= horizon {
                self.places[index].pending = true;
                let previous = self.journey_id(&self.places[index]);
                self.head.pending.push(Pending { stored, previous });
            }
        }
        for (key, session) in sessions {
            if let Some(step) = session.last_step.map(|step| &self.places[step])
                && step.stored.touchpoint.occurred_at >= horizon
            {
                let at = step.stored.touchpoint.occurred_at;
                let journey_id = self.journey_id(step);
                self.head.sessions.push((key, (at, journey_id)));
            }
        }
    }

    fn count(&mut self, catalogue: &Catalogue) {
        let mut touched = HashSet::new();
        for place in &self.places {
            let touchpoint = place.stored.touchpoint;
            let journey_id = place.journey.map(|index| self.head.journeys[index].journey_id);
            if let Some(index) = place.journey
                && !place.pending
            {
                let journey = &mut self.head.journeys[index];
                journey.totals.add(touchpoint);
                if !place.aside {
                    journey.add_to_contacts(touchpoint, catalogue);
                }
            }
            if !touchpoint.is_step() {
                self.head.attach_promise(touchpoint, journey_id, &mut touched);
            }
        }
    }
}
