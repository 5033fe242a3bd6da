//! The records of a batch of a channel, from Python's records to what Python sends.

use foldhash::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bumpalo::Bump;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PySequence, PySet, PyString};

use super::arrive::{Arrived, Taken, link, take};
use super::contract::Contract;
use super::details::Details;
use super::placing::place;
use crate::grouped::Grouped;
use crate::left::{Left, Outcome};
use crate::msgpack::Write;

const MAX_PAYLOAD: usize = 64 * 1024;
const LOG_APPEND_TIME: i64 = 1;

/// Takes in records of a deployment's channels; `partitions` is that of every keyed topic.
#[pyclass(frozen, module = "streams._core")]
pub struct Intake {
    contracts: HashMap<String, Contract>,
    customer: String,
    identity: String,
    partitions: u32,
    links: RandomState,
}

#[pymethods]
impl Intake {
    #[new]
    fn new(channels: Vec<String>, customer: String, identity: String, partitions: u32) -> Self {
        let contracts = channels
            .iter()
            .map(|channel| (channel.clone(), contract(channel, &channels)));
        Intake {
            contracts: contracts.collect(),
            customer,
            identity,
            partitions,
            links: RandomState::new(),
        }
    }

    /// Where records of a partition are put, empty.
    #[staticmethod]
    fn grouped() -> Grouped {
        Grouped::default()
    }

    /// What stands for the link of an identity to a customer; of another `Intake` it is another.
    fn link(&self, kind: &str, value: &str, customer_id: &str) -> u64 {
        self.links.hash_one((kind, value, customer_id))
    }

    /// Append to `outputs` what is sent for `records`, from the one at `start` on, up to the first that is left to
    /// Python; returns where that is, and why. `links` are those of the batch, to which new ones are added unless they
    /// are among `sent`.
    #[allow(clippy::too_many_arguments)]
    fn take<'py>(
        &self,
        channel: &str,
        batch: &Bound<'py, PyAny>,
        start: usize,
        now: i64,
        outputs: &Bound<'py, PyDict>,
        links: &Bound<'py, PySet>,
        sent: (Bound<'py, PySet>, Bound<'py, PySet>),
    ) -> PyResult<(usize, Option<&'static str>)> {
        let py = batch.py();
        let records = batch.getattr(intern!(py, "records"))?.cast_into::<PySequence>()?;
        let count = records.len()?;
        let Some(contract) = self.contracts.get(channel) else {
            return Ok((
                start,
                (start < count).then_some("a channel that is not in the catalogue"),
            ));
        };
        let source = Source::of(batch)?;
        let mut sending = Sending::new(self, outputs, links, sent);
        let mut bump = Bump::new();
        for place in start..count {
            let Ok(record) = Fetched::of(&records.get_item(place)?, now) else {
                return Ok((place, Some("a record of another kind")));
            };
            let outcome = catch_unwind(AssertUnwindSafe(|| record.take(&source, contract, &bump)));
            match outcome.unwrap_or(Err(Left("a defect of the compiled core"))) {
                Ok(taken) => sending.add(taken)?,
                Err(Left(why)) => return Ok((place, Some(why))),
            }
            bump.reset();
        }
        Ok((count, None))
    }
}

fn contract(channel: &str, channels: &[String]) -> Contract {
    Contract {
        channel: channel.to_owned(),
        others: channels.iter().filter(|other| *other != channel).cloned().collect(),
        details: Details::of(channel),
    }
}

/// The topic and partition of a batch.
struct Source {
    topic: String,
    partition: i64,
}

impl Source {
    fn of(batch: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = batch.py();
        Ok(Source {
            topic: batch.getattr(intern!(py, "topic"))?.extract()?,
            partition: batch.getattr(intern!(py, "partition"))?.extract()?,
        })
    }
}

struct Fetched<'py> {
    offset: i64,
    received_at: i64,
    key: Option<Bound<'py, PyBytes>>,
    value: Option<Bound<'py, PyBytes>>,
    may_be_event: bool,
}

impl<'py> Fetched<'py> {
    fn of(record: &Bound<'py, PyAny>, now: i64) -> PyResult<Self> {
        let py = record.py();
        let timestamp_type: Option<i64> = record.getattr(intern!(py, "timestamp_type"))?.extract()?;
        Ok(Fetched {
            offset: record.getattr(intern!(py, "offset"))?.extract()?,
            received_at: match timestamp_type {
                Some(LOG_APPEND_TIME) => record.getattr(intern!(py, "timestamp"))?.extract()?,
                _ => now,
            },
            key: record.getattr(intern!(py, "key"))?.extract()?,
            value: record.getattr(intern!(py, "value"))?.extract()?,
            may_be_event: may_be_event(&record.getattr(intern!(py, "headers"))?)?,
        })
    }

