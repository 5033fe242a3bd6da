//! A head into the table: structs are arrays of their fields.

use crate::msgpack::Write;
use crate::state::{Case, Contact, Departed, Head, Journey, Lasting, Promise, Segment, Session, Totals};

/// The head as it is packed: what is pending must be waiting by now.
pub fn put_head(head: &Head<'_>, out: &mut Vec<u8>) {
    out.put_array(17);
    out.put_nil();
    out.put_int(head.version);
    out.put_optional(head.newest, |out, (at, channel, event_id)| {
        out.put_array(3);
        out.put_int(at);
        out.put_text(channel);
        out.put_text(event_id);
    });
    put_cases(out, &head.cases);
    put_list(out, &head.journeys, put_journey);
    put_promises(out, &head.promises);
    put_sessions(out, &head.sessions);
    out.put_array(0);
    put_list(out, &head.segments, put_segment);
    out.put_bytes(&head.fingerprints);
    out.put_optional(head.prune_at, Write::put_int);
    out.put_int(head.withdrawn);
    out.put_nil();
    put_list(out, &head.waiting, |out, waiting| {
        out.put_array(2);
        out.put_int(waiting.place as i64);
        out.put_optional(waiting.previous, Write::put_text);
    });
    put_list(out, &head.departed, put_departed);
    out.put_bytes(head.lasting);
    out.put_array(0);
}

/// What lasts of a head, as it is packed.
pub fn put_lasting(lasting: &Lasting<'_>, out: &mut Vec<u8>) {
    out.put_array(7);
    put_cases(out, &lasting.cases);
    put_list(out, &lasting.journeys, put_journey);
    put_promises(out, &lasting.promises);
    put_sessions(out, &lasting.sessions);
    put_list(out, &lasting.segments, put_segment);
    out.put_bytes(&lasting.fingerprints);
    put_list(out, &lasting.departed, put_departed);
}

fn put_cases(out: &mut Vec<u8>, cases: &[Case<'_>]) {
    put_pairs(out, cases, |out, intent| out.put_optional(*intent, Write::put_text));
}

fn put_promises(out: &mut Vec<u8>, promises: &[Promise<'_>]) {
    out.put_map(promises.len());
    for promise in promises {
        out.put_text(promise.promise_id);
        put_promise(out, promise);
    }
}

fn put_sessions(out: &mut Vec<u8>, sessions: &[Session<'_>]) {
    put_pairs(out, sessions, |out, (at, journey_id)| {
        out.put_array(2);
        out.put_int(*at);
        out.put_optional(*journey_id, Write::put_text);
    });
}

fn put_segment(out: &mut Vec<u8>, segment: &Segment) {
    out.put_array(3);
    out.put_int(i64::from(segment.number));
    out.put_int(segment.count as i64);
    out.put_int(segment.newest_at);
}

fn put_departed(out: &mut Vec<u8>, departed: &Departed) {
    out.put_array(2);
    out.put_int(departed.at);
    out.put_bytes(&departed.sessions);
}

fn put_journey(out: &mut Vec<u8>, journey: &Journey<'_>) {
    out.put_array(18);
    out.put_text(journey.journey_id);
    out.put_text(journey.intent);
    out.put_optional(journey.case_id, Write::put_text);
    out.put_int(journey.first_step_at);
    out.put_int(journey.last_step_at);
    out.put_int(journey.reach);
    put_totals(out, &journey.totals);
    out.put_boolean(journey.finished);
    out.put_optional(journey.finish_outcome, Write::put_text);
    out.put_optional(journey.finished_at, Write::put_int);
    out.put_int(journey.reopened);
    out.put_optional(journey.referral_channel, Write::put_text);
    out.put_int(journey.referral_deadline);
    put_pairs(out, &journey.promises, |out, due_at| out.put_int(*due_at));
    put_list(out, &journey.contacts, put_contact);
    out.put_optional(journey.core_channel, Write::put_text);
    out.put_optional(journey.due_at, Write::put_int);
    out.put_bytes(&journey.emitted);
}

fn put_totals(out: &mut Vec<u8>, totals: &Totals<'_>) {
    out.put_array(10);
    out.put_int(totals.started_at);
    out.put_int(totals.last_at);
    out.put_int(totals.touchpoints);
    out.put_int(totals.wait_us);
    out.put_int(totals.handle_us);
    out.put_int(totals.reasks);
    put_pairs(out, &totals.scores, |out, (at, channel, event_id, score)| {
        out.put_array(4);
        out.put_int(*at);
        out.put_text(channel);
        out.put_text(event_id);
        out.put_int(*score);
    });
    put_texts(out, &totals.care);
    put_texts(out, &totals.incidents);
    put_pairs(out, &totals.waits_us, |out, waited| out.put_int(*waited));
}

fn put_contact(out: &mut Vec<u8>, contact: &Contact<'_>) {
    out.put_array(13);
    out.put_text(contact.channel);
    out.put_int(contact.first_at);
    out.put_text(contact.first_id);
    out.put_int(contact.last_at);
    out.put_text(contact.last_id);
    out.put_optional(contact.last_session, Write::put_text);
    out.put_float(contact.longest_wait);
    out.put_boolean(contact.succeeded);
    out.put_boolean(contact.closes);
    out.put_optional(contact.referral, |out, referral| {
        out.put_array(4);
        out.put_int(referral.at);
        out.put_text(referral.event_id);
        out.put_text(referral.to_channel);
        out.put_int(referral.deadline);
    });
    put_texts(out, &contact.reasked);
    put_pairs(out, &contact.first_answers, |out, value| out.put_text(value));
    put_pairs(out, &contact.last_answers, |out, value| out.put_text(value));
}

fn put_promise(out: &mut Vec<u8>, promise: &Promise<'_>) {
    out.put_array(9);
    out.put_text(promise.promise_id);
    out.put_int(promise.made_at);
    out.put_text(promise.channel);
    out.put_text(promise.event_id);
    out.put_int(promise.due_at);
    out.put_optional(promise.journey_id, Write::put_text);
    out.put_optional(promise.kept_at, Write::put_int);
    out.put_bytes(&promise.emitted);
    out.put_boolean(promise.overdue);
}

fn put_list<T>(out: &mut Vec<u8>, values: &[T], put: impl Fn(&mut Vec<u8>, &T)) {
    out.put_array(values.len());
    for value in values {
        put(out, value);
    }
}

fn put_texts(out: &mut Vec<u8>, values: &[&str]) {
    put_list(out, values, |out, value| out.put_text(value));
}

fn put_pairs<T>(out: &mut Vec<u8>, pairs: &[(&str, T)], put: impl Fn(&mut Vec<u8>, &T)) {
    out.put_map(pairs.len());
    for (key, value) in pairs {
        out.put_text(key);
        put(out, value);
    }
}
