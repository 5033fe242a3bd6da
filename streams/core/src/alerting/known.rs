//! What alerting knows of a customer, as it rests (streams/alerting/resting.py): all of it under the customer's id, or
//! what has changed lately there, and what lasts under a key of its own.

use foldhash::HashSet;
use std::cell::OnceCell;

use super::facts::{Fact, Facts, Handoff, Journey, find, put, put_pairs};
use crate::left::{Left, Outcome};
use crate::msgpack::{Reader, Write};

const EMPTY_MAP: &[u8] = &[0x80];
const FACT_FIELDS: usize = 5;
const OTHER_FORM: Left = Left("the form of another version");
/// As `streams.alerting.resting.IN_PARTS`.
const IN_PARTS: u8 = 2;
/// As `streams.alerting.resting.MOST`.
const MOST: usize = 4;

/// As `streams.alerting.facts.Customer`; what no ordinary row changes is kept as its bytes, and what lasts is read only if
/// it is asked for.
pub struct Customer<'a> {
    handoffs: Facts<'a, Handoff<'a>>,
    promises: Others<'a>,
    journeys: Facts<'a, Journey<'a>>,
    waits: Others<'a>,
    said: &'a [u8],
    version: i64,
    in_parts: bool,
    lasting: Lasting<'a>,
}

/// Facts that no ordinary row changes, as their bytes; `journeys` are those that they belong to.
struct Others<'a> {
    raw: &'a [u8],
    journeys: Vec<&'a str>,
}

#[derive(Default)]
struct Lasting<'a> {
    raw: Option<&'a [u8]>,
    read: OnceCell<Kept<'a>>,
}

#[derive(Default)]
struct Kept<'a> {
    handoffs: Facts<'a, Handoff<'a>>,
    journeys: Facts<'a, Journey<'a>>,
}