    fn take<'a>(&'a self, source: &Source, contract: &Contract, bump: &'a Bump) -> Outcome<Taken<'a>> {
        let payload = self.value.as_ref().map_or(b"".as_slice(), |value| value.as_bytes());
        if self.may_be_event {
            return Err(Left("an envelope"));
        }
        if payload.len() > MAX_PAYLOAD {
            return Err(Left("too large"));
        }
        let mut origin = Vec::with_capacity(64);
        origin.put_array(3);
        origin.put_text(&source.topic);
        origin.put_int(source.partition);
        origin.put_int(self.offset);
        let arrived = Arrived {
            key: self.key.as_ref().map(|key| key.as_bytes()),
            payload,
            origin: bump.alloc_slice_copy(&origin),
            received_at: self.received_at,
        };
        take(&arrived, contract, bump)
    }
}

/// Whether headers may be those of a CloudEvent (schemas/cloudevents.py); others, such as of tracing, mean nothing.
fn may_be_event(headers: &Bound<'_, PyAny>) -> PyResult<bool> {
    if !headers.is_truthy()? {
        return Ok(false);
    }
    for header in headers.try_iter()? {
        let (name, value): (String, Option<Vec<u8>>) = header?.extract()?;
        let name = name.to_ascii_lowercase();
        let is_json = name == "content-type" && value.as_deref() == Some(b"application/json");
        if !name.is_ascii() || name.starts_with("ce_") || (name == "content-type" && !is_json) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What is to be sent, by topic and partition; each is looked up once.
struct Sending<'s, 'py> {
    intake: &'s Intake,
    outputs: &'s Bound<'py, PyDict>,
    customer: Vec<Option<Bound<'py, Grouped>>>,
    identity: Vec<Option<Bound<'py, Grouped>>>,
    links: &'s Bound<'py, PySet>,
    sent: (Bound<'py, PySet>, Bound<'py, PySet>),
}

impl<'s, 'py> Sending<'s, 'py> {
    fn new(
        intake: &'s Intake,
        outputs: &'s Bound<'py, PyDict>,
        links: &'s Bound<'py, PySet>,
        sent: (Bound<'py, PySet>, Bound<'py, PySet>),
    ) -> Self {
        let none = || vec![None; intake.partitions as usize];
        Sending {
            intake,
            outputs,
            customer: none(),
            identity: none(),
            links,
            sent,
        }
    }

    fn add(&mut self, taken: Taken<'_>) -> PyResult<()> {
        match taken {
            Taken::Held { profile, value } => self.add_identity(&profile, &value),
            Taken::Arrival {
                customer_id,
                value,
                identities,
                occurred_at,
            } => {
                self.add_customer(customer_id, &value)?;
                for identity in identities {
                    let hash = self.intake.link(identity.kind, &identity.value, customer_id);
                    if !self.is_known(hash)? {
                        self.add_identity(&identity.key(), &link(customer_id, occurred_at))?;
                        self.links.add(hash)?;
                    }
                }
                Ok(())
            }
        }
    }

    fn is_known(&self, link: u64) -> PyResult<bool> {
        let link = link.into_pyobject(self.links.py())?;
        Ok(self.sent.0.contains(&link)? || self.sent.1.contains(&link)? || self.links.contains(&link)?)
    }

    fn add_customer(&mut self, key: &str, value: &[u8]) -> PyResult<()> {
        append(&mut self.customer, self.outputs, &self.intake.customer, key, value)
    }

    fn add_identity(&mut self, key: &str, value: &[u8]) -> PyResult<()> {
        append(&mut self.identity, self.outputs, &self.intake.identity, key, value)
    }
}

fn append<'py>(
    places: &mut [Option<Bound<'py, Grouped>>],
    outputs: &Bound<'py, PyDict>,
    topic: &str,
    key: &str,
    value: &[u8],
) -> PyResult<()> {
    let partition = place(key.as_bytes(), places.len() as u32);
    let records = &mut places[partition as usize];
    let records = match records {
        Some(records) => records,
        None => records.insert(records_of(outputs, topic, partition)?),
    };
    records.try_borrow_mut()?.push(Some(key.as_bytes()), Some(value));
    Ok(())
}

fn records_of<'py>(outputs: &Bound<'py, PyDict>, topic: &str, partition: u32) -> PyResult<Bound<'py, Grouped>> {
    let py = outputs.py();
    let place = (PyString::new(py, topic), partition).into_pyobject(py)?;
    if let Some(known) = outputs.get_item(&place)? {
        return Ok(known.cast_into::<Grouped>()?);
    }
    let records = Bound::new(py, Grouped::default())?;
    outputs.set_item(place, &records)?;
    Ok(records)
}
