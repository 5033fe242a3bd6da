//! The contract's rules that take more than one field to decide (schemas/rules.py).

use super::contract::Given;
use super::values::certain;
use crate::left::Outcome;
use crate::touchpoint::Pair;

const EARLIEST: i64 = -2_208_988_800_000;
const LATEST: i64 = 10_413_791_999_999;
const CLOCK_TOLERANCE: i64 = 5 * 60 * 1_000;

/// That `given` keeps all of them, and was received at `received_at` by a clock like that of its sender.
pub fn judge(given: &Given<'_>, received_at: i64) -> Outcome<()> {
    let promise_due_at = given.promise.map(|(_, due_at)| due_at);
    let referral_due_at = given.referral.as_ref().and_then(|referral| referral.due_at);
    let times = [Some(given.occurred_at), promise_due_at, referral_due_at];
    certain(times.iter().flatten().all(|at| (EARLIEST..=LATEST).contains(at)))?;
    certain(!given.identities.is_empty() || given.session_id.is_some())?;
    let known = |(kind, value): &Pair<'_>| *kind != "customer_no" || !value.starts_with("anon:");
    certain(given.identities.iter().all(known))?;
    certain((given.outcome == "referred") == given.referral.is_some())?;
    certain(given.referral.is_none() || (given.is_step() && given.stage != "feedback"))?;
    certain(given.satisfaction.is_none_or(is_score))?;
    certain(given.occurred_at <= received_at.saturating_add(CLOCK_TOLERANCE))
}

fn is_score((scale, score): (&str, i64)) -> bool {
    match scale {
        "csat" => (1..=5).contains(&score),
        "nps" => (0..=10).contains(&score),
        _ => (1..=7).contains(&score),
    }
}
