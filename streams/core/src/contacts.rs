//! Contacts of a journey, each summed up as its touchpoints come (spec 2; streams/journey/contacts.py).

use crate::catalogue::Catalogue;
use crate::life::{is_finishing, referral_deadline};
use crate::state::{Contact, Journey, Referral, get, set};
use crate::touchpoint::{Order, Touchpoint};

impl<'a> Journey<'a> {
    /// Add a touchpoint that comes after all others of the journey's contacts; neither feedback nor what is attached
    /// through feedback or a previous step.
    pub fn add_to_contacts(&mut self, touchpoint: &Touchpoint<'a>, catalogue: &Catalogue) {
        let index = self
            .continued_contact(touchpoint, catalogue.contact_gap)
            .unwrap_or_else(|| {
                self.contacts.push(Contact::begin(touchpoint));
                self.contacts.len() - 1
            });
        self.core_channel = Some(touchpoint.channel);
        self.settled = self.settled.min(index);
        let intent = self.intent;
        let contact = &mut self.contacts[index];
        contact.last_at = touchpoint.occurred_at;
        contact.last_id = touchpoint.event_id;
        contact.last_session = touchpoint.session_id;
        contact.sum_up(touchpoint, intent, catalogue);
    }

    /// The order of the journey's last touchpoint that belongs to a contact.
    pub fn latest_in_contacts(&self) -> Option<Order<'a>> {
        self.contacts
            .iter()
            .map(|contact| (contact.last_at, contact.channel, contact.last_id))
            .max()
    }

    fn continued_contact(&self, touchpoint: &Touchpoint<'a>, gap: i64) -> Option<usize> {
        let index = self
            .contacts
            .iter()
            .rposition(|contact| contact.channel == touchpoint.channel)?;
        let contact = &self.contacts[index];
        if touchpoint.occurred_at - contact.last_at > gap {
            return None;
        }
        let continues = match (touchpoint.session_id, contact.last_session) {
            (Some(session), Some(last_session)) => session == last_session,
            _ => self.core_channel == Some(touchpoint.channel),
        };
        continues.then_some(index)
    }
}

impl<'a> Contact<'a> {
    fn begin(touchpoint: &Touchpoint<'a>) -> Self {
        Contact {
            channel: touchpoint.channel,
            first_at: touchpoint.occurred_at,
            first_id: touchpoint.event_id,
            last_at: touchpoint.occurred_at,
            last_id: touchpoint.event_id,
            last_session: None,
            longest_wait: 0.0,
            succeeded: false,
            closes: false,
            referral: None,
            reasked: Vec::new(),
            first_answers: Vec::new(),
            last_answers: Vec::new(),
        }
    }

    fn sum_up(&mut self, touchpoint: &Touchpoint<'a>, intent: &str, catalogue: &Catalogue) {
        if let Some(wait) = touchpoint.wait_seconds
            && wait > self.longest_wait
        {
            self.longest_wait = wait;
        }
        for item in touchpoint.reasked {
            if !self.reasked.contains(item) {
                self.reasked.push(item);
            }
        }
        for (key, value) in touchpoint.answers {
            if !catalogue.volatile_answers.contains(*key) {
                if get(&self.first_answers, key).is_none() {
                    self.first_answers.push((key, value));
                }
                set(&mut self.last_answers, key, value);
            }
        }
        if !touchpoint.is_step() {
            return;
        }
        if is_finishing(touchpoint.outcome) {
            self.succeeded = self.succeeded || touchpoint.outcome == "succeeded";
            self.closes = true;
            self.referral = None;
        } else if let Some(to_channel) = touchpoint.referral_to {
            self.closes = false;
            self.referral = Some(Referral {
                at: touchpoint.occurred_at,
                event_id: touchpoint.event_id,
                to_channel,
                deadline: referral_deadline(touchpoint, intent, catalogue),
            });
        }
    }
}
