//! Rows as alerting keeps them (streams/alerting/facts.py): arrays of exactly today's fields.

use crate::left::Outcome;
use crate::msgpack::{Reader, Write};

/// What promises, waits and handoffs may ask of a journey.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Told<'j> {
    pub intent: &'j str,
    pub incidents: &'j [&'j str],
    pub care: &'j [&'j str],
}

/// As `streams.alerting.facts.UNKNOWN`, no incident, and no care group.
pub const NOTHING_TOLD: Told<'static> = Told {
    intent: "unknown",
    incidents: &[],
    care: &[],
};

/// Facts of a kind, each with the key of its row.
pub type Facts<'a, T> = Vec<(&'a str, T)>;

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
    pub care: Vec<&'a str>,
}

impl<'a> Fact<'a> {
    pub fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
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
    pub fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
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

    pub fn put(&self, out: &mut Vec<u8>) {
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
    /// Nothing where it was taken back.
    pub fn told(&self) -> Told<'_> {
        if self.fact.is_deleted == 0 {
            Told {
                intent: self.intent,
                incidents: &self.incidents,
                care: &self.care,
            }
        } else {
            NOTHING_TOLD
        }
    }

    pub fn has_incident(&self) -> bool {
        !self.told().incidents.is_empty()
    }

    pub fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        reader.fields(8)?;
        Ok(Journey {
            fact: Fact::read(reader)?,
            intent: reader.text()?,
            incidents: reader.list(Reader::text)?,
            care: reader.list(Reader::text)?,
        })
    }

    pub fn put(&self, out: &mut Vec<u8>) {
        out.put_array(8);
        self.fact.put(out);
        out.put_text(self.intent);
        put_texts(out, &self.incidents);
        put_texts(out, &self.care);
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

pub fn put_pairs<T>(out: &mut Vec<u8>, facts: &[(&str, T)], put: impl Fn(&T, &mut Vec<u8>)) {
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