/// What is to be written; `lasting` None: that stays as it is.
pub struct Resting {
    pub value: Vec<u8>,
    pub lasting: Option<Vec<u8>>,
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
            in_parts: false,
            lasting: Lasting::default(),
        }
    }

    /// The customer by what rests under their id, and what `lasting` finds under the other key if there is one.
    pub fn open(value: &'a [u8], lasting: impl FnOnce() -> Outcome<Option<&'a [u8]>>) -> Outcome<Self> {
        let mut reader = Reader::new(value.strip_prefix(&[IN_PARTS]).unwrap_or(value));
        reader.fields(7)?;
        let mut customer = Customer {
            handoffs: reader.pairs(Handoff::read)?,
            promises: Others::read(&mut reader)?,
            journeys: reader.pairs(Journey::read)?,
            waits: Others::read(&mut reader)?,
            said: reader.raw()?,
            version: reader.int()?,
            in_parts: reader.boolean()?,
            lasting: Lasting::default(),
        };
        reader.end()?;
        if customer.in_parts {
            customer.lasting.raw = Some(lasting()?.ok_or(Left("a state without its other part"))?);
        }
        Ok(customer)
    }

    pub fn rest(mut self) -> Outcome<Resting> {
        let failed = self.handoffs.iter().filter(|(_, handoff)| handoff.is_failed()).count();
        let lasting = if self.journeys.len() + self.handoffs.len() - failed > MOST {
            Some(self.settle()?.encoded())
        } else {
            None
        };
        let mut value = Vec::with_capacity(512);
        if self.in_parts {
            value.push(IN_PARTS);
        }
        value.put_array(7);
        put_pairs(&mut value, &self.handoffs, Handoff::put);
        value.extend_from_slice(self.promises.raw);
        put_pairs(&mut value, &self.journeys, Journey::put);
        value.extend_from_slice(self.waits.raw);
        value.extend_from_slice(self.said);
        value.put_int(self.version);
        value.put_boolean(self.in_parts);
        Ok(Resting { value, lasting })
    }

    /// Take from the customer all that lasts from now on.
    fn settle(&mut self) -> Outcome<Kept<'a>> {
        self.lasting.kept()?;
        let mut kept = self.lasting.read.take().unwrap_or_default();
        for (key, handoff) in self.handoffs.extract_if(.., |(_, handoff)| !handoff.is_failed()) {
            put(&mut kept.handoffs, key, handoff);
        }
        for (key, journey) in self.journeys.drain(..) {
            put(&mut kept.journeys, key, journey);
        }
        let failed: HashSet<&str> = self.handoffs.iter().map(|(key, _)| *key).collect();
        kept.handoffs.retain(|(key, _)| !failed.contains(key));
        self.in_parts = true;
        Ok(kept)
    }

    /// The last of the times of what is known; of a customer without another part.
    pub fn leaves_at(&self, handoffs: i64, journeys: i64) -> Option<i64> {
        let handoffs = self.handoffs.iter().map(|(_, one)| one.fact.at + handoffs);
        let journeys = self.journeys.iter().map(|(_, one)| one.fact.at + journeys);
        handoffs.chain(journeys).max()
    }

    /// Those that failed have not come to what lasts.
    pub fn failed_handoffs(&self) -> impl Iterator<Item = &Handoff<'a>> {
        let handoffs = self.handoffs.iter().map(|(_, handoff)| handoff);
        handoffs.filter(|handoff| handoff.is_failed())
    }

    pub fn has_handoffs_of(&self, journey_id: &str) -> Outcome<bool> {
        let is_of = |(_, handoff): &(&str, Handoff<'a>)| handoff.fact.journey_id == Some(journey_id);
        if self.handoffs.iter().any(is_of) {
            return Ok(true);
        }
        let changed = |key: &str| find(&self.handoffs, key).is_some();
        let mut lasting = self.lasting.kept()?.handoffs.iter();
        Ok(lasting.any(|one| is_of(one) && !changed(one.0)))
    }

    pub fn has_promises_or_waits_of(&self, journey_id: &str) -> bool {
        let others = [&self.promises, &self.waits];
        others.iter().any(|facts| facts.journeys.contains(&journey_id))
    }

    pub fn journey(&self, journey_id: &str) -> Outcome<Option<&Journey<'a>>> {
        match find(&self.journeys, journey_id) {
            None => Ok(find(&self.lasting.kept()?.journeys, journey_id)),
            known => Ok(known),
        }
    }

    pub fn handoff(&self, handoff_id: &str) -> Outcome<Option<&Handoff<'a>>> {
        match find(&self.handoffs, handoff_id) {
            None => Ok(find(&self.lasting.kept()?.handoffs, handoff_id)),
            known => Ok(known),
        }
    }

    pub fn put_journey(&mut self, journey_id: &'a str, journey: Journey<'a>) {
        put(&mut self.journeys, journey_id, journey);
    }

    pub fn put_handoff(&mut self, handoff_id: &'a str, handoff: Handoff<'a>) {
        put(&mut self.handoffs, handoff_id, handoff);
    }
}

impl<'a> Lasting<'a> {
    fn kept(&self) -> Outcome<&Kept<'a>> {
        if let Some(kept) = self.read.get() {
            return Ok(kept);
        }
        let kept = self.raw.map_or(Ok(Kept::default()), Kept::read)?;
        Ok(self.read.get_or_init(|| kept))
    }
}

impl<'a> Kept<'a> {
    fn read(raw: &'a [u8]) -> Outcome<Self> {
        let mut reader = Reader::new(raw);
        reader.fields(2)?;
        let kept = Kept {
            handoffs: reader.pairs(Handoff::read)?,
            journeys: reader.pairs(Journey::read)?,
        };
        reader.end()?;
        Ok(kept)
    }

    fn encoded(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(4096);
        out.put_array(2);
        put_pairs(&mut out, &self.handoffs, Handoff::put);
        put_pairs(&mut out, &self.journeys, Journey::put);
        out
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
