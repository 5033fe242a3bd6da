//! A touchpoint that comes late: the head is built anew from the whole log, and compared with what was sent
//! (streams/journey/rebuild.py).

use foldhash::HashMap;

use crate::append::Touched;
use crate::build::{Built, build};
use crate::emit::{Change, Emission, digests, followers};
use crate::left::Outcome;
use crate::state::{Head, Journey};
use crate::touchpoint::Stored;

/// The head after what is `fresh` joined `log`, whose head was `before`. Adds tombstones of vanished journeys and
/// promises to `change`, and to `touched` whatever may have changed, with what was last sent noted in the new head.
pub fn rebuild<'a>(
    before: Head<'a>,
    mut log: Vec<Stored<'a>>,
    fresh: &[Stored<'a>],
    emission: &Emission<'_, 'a>,
    touched: &mut Touched<'a>,
    change: &mut Change,
) -> Outcome<Head<'a>> {
    log.sort_by_key(|stored| stored.touchpoint.order());
    let old = build(emission.customer_id, &log, emission.catalogue, emission.bump);
    log.extend_from_slice(fresh);
    log.sort_by_key(|stored| stored.touchpoint.order());
    let mut new = build(emission.customer_id, &log, emission.catalogue, emission.bump);
    compare_journeys(&before, &old.head, &mut new.head, emission, touched, change)?;
    compare_promises(&before, &old.head, &mut new.head, emission, touched, change);
    compare_places(&old, &new, touched);
    new.head.version = before.version;
    new.head.segments = before.segments;
    new.head.fingerprints = before.fingerprints;
    new.head.prune_at = before.prune_at;
    new.head.withdrawn = before.withdrawn;
    new.head.lasting = before.lasting;
    Ok(new.head)
}

fn compare_journeys<'a>(
    before: &Head<'a>,
    old: &Head<'a>,
    new: &mut Head<'a>,
    emission: &Emission<'_, 'a>,
    touched: &mut Touched<'a>,
    change: &mut Change,
) -> Outcome<()> {
    let live = by_id(&before.journeys);
    let mut previous = by_id(&old.journeys);
    let (following, now_following) = (followers(old), followers(new));
    let none = Vec::new();
    for journey in &mut new.journeys {
        let id = journey.journey_id;
        let was = previous.remove(id);
        if let Some(sent) = live.get(id) {
            journey.emitted.clone_from(&sent.emitted);
        } else if let Some(was) = was {
            let (followed, now_followed) = (
                following.get(id).unwrap_or(&none),
                now_following.get(id).unwrap_or(&none),
            );
            let unchanged = was == journey
                && followed
                    .iter()
                    .map(|one| one.raw)
                    .eq(now_followed.iter().map(|one| one.raw));
            journey.emitted = digests(&emission.render(was, &following), &[])?;
            if unchanged {
                continue;
            }
        }
        touched.journeys.insert(id);
    }
    for gone in old
        .journeys
        .iter()
        .filter(|journey| previous.contains_key(journey.journey_id))
    {
        emission.bury_journey(&emission.render(gone, &following), change);
    }
    Ok(())
}

fn compare_promises<'a>(
    before: &Head<'a>,
    old: &Head<'a>,
    new: &mut Head<'a>,
    emission: &Emission<'_, 'a>,
    touched: &mut Touched<'a>,
    change: &mut Change,
) {
    for promise in &mut new.promises {
        if let Some(sent) = before
            .promises
            .iter()
            .find(|sent| sent.promise_id == promise.promise_id)
        {
            promise.emitted.clone_from(&sent.emitted);
            promise.overdue = sent.overdue;
        }
        touched.promises.insert(promise.promise_id);
    }
    for promise in &old.promises {
        if new.promise_mut(promise.promise_id).is_none() {
            emission.bury_promise(promise, change);
        }
    }
}

fn compare_places<'a>(old: &Built<'a>, new: &Built<'a>, touched: &mut Touched<'a>) {
    // Both are in the touchpoints' order, and what is old is among what is new.
    let mut before = old.places.iter().peekable();
    for place in &new.places {
        let order = place.stored.touchpoint.order();
        let was = before.next_if(|was| was.stored.touchpoint.order() == order);
        let journey_id = new.journey_id(place);
        if was.is_none_or(|was| old.journey_id(was) != journey_id) {
            touched.places.push((place.stored, journey_id));
        }
    }
}

fn by_id<'j, 'a>(journeys: &'j [Journey<'a>]) -> HashMap<&'a str, &'j Journey<'a>> {
    journeys.iter().map(|journey| (journey.journey_id, journey)).collect()
}
