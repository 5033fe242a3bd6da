//! Promises of a customer: the first touchpoint that names one opens it, the first that keeps it closes it
//! (streams/journey/promises.py).

use foldhash::HashSet;

use crate::state::{Head, Promise};
use crate::touchpoint::Touchpoint;

impl<'a> Head<'a> {
    /// Take the promise that `touchpoint`, the latest in order, opens, and the one that it keeps; tells whether it
    /// opened one. Its journey is set by the caller, who alone knows where the touchpoint belongs.
    pub fn follow_promises(&mut self, touchpoint: &Touchpoint<'a>, touched: &mut HashSet<&'a str>) -> bool {
        let mut opened = false;
        if let Some((promise_id, due_at)) = touchpoint.promise
            && self.promise_mut(promise_id).is_none()
        {
            self.promises.push(Promise {
                promise_id,
                made_at: touchpoint.occurred_at,
                channel: touchpoint.channel,
                event_id: touchpoint.event_id,
                due_at,
                journey_id: None,
                kept_at: None,
                emitted: Vec::new(),
                overdue: false,
            });
            touched.insert(promise_id);
            opened = true;
        }
        if let Some(keeps) = touchpoint.keeps
            && let Some(kept) = self.promise_mut(keeps).filter(|kept| kept.kept_at.is_none())
        {
            kept.kept_at = Some(touchpoint.occurred_at);
            touched.insert(keeps);
        }
        opened
    }

    /// Set the journey of the promise that `opener` opened, if it opened one.
    pub fn attach_promise(
        &mut self,
        opener: &Touchpoint<'a>,
        journey_id: Option<&'a str>,
        touched: &mut HashSet<&'a str>,
    ) {
        let Some(promise) = opener.promise_id().and_then(|promise_id| self.promise_mut(promise_id)) else {
            return;
        };
        let opened_by = (promise.made_at, promise.channel, promise.event_id) == opener.order();
        if opened_by && promise.journey_id != journey_id {
            promise.journey_id = journey_id;
            touched.insert(promise.promise_id);
        }
    }
}
