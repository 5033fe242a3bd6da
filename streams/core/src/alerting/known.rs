//! What alerting knows of a customer (streams/alerting/facts.py): arrays of exactly today's fields, as they rest.

use crate::left::{Left, Outcome};
use crate::msgpack::{Reader, Write};

const EMPTY_MAP: &[u8] = &[0x80];
const FACT_FIELDS: usize = 5;
const OTHER_FORM: Left = Left("the form of another version");
/// As `streams.alerting.facts.UNKNOWN`, and no incident.
pub const NOTHING_TOLD: (&str, &[&str]) = ("unknown", &[]);

/// As `streams.alerting.facts.Customer`; what no ordinary row changes is kept as its bytes.
pub struct Customer<'a> {
    pub handoffs: Vec<(&'a str, Handoff<'a>)>,
    promises: Others<'a>,
    pub journeys: Vec<(&'a str, Journey<'a>)>,
    waits: Others<'a>,
    said: &'a [u8],
    version: i64,
}

/// Facts that no ordinary row changes, as their bytes; `journeys` are those that they belong to.
struct Others<'a> {
    raw: &'a [u8],
    journeys: Vec<&'a str>,
}

#[derive(Clone, Copy)]
pub struct Fact<'a> {
    pub version: i64,
    pub is_deleted: i64,
    pub at: i64,
    pub seen_at: i64,
    pub journey_id: Option<&'a str>,
}

pub struct Handoff<'a> {
    pub fact: Fact<'a>,
    pub intent: &'a str,
    pub from_channel: &'a str,
    pub to_channel: &'a str,
    pub result: &'a str,
    pub failures: Vec<&'a str>,
    pub care: Vec<&'a str>,
}

pub struct Journey<'a> {
    pub fact: Fact<'a>,
    pub intent: &'a str,
    pub incidents: Vec<&'a str>,
}

impl<'a> Customer<'a> {
    pub fn unknown() -> Self {
        Customer {
            handoffs: Vec::new(),
            promises: Others::none(),
            journeys: Vec::new(),
            waits: Others::none(),
            said: EMPTY_MAP,
            version: 0,
        }
    }

    pub fn read(value: &'a [u8]) -> Outcome<Self> {
        let mut reader = Reader::new(value);
        reader.fields(6)?;
        let customer = Customer {
            handoffs: reader.pairs(Handoff::read)?,
            promises: Others::read(&mut reader)?,
            journeys: reader.pairs(Journey::read)?,
            waits: Others::read(&mut reader)?,
            said: reader.raw()?,
            version: reader.int()?,
        };
        reader.end()?;
        Ok(customer)
    }

    pub fn encoded(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        out.put_array(6);
        put_pairs(&mut out, &self.handoffs, Handoff::put);
        out.extend_from_slice(self.promises.raw);
        put_pairs(&mut out, &self.journeys, Journey::put);
        out.extend_from_slice(self.waits.raw);
        out.extend_from_slice(self.said);
        out.put_int(self.version);
        out
    }

    pub fn has_handoffs_of(&self, journey_id: &str) -> bool {
        let mut handoffs = self.handoffs.iter();
        handoffs.any(|(_, handoff)| handoff.fact.journey_id == Some(journey_id))
    }

    pub fn has_promises_or_waits_of(&self, journey_id: &str) -> bool {
        let others = [&self.promises, &self.waits];
        others.iter().any(|facts| facts.journeys.contains(&journey_id))
    }

    pub fn journey(&self, journey_id: Option<&str>) -> Option<&Journey<'a>> {
        find(&self.journeys, journey_id.unwrap_or_default())
    }
}

impl<'a> Others<'a> {
    fn none() -> Self {
        Others {
            raw: EMPTY_MAP,
            journeys: Vec::new(),
        }
    }

    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        let before = *reader;
        let facts = reader.pairs(|reader| {
            let others = reader.array()?.checked_sub(FACT_FIELDS).ok_or(OTHER_FORM)?;
            let fact = Fact::read(reader)?;
            (0..others).try_for_each(|_| reader.raw().map(|_| ()))?;
            Ok(fact.journey_id)
        })?;
        Ok(Others {
            raw: reader.since(before),
            journeys: facts.into_iter().filter_map(|(_, journey_id)| journey_id).collect(),
        })
    }
}

impl<'a> Fact<'a> {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        Ok(Fact {
            version: reader.int()?,
            is_deleted: reader.int()?,
            at: reader.int()?,
            seen_at: reader.int()?,
            journey_id: reader.optional(Reader::text)?,
        })
    }

    fn put(&self, out: &mut Vec<u8>) {
        out.put_int(self.version);
        out.put_int(self.is_deleted);
        out.put_int(self.at);
        out.put_int(self.seen_at);
        out.put_optional(self.journey_id, Vec::put_text);
    }
}

impl<'a> Handoff<'a> {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        reader.fields(11)?;
        Ok(Handoff {
            fact: Fact::read(reader)?,
            intent: reader.text()?,
            from_channel: reader.text()?,
            to_channel: reader.text()?,
            result: reader.text()?,
            failures: reader.list(Reader::text)?,
            care: reader.list(Reader::text)?,
        })
    }

    fn put(&self, out: &mut Vec<u8>) {
        out.put_array(11);
        self.fact.put(out);
        for text in [self.intent, self.from_channel, self.to_channel, self.result] {
            out.put_text(text);
        }
        put_texts(out, &self.failures);
        put_texts(out, &self.care);
    }

    pub fn is_failed(&self) -> bool {
        self.result == "failed"
    }
}

impl<'a> Journey<'a> {
    /// What promises, waits and handoffs may ask of it; nothing where it was taken back.
    pub fn told(&self) -> (&str, &[&'a str]) {
        if self.fact.is_deleted == 0 {
            (self.intent, &self.incidents)
        } else {
            NOTHING_TOLD
        }
    }

    pub fn has_incident(&self) -> bool {
        !self.told().1.is_empty()
    }

    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        reader.fields(7)?;
        Ok(Journey {
            fact: Fact::read(reader)?,
            intent: reader.text()?,
            incidents: reader.list(Reader::text)?,
        })
    }

    fn put(&self, out: &mut Vec<u8>) {
        out.put_array(7);
        self.fact.put(out);
        out.put_text(self.intent);
        put_texts(out, &self.incidents);
    }
}

pub fn find<'f, T>(facts: &'f [(&str, T)], key: &str) -> Option<&'f T> {
    facts.iter().find(|(known, _)| *known == key).map(|(_, fact)| fact)
}

/// In the place of the one before it, or behind all others.
pub fn put<'a, T>(facts: &mut Vec<(&'a str, T)>, key: &'a str, fact: T) {
    match facts.iter_mut().find(|(known, _)| *known == key) {
        Some((_, known)) => *known = fact,
        None => facts.push((key, fact)),
    }
}

fn put_pairs<T>(out: &mut Vec<u8>, facts: &[(&str, T)], put: impl Fn(&T, &mut Vec<u8>)) {
    out.put_map(facts.len());
    for (key, fact) in facts {
        out.put_text(key);
        put(fact, out);
    }
}

fn put_texts(out: &mut Vec<u8>, texts: &[&str]) {
    out.put_array(texts.len());
    texts.iter().for_each(|text| out.put_text(text));
}
