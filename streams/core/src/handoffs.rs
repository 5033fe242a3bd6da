//! Handoffs between visits, and what went wrong with each (spec 2; streams/journey/handoffs.py).

use crate::catalogue::Catalogue;
use crate::ids::{Id, identifier};
use crate::state::{Journey, Referral, get, set};
use crate::touchpoint::Pair;
use crate::visits::Visit;

/// A row of `handoffs` but for what it has of its journey and customer. Without an id it is settled: its row is that
/// which was last sent.
pub struct Handoff<'a> {
    pub id: Option<Id>,
    pub from_channel: &'a str,
    pub to_channel: &'a str,
    pub referred_to: Option<&'a str>,
    pub left_at: i64,
    pub arrived_at: Option<i64>,
    pub due_at: Option<i64>,
    pub gap_seconds: Option<f64>,
    pub result: &'static str,
    pub failures: Vec<&'static str>,
    pub wait_seconds: f64,
    pub reasked: Vec<&'a str>,
    pub contradictions: Vec<(&'a str, String)>,
    pub compared: Vec<&'a str>,
}

/// A referral that no visit has met yet, and the channel of the step that made it.
#[derive(Clone, Copy)]
struct Outstanding<'a> {
    referral: Referral<'a>,
    channel: &'a str,
}

/// The journey's handoffs at `clock` in order, and when (ms) the last turns lost if it is pending.
pub fn list_handoffs<'a>(
    journey: &Journey<'a>,
    visits: &[Visit<'_, 'a>],
    care: &[&str],
    clock: i64,
    catalogue: &Catalogue,
) -> (Vec<Handoff<'a>>, Option<i64>) {
    let mut handoffs = Vec::new();
    let settled = if care.is_empty() { settled_visits(journey) } else { 0 };
    let mut outstanding: Option<Outstanding<'a>> = None;
    let mut known: Vec<Pair<'a>> = Vec::new();
    for (index, visit) in visits.iter().enumerate() {
        if index > 0 {
            let before = index.checked_sub(2).map(|place| &visits[place]);
            let left = &visits[index - 1];
            let standard = catalogue.wait_standard(journey.intent, visit.channel);
            let mut handoff = arrived(before, left, visit, outstanding, &known, standard);
            // Where nobody waited, no standard of another catalogue tells otherwise.
            if index >= settled || visit.longest_wait > 0.0 {
                handoff.id = Some(arrived_id(journey, left, visit));
            }
            handoffs.push(handoff);
        }
        if outstanding.is_some_and(|outstanding| outstanding.referral.to_channel == visit.channel) {
            outstanding = None;
        }
        if let Some(referral) = visit.referral {
            outstanding = Some(Outstanding {
                referral,
                channel: visit.channel,
            });
        } else if visit.closes {
            outstanding = None;
        }
        for (key, value) in &visit.last_answers {
            set(&mut known, *key, *value);
        }
    }
    let Some(outstanding) = outstanding else {
        return (handoffs, None);
    };
    let deadline = outstanding.referral.deadline;
    let lost = clock > deadline;
    handoffs.push(unarrived(journey, &outstanding, lost));
    (handoffs, (!lost).then_some(deadline + 1))
}

/// How many of the first visits have been sent as handoffs, and have no contact that changed since.
fn settled_visits(journey: &Journey<'_>) -> usize {
    let contacts = &journey.contacts;
    let ends_at = |end: &usize| {
        let next = contacts.get(*end);
        next.is_none_or(|next| next.channel != contacts[end - 1].channel)
    };
    (1..=journey.settled).filter(ends_at).count()
}

fn arrived_id(journey: &Journey<'_>, left: &Visit<'_, '_>, arrived: &Visit<'_, '_>) -> Id {
    identifier(&[
        journey.journey_id,
        left.channel,
        left.last_id,
        arrived.channel,
        arrived.first_id,
    ])
}

fn arrived<'a>(
    before: Option<&Visit<'_, 'a>>,
    left: &Visit<'_, 'a>,
    arrived: &Visit<'_, 'a>,
    outstanding: Option<Outstanding<'a>>,
    known: &[Pair<'a>],
    wait_standard: f64,
) -> Handoff<'a> {
    let mut contradictions = Vec::new();
    let mut compared = Vec::new();
    for (key, value) in &arrived.first_answers {
        if let Some(old) = get(known, key) {
            compared.push(*key);
            if old != value {
                contradictions.push((*key, format!("{old} → {value}")));
            }
        }
    }
    compared.sort_unstable();
    let failures = failures(
        before,
        left,
        arrived,
        outstanding,
        !contradictions.is_empty(),
        wait_standard,
    );
    Handoff {
        id: None,
        from_channel: left.channel,
        to_channel: arrived.channel,
        referred_to: outstanding.map(|outstanding| outstanding.referral.to_channel),
        left_at: left.last_at,
        arrived_at: Some(arrived.first_at),
        due_at: outstanding.map(|outstanding| outstanding.referral.deadline),
        gap_seconds: Some((arrived.first_at - left.last_at) as f64 / 1000.0),
        result: if failures.is_empty() { "smooth" } else { "failed" },
        failures,
        wait_seconds: arrived.longest_wait,
        reasked: arrived.reasked.clone(),
        contradictions,
        compared,
    }
}

fn failures(
    before: Option<&Visit<'_, '_>>,
    left: &Visit<'_, '_>,
    arrived: &Visit<'_, '_>,
    outstanding: Option<Outstanding<'_>>,
    contradicted: bool,
    wait_standard: f64,
) -> Vec<&'static str> {
    let meets = outstanding.is_some_and(|outstanding| outstanding.referral.to_channel == arrived.channel);
    // A referral of the visit that was left is the outstanding one: nothing came after it.
    let misdirected = outstanding.is_some() && !meets && left.referral.is_some();
    let overdue = meets && outstanding.is_some_and(|outstanding| arrived.first_at > outstanding.referral.deadline);
    let bounced = before.is_some_and(|before| before.channel == arrived.channel) && !left.succeeded && !meets;
    let found = [
        ("misdirected", misdirected),
        ("overdue", overdue),
        ("repeated", !arrived.reasked.is_empty()),
        ("contradicted", contradicted),
        ("bounced", bounced),
        ("stalled", arrived.longest_wait > wait_standard),
    ];
    found
        .into_iter()
        .filter(|(_, is)| *is)
        .map(|(failure, _)| failure)
        .collect()
}

fn unarrived<'a>(journey: &Journey<'a>, outstanding: &Outstanding<'a>, lost: bool) -> Handoff<'a> {
    let referral = &outstanding.referral;
    Handoff {
        id: Some(identifier(&[
            journey.journey_id,
            outstanding.channel,
            referral.event_id,
            "lost",
        ])),
        from_channel: outstanding.channel,
        to_channel: referral.to_channel,
        referred_to: Some(referral.to_channel),
        left_at: referral.at,
        arrived_at: None,
        due_at: Some(referral.deadline),
        gap_seconds: None,
        result: if lost { "failed" } else { "pending" },
        failures: if lost { vec!["lost"] } else { Vec::new() },
        wait_seconds: 0.0,
        reasked: Vec::new(),
        contradictions: Vec::new(),
        compared: Vec::new(),
    }
}
