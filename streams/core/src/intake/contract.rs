//! The touchpoint contract, version 1 (schemas/contract.py), and the touchpoint it gives (schemas/touchpoint.py).

use bumpalo::Bump;

use super::canonical::milliseconds;
use super::details::Details;
use super::json::Reader;
use super::values::{answer, case_id, certain, dotted_slug, id, is_slug, one_of, seconds, slug, text};
use crate::left::{Left, Outcome};
use crate::msgpack::Write;
use crate::touchpoint::Pair;

const SCHEMA_VERSION: i64 = 1;
const MAX_REASKED: usize = 32;
const MAX_ANSWERS: usize = 32;
const STAGES: [&str; 9] = [
    "enter", "identify", "inquire", "apply", "wait", "serve", "decide", "feedback", "leave",
];
const OUTCOMES: [&str; 6] = [
    "progressed",
    "succeeded",
    "failed",
    "abandoned",
    "cancelled",
    "referred",
];
const SCALES: [&str; 3] = ["csat", "nps", "ces"];
const CARES: [&str; 4] = ["elderly", "disabled", "minor", "other"];
const KINDS: [&str; 6] = ["customer_no", "account", "card", "phone", "wechat_openid", "device"];
const TWICE: Left = Left("a key given twice");
const UNKNOWN: Left = Left("a key of none of the contract's");

/// What a channel's records have to be: the channel's name, its details, referrals to the others only.
pub struct Contract {
    pub channel: String,
    pub others: Vec<String>,
    pub details: Details,
}

#[derive(Default)]
pub struct Referral<'a> {
    pub to_channel: &'a str,
    pub due_at: Option<i64>,
    pub reason: Option<&'a str>,
}

/// A touchpoint as the contract takes it; `details` is canonical JSON.
#[derive(Default)]
pub struct Given<'a> {
    pub schema_version: i64,
    pub channel: &'a str,
    pub event_id: &'a str,
    pub occurred_at: i64,
    pub touchpoint: &'a str,
    pub stage: &'a str,
    pub outcome: &'a str,
    pub session_id: Option<&'a str>,
    pub intent: Option<&'a str>,
    pub case_id: Option<&'a str>,
    pub referral: Option<Referral<'a>>,
    pub wait_seconds: Option<f64>,
    pub handle_seconds: Option<f64>,
    pub reasked: Vec<&'a str>,
    pub answers: Vec<Pair<'a>>,
    pub satisfaction: Option<(&'a str, i64)>,
    pub promise: Option<(&'a str, i64)>,
    pub keeps: Option<&'a str>,
    pub care: Vec<&'a str>,
    pub incident_id: Option<&'a str>,
    pub identities: Vec<Pair<'a>>,
    pub details: Option<String>,
}

impl Contract {
    /// The touchpoint that `payload` is, before the rules of more than one field.
    pub fn read<'a>(&self, payload: &'a [u8], bump: &'a Bump) -> Outcome<Given<'a>> {
        let mut reader = Reader::new(payload, bump)?;
        let mut keys = Vec::with_capacity(16);
        let mut given = Given {
            occurred_at: i64::MIN,
            outcome: OUTCOMES[0],
            ..Given::default()
        };
        reader.object(|reader, key| {
            self.field(reader, key, &mut given)?;
            once(&mut keys, key)
        })?;
        reader.end()?;
        let required = [given.event_id, given.channel, given.touchpoint, given.stage];
        certain(given.schema_version == SCHEMA_VERSION && !required.contains(&""))?;
        certain(given.details.is_some() || !self.details.are_required()).map(|()| given)
    }

    fn field<'a>(&self, reader: &mut Reader<'a>, key: &str, given: &mut Given<'a>) -> Outcome<()> {
        match key {
            "schema_version" => given.schema_version = reader.int()?,
            "event_id" => given.event_id = id(reader)?,
            "channel" => given.channel = one_of(reader, &[&self.channel])?,
            "occurred_at" => given.occurred_at = time(reader)?,
            "identities" => given.identities = identities(reader)?,
            "session_id" => given.session_id = reader.optional(id)?,
            "touchpoint" => given.touchpoint = dotted_slug(reader)?,
            "stage" => given.stage = one_of(reader, &STAGES)?,
            "intent" => given.intent = reader.optional(slug)?,
            "case_id" => given.case_id = reader.optional(case_id)?,
            "outcome" => given.outcome = one_of(reader, &OUTCOMES)?,
            "referral" => given.referral = reader.optional(|reader| self.referral(reader))?,
            "wait_seconds" => given.wait_seconds = reader.optional(seconds)?,
            "handle_seconds" => given.handle_seconds = reader.optional(seconds)?,
            "reasked" => given.reasked = at_most(MAX_REASKED, reader.list(slug)?)?,
            "answers" => given.answers = at_most(MAX_ANSWERS, pairs(reader, is_slug, answer)?)?,
            "satisfaction" => given.satisfaction = reader.optional(satisfaction)?,
            "promise" => given.promise = reader.optional(promise)?,
            "keeps" => given.keeps = reader.optional(id)?,
            "care" => given.care = care(reader)?,
            "incident_id" => given.incident_id = reader.optional(id)?,
            "details" => given.details = Some(self.details.read(reader)?),
            _ => return Err(UNKNOWN),
        }
        Ok(())
    }

    fn referral<'a>(&self, reader: &mut Reader<'a>) -> Outcome<Referral<'a>> {
        let mut referral = Referral::default();
        let mut keys = Vec::new();
        reader.object(|reader, key| {
            match key {
                "to_channel" => {
                    referral.to_channel = reader.text()?;
                    certain(self.others.iter().any(|other| other == referral.to_channel))?;
                }
                "due_at" => referral.due_at = reader.optional(time)?,
                "reason" => referral.reason = reader.optional(text)?,
                _ => return Err(UNKNOWN),
            }
            once(&mut keys, key)
        })?;
        certain(keys.contains(&"to_channel")).map(|()| referral)
    }
}

