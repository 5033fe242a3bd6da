//! Touchpoints that come in order: the head grows by them, and the log is not read (streams/journey/append.py).

use foldhash::HashSet;

use bumpalo::Bump;

use crate::build::step_intent;
use crate::catalogue::Catalogue;
use crate::left::Outcome;
use crate::life::choose_journey;
use crate::sessions::session_key;
use crate::state::{Head, Journey, Pending, get, set};
use crate::touchpoint::{Stored, Touchpoint};

const MANY_PENDING: usize = 8;

/// What a batch changed: ids of journeys and promises, and touchpoints with the journey that each belongs to now.
#[derive(Default)]
pub struct Touched<'a> {
    pub journeys: HashSet<&'a str>,
    pub promises: HashSet<&'a str>,
    pub places: Vec<(Stored<'a>, Option<&'a str>)>,
}

impl<'a> Touched<'a> {
    fn place_again(&mut self, stored: Stored<'a>, journey_id: Option<&'a str>) {
        let order = stored.touchpoint.order();
        match self
            .places
            .iter_mut()
            .find(|(known, _)| known.touchpoint.order() == order)
        {
            Some((_, place)) => *place = journey_id,
            None => self.places.push((stored, journey_id)),
        }
    }
}

/// Where touchpoints are appended, and by what rules.
pub struct Appending<'e, 'a> {
    pub customer_id: &'a str,
    pub catalogue: &'e Catalogue,
    pub bump: &'a Bump,
}

impl<'a> Appending<'_, 'a> {
    /// Add a touchpoint that comes after all others of the customer. False: it changes what earlier touchpoints meant
    /// in a way that the head cannot tell; the caller then discards `head` and `touched`, and builds from the log.
    pub fn append(&self, head: &mut Head<'a>, stored: Stored<'a>, touched: &mut Touched<'a>) -> Outcome<bool> {
        let touchpoint = stored.touchpoint;
        let opened = head.follow_promises(touchpoint, &mut touched.promises);
        head.newest = Some(touchpoint.order());
        if touchpoint.is_step() {
            return self.append_step(head, stored, opened, touched);
        }
        self.append_ambient(head, stored, touched)
    }

    /// Add an ambient touchpoint; false if the journey of its session's last step may have left the head.
    fn append_ambient(&self, head: &mut Head<'a>, stored: Stored<'a>, touched: &mut Touched<'a>) -> Outcome<bool> {
        let touchpoint = stored.touchpoint;
        let gap = self.catalogue.contact_gap;
        let mut journey_id = None;
        if let Some(session_id) = touchpoint.session_id {
            let key = session_key(touchpoint.channel, session_id, self.bump);
            match get(&head.sessions, &key) {
                Some((at, previous)) if touchpoint.occurred_at - at <= gap => journey_id = *previous,
                None if head.may_have_departed(key, touchpoint.occurred_at - gap) => return Ok(false),
                _ => {}
            }
            head.pending.push(Pending {
                stored,
                previous: journey_id,
            });
            if head.pending.len() > MANY_PENDING {
                settle_pending(head, touchpoint.occurred_at, gap)?;
            }
        }
        touched.journeys.extend(journey_id);
        head.attach_promise(touchpoint, journey_id, &mut touched.promises);
        touched.places.push((stored, journey_id));
        Ok(true)
    }

    fn append_step(
        &self,
        head: &mut Head<'a>,
        stored: Stored<'a>,
        opened: bool,
        touched: &mut Touched<'a>,
    ) -> Outcome<bool> {
        let step = stored.touchpoint;
        if !take_case(head, step) {
            return Ok(false);
        }
        let intent = step_intent(&head.cases, step);
        let mut index = choose_journey(&head.journeys, 0..head.journeys.len(), step, intent);
        if index.is_none() && !step.is_feedback() {
            head.journeys
                .push(Journey::start(self.customer_id, step, intent, self.bump));
            index = Some(head.journeys.len() - 1);
        }
        let journey_id = index.map(|index| head.journeys[index].journey_id);
        if let Some(session_id) = step.session_id {
            if !self.attach_pending(head, step, session_id, index, touched) {
                return Ok(false);
            }
            set(
                &mut head.sessions,
                session_key(step.channel, session_id, self.bump),
                (step.occurred_at, journey_id),
            );
        }
        touched.places.push((stored, journey_id));
        let Some(index) = index else {
            return Ok(true);
        };
        let journey = &mut head.journeys[index];
        journey.live(step, opened, self.catalogue);
        journey.totals.add(step);
        if !step.is_feedback() {
            journey.add_to_contacts(step, self.catalogue);
        }
        touched.journeys.extend(journey_id);
        head.attach_promise(step, journey_id, &mut touched.promises);
        Ok(true)
    }

    /// Attach the pending touchpoints of the step's session; false if one belongs amid the journey's contacts.
    fn attach_pending(
        &self,
        head: &mut Head<'a>,
        step: &Touchpoint<'a>,
        session_id: &'a str,
        index: Option<usize>,
        touched: &mut Touched<'a>,
    ) -> bool {
        let earliest = step.occurred_at - self.catalogue.contact_gap;
        for pending in std::mem::take(&mut head.pending) {
            let touchpoint = pending.stored.touchpoint;
            let same_session = touchpoint.session_id == Some(session_id) && touchpoint.channel == step.channel;
            if !same_session || touchpoint.occurred_at < earliest {
                head.pending.push(pending);
                continue;
            }
            let mut journey_id = None;
            if let Some(index) = index {
                let journey = &mut head.journeys[index];
                journey_id = Some(journey.journey_id);
                if !step.is_feedback() {
                    if journey
                        .latest_in_contacts()
                        .is_some_and(|latest| latest > touchpoint.order())
                    {
                        return false;
                    }
                    journey.add_to_contacts(touchpoint, self.catalogue);
                }
                journey.totals.add(touchpoint);
            }
            touched.journeys.extend(pending.previous);
            touched.journeys.extend(journey_id);
            if journey_id != pending.previous {
                touched.place_again(pending.stored, journey_id);
                head.attach_promise(touchpoint, journey_id, &mut touched.promises);
            }
        }
        true
    }
}

/// Forget sessions, and count pending touchpoints for good, that no touchpoint at `at` or later can reach.
pub fn settle_pending(head: &mut Head<'_>, at: i64, gap: i64) -> Outcome<()> {
    let horizon = at - gap;
    if head
        .pending
        .first()
        .is_some_and(|pending| pending.stored.touchpoint.occurred_at < horizon)
    {
        for pending in std::mem::take(&mut head.pending) {
            if pending.stored.touchpoint.occurred_at >= horizon {
                head.pending.push(pending);
            } else if let Some(previous) = pending.previous {
                head.journey_mut(previous)?.totals.add(pending.stored.touchpoint);
            }
        }
    }
    head.sessions.retain(|(_, (at, _))| *at >= horizon);
    head.departed.retain(|departed| departed.at >= horizon);
    Ok(())
}

/// Note the step's case, if it has one; false if its journey has left the head, or if its earlier steps get their
/// intent now.
fn take_case<'a>(head: &mut Head<'a>, step: &Touchpoint<'a>) -> bool {
    let Some(case_id) = step.case_id else {
        return true;
    };
    match get(&head.cases, &case_id) {
        None => {
            head.cases.push((case_id, step.intent));
            true
        }
        Some(None) if step.intent.is_some() => false,
        Some(_) => head.journeys.iter().any(|journey| journey.case_id == Some(case_id)),
    }
}
