//! Visits: maximal runs of contacts of one channel, summed up from their contacts (streams/journey/visits.py).

use std::borrow::Cow;

use crate::state::{Contact, set};
use crate::touchpoint::Pair;

pub type Visit<'c, 'a> = Cow<'c, Contact<'a>>;

/// The visits of a journey's contacts, which come ordered by their first touchpoint.
pub fn group_visits<'c, 'a>(contacts: &'c [Contact<'a>]) -> Vec<Visit<'c, 'a>> {
    let mut visits: Vec<Visit<'c, 'a>> = Vec::with_capacity(contacts.len());
    for contact in contacts {
        match visits.last_mut() {
            Some(visit) if visit.channel == contact.channel => join(visit.to_mut(), contact),
            _ => visits.push(Cow::Borrowed(contact)),
        }
    }
    visits
}

fn join<'a>(visit: &mut Contact<'a>, contact: &Contact<'a>) {
    visit.last_at = contact.last_at;
    visit.last_id = contact.last_id;
    visit.longest_wait = visit.longest_wait.max(contact.longest_wait);
    visit.succeeded = visit.succeeded || contact.succeeded;
    if contact.closes || contact.referral.is_some() {
        visit.closes = contact.closes;
        visit.referral = contact.referral;
    }
    for item in &contact.reasked {
        if !visit.reasked.contains(item) {
            visit.reasked.push(item);
        }
    }
    visit.first_answers = merged(&contact.first_answers, &visit.first_answers);
    visit.last_answers = merged(&visit.last_answers, &contact.last_answers);
}

/// `before`, and over it `after`.
fn merged<'a>(before: &[Pair<'a>], after: &[Pair<'a>]) -> Vec<Pair<'a>> {
    let mut all = before.to_vec();
    for (key, value) in after {
        set(&mut all, *key, *value);
    }
    all
}