impl Given<'_> {
    /// A step belongs to an intent or a case.
    pub fn is_step(&self) -> bool {
        self.intent.is_some() || self.case_id.is_some()
    }

    /// As `schemas.touchpoint.Touchpoint` is encoded.
    pub fn put(&self, out: &mut Vec<u8>) {
        let text = |out: &mut Vec<u8>, value: Option<&str>| out.put_optional(value, |out, value| out.put_text(value));
        let int = |out: &mut Vec<u8>, value: Option<i64>| out.put_optional(value, Vec::put_int);
        let referral = self.referral.as_ref();
        out.put_array(25);
        out.put_text(self.channel);
        out.put_text(self.event_id);
        out.put_int(self.occurred_at);
        out.put_text(self.touchpoint);
        out.put_text(self.stage);
        out.put_text(self.outcome);
        text(out, self.session_id);
        text(out, self.intent);
        text(out, self.case_id);
        text(out, referral.map(|one| one.to_channel));
        int(out, referral.and_then(|one| one.due_at));
        text(out, referral.and_then(|one| one.reason));
        out.put_optional(self.wait_seconds, Vec::put_float);
        out.put_optional(self.handle_seconds, Vec::put_float);
        put_texts(out, &self.reasked);
        put_pairs(out, &self.answers);
        text(out, self.satisfaction.map(|(scale, _)| scale));
        int(out, self.satisfaction.map(|(_, score)| score));
        text(out, self.promise.map(|(promise_id, _)| promise_id));
        int(out, self.promise.map(|(_, due_at)| due_at));
        text(out, self.keeps);
        put_texts(out, &self.care);
        text(out, self.incident_id);
        put_pairs(out, &self.identities);
        out.put_text(self.details.as_deref().unwrap_or("{}"));
    }
}

fn put_texts(out: &mut Vec<u8>, texts: &[&str]) {
    out.put_array(texts.len());
    texts.iter().for_each(|text| out.put_text(text));
}

fn put_pairs(out: &mut Vec<u8>, pairs: &[Pair<'_>]) {
    out.put_map(pairs.len());
    for (key, value) in pairs {
        out.put_text(key);
        out.put_text(value);
    }
}

fn time(reader: &mut Reader<'_>) -> Outcome<i64> {
    milliseconds(reader.text()?)
}

fn identities<'a>(reader: &mut Reader<'a>) -> Outcome<Vec<Pair<'a>>> {
    pairs(reader, |kind| KINDS.contains(&kind), id)
}

fn satisfaction<'a>(reader: &mut Reader<'a>) -> Outcome<(&'a str, i64)> {
    both(
        reader,
        ("scale", |reader| one_of(reader, &SCALES)),
        ("score", Reader::int),
    )
}

fn promise<'a>(reader: &mut Reader<'a>) -> Outcome<(&'a str, i64)> {
    both(reader, ("promise_id", id), ("due_at", time))
}

/// Sorted, each once.
fn care<'a>(reader: &mut Reader<'a>) -> Outcome<Vec<&'a str>> {
    let mut care = reader.list(|reader| one_of(reader, &CARES))?;
    care.sort_unstable();
    care.dedup();
    Ok(care)
}

type Named<'a, T> = (&'static str, fn(&mut Reader<'a>) -> Outcome<T>);

/// An object of exactly two fields.
fn both<'a, T, U>(reader: &mut Reader<'a>, first: Named<'a, T>, second: Named<'a, U>) -> Outcome<(T, U)> {
    let (mut one, mut other) = (None, None);
    reader.object(|reader, key| match key {
        _ if key == first.0 && one.is_none() => first.1(reader).map(|value| one = Some(value)),
        _ if key == second.0 && other.is_none() => second.1(reader).map(|value| other = Some(value)),
        _ => Err(UNKNOWN),
    })?;
    one.zip(other).ok_or(UNKNOWN)
}

/// An object's keys, each of which `takes` holds for, and what `read` reads of each, in their order.
fn pairs<'a>(
    reader: &mut Reader<'a>,
    takes: impl Fn(&str) -> bool,
    read: impl Fn(&mut Reader<'a>) -> Outcome<&'a str>,
) -> Outcome<Vec<Pair<'a>>> {
    let mut found: Vec<Pair<'a>> = Vec::new();
    reader.object(|reader, key| {
        certain(takes(key))?;
        if found.iter().any(|(known, _)| *known == key) {
            return Err(TWICE);
        }
        found.push((key, read(reader)?));
        Ok(())
    })?;
    Ok(found)
}

fn at_most<T>(most: usize, found: Vec<T>) -> Outcome<Vec<T>> {
    certain(found.len() <= most).map(|()| found)
}

/// Of a key that is repeated, Python takes the last value.
fn once<'a>(keys: &mut Vec<&'a str>, key: &'a str) -> Outcome<()> {
    if keys.contains(&key) {
        return Err(TWICE);
    }
    keys.push(key);
    Ok(())
}
