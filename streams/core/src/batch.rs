//! The customers of a batch, from Python's records to what Python sends and writes.

use foldhash::{HashMap, HashMapExt};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bumpalo::Bump;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::advance::{Moment, NEVER, advance};
use crate::catalogue::{Catalogue, IntentRules};
use crate::emit::Change;
use crate::fetched::{FetchedRecords, Taken, keys_and_values};
use crate::grouped::{Grouped, KeyValue};
use crate::left::{Left, Outcome};
use crate::lz4::Lz4;
use crate::states::{Given, States, Values, for_each};
use crate::table::{Packed, Table};
use crate::touchpoint::{Item, read_item};

const MARK: &[u8] = b"\0erased\0";
pub const ERASED: &[u8] = b"erased:";

/// Stitches by one catalogue; `dictionary` is that of the packing of states.
#[pyclass(frozen, module = "streams._core")]
pub struct Core {
    catalogue: Catalogue,
    dictionary: Vec<u8>,
}

/// What became of a batch: records of the four topics of rows, a group each; writes, a group for each customer; when each
/// is next due, how far the sources are seen, and why which customers are left to Python.
#[pyclass(frozen, get_all, module = "streams._core")]
pub struct Done {
    stitched: Py<Grouped>,
    journeys: Py<Grouped>,
    handoffs: Py<Grouped>,
    promises: Py<Grouped>,
    writes: Py<Grouped>,
    due: Py<PyDict>,
    seen: Py<PyDict>,
    left: Py<PyDict>,
}

type RulesOfIntent = (i64, i64, f64, HashMap<String, f64>);

#[pymethods]
impl Core {
    /// `rules` are inactivity (ms), handoff window (ms), standard of waits (s) and those of channels, by intent.
    #[new]
    fn new(
        rules: HashMap<String, RulesOfIntent>,
        default: RulesOfIntent,
        contact_gap: i64,
        horizon: Option<i64>,
        volatile_answers: Vec<String>,
        dictionary: Vec<u8>,
    ) -> Self {
        let rules = rules
            .into_iter()
            .map(|(intent, rules)| (intent, intent_rules(rules)))
            .collect();
        let default = intent_rules(default);
        let volatile_answers = volatile_answers.into_iter().collect();
        Core {
            catalogue: Catalogue {
                rules,
                default,
                contact_gap,
                horizon,
                volatile_answers,
            },
            dictionary,
        }
    }

    /// Where a partition's states are best kept for it.
    #[staticmethod]
    fn states() -> States {
        States::default()
    }

    /// Stitch `records`, and for `due` customers what is due, on `states` as they are; changes nothing. On `States` other
    /// threads have the interpreter meanwhile.
    fn advance(
        &self,
        records: &Bound<'_, PyAny>,
        due: Vec<String>,
        states: &Bound<'_, PyAny>,
        clock: i64,
        now: i64,
    ) -> PyResult<Done> {
        let py = records.py();
        let fetched = records.cast::<FetchedRecords>().ok();
        let fetched = fetched.map(|fetched| fetched.borrow());
        let taken = keys_and_values(records, fetched.as_deref())?;
        let records: Vec<KeyValue<'_>> = taken.iter().map(Taken::key_value).collect();
        let moment = Moment {
            catalogue: &self.catalogue,
            clock,
            now,
        };
        let made = match Given::read(states)? {
            Given::Resting(states) => py.detach(|| self.stitch_all(&records, &due, &*states.read(), &moment)),
            Given::Dict(states) => self.stitch_all(&records, &due, states, &moment),
        };
        made.done(py)
    }

    /// When rows of each customer of `states` next change without a touchpoint (ms), if they do.
    fn due(&self, states: &Bound<'_, PyAny>) -> PyResult<Vec<(String, i64)>> {
        let mut due = Vec::new();
        for_each(states, |key, value| {
            if let Some(due_at) = due_at(key, value) {
                due.push((String::from_utf8(key.to_vec())?, due_at));
            }
            Ok(())
        })?;
        Ok(due)
    }
}

impl Core {
    fn stitch_all<'r>(
        &self,
        records: &'r [KeyValue<'r>],
        due: &'r [String],
        values: impl Values,
        moment: &Moment<'_>,
    ) -> Made<'r> {
        let table = Packed {
            values,
            lz4: Lz4::new(&self.dictionary),
        };
        let mut made = Made::default();
        let mut bump = Bump::new();
        for group in grouped(records, due) {
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                stitch(&group, &table, moment, &bump, &mut made.seen)
            }));
            match outcome.unwrap_or(Err(Left("a defect of the compiled core"))) {
                Ok(Some(change)) => made.add(group.key, &change),
                Ok(None) => {}
                Err(Left(why)) => made.left.push((group.key, why)),
            }
            bump.reset();
        }
        made
    }
}

/// What was made of the customers so far.
#[derive(Default)]
struct Made<'r> {
    stitched: Grouped,
    journeys: Grouped,
    handoffs: Grouped,
    promises: Grouped,
    writes: Grouped,
    due: Vec<(&'r [u8], Option<i64>)>,
    seen: HashMap<(String, i64), i64>,
    left: Vec<(&'r [u8], &'static str)>,
}

impl<'r> Made<'r> {
    fn add(&mut self, key: &'r [u8], change: &Change) {
        let topics = [
            (&mut self.stitched, &change.stitched),
            (&mut self.journeys, &change.journeys),
            (&mut self.handoffs, &change.handoffs),
            (&mut self.promises, &change.promises),
        ];
        for (topic, rows) in topics {
            rows.iter().for_each(|row| topic.push(Some(key), Some(row)));
        }
        for (key, value) in &change.writes {
            self.writes.push(Some(key), value.as_deref());
        }
        self.writes.end_group();
        self.due.push((key, change.due_at));
    }

    fn done(self, py: Python<'_>) -> PyResult<Done> {
        let (due, left) = (PyDict::new(py), PyDict::new(py));
        for (key, due_at) in self.due {
            due.set_item(String::from_utf8_lossy(key), due_at)?;
        }
        for (key, why) in self.left {
            left.set_item(PyBytes::new(py, key), why)?;
        }
        let topic = |mut rows: Grouped| {
            rows.end_group();
            Py::new(py, rows)
        };
        Ok(Done {
            stitched: topic(self.stitched)?,
            journeys: topic(self.journeys)?,
            handoffs: topic(self.handoffs)?,
            promises: topic(self.promises)?,
            writes: Py::new(py, self.writes)?,
            due: due.unbind(),
            seen: self.seen.into_pyobject(py)?.unbind(),
            left: left.unbind(),
        })
    }
}

/// The records of one customer, in their order, of which one may have no value; `due` tells that its time has come.
struct Group<'r> {
    key: &'r [u8],
    due: bool,
    values: Vec<Option<&'r [u8]>>,
}

/// Records by key, in the order of their first; records without a key are under the empty one.
fn grouped<'r>(records: &'r [KeyValue<'r>], due: &'r [String]) -> Vec<Group<'r>> {
    let mut groups: Vec<Group<'r>> = Vec::new();
    let mut known: HashMap<&'r [u8], usize> = HashMap::new();
    let mut index_of = |key: &'r [u8], groups: &mut Vec<Group<'r>>| {
        *known.entry(key).or_insert_with(|| {
            let (due, values) = (false, Vec::new());
            groups.push(Group { key, due, values });
            groups.len() - 1
        })
    };
    for record in records {
        let index = index_of(record.key.unwrap_or_default(), &mut groups);
        groups[index].values.push(record.value.filter(|_| record.key.is_some()));
    }
    for customer_id in due {
        let index = index_of(customer_id.as_bytes(), &mut groups);
        groups[index].due = true;
    }
    groups
}

/// None: there were ticks only.
fn stitch(
    group: &Group<'_>,
    table: &dyn Table,
    moment: &Moment<'_>,
    bump: &Bump,
    seen: &mut HashMap<(String, i64), i64>,
) -> Outcome<Option<Change>> {
    let key = group.key;
    let customer_id = std::str::from_utf8(key).map_err(|_| Left("a key that is not UTF-8"))?;
    if key == ERASED {
        return Err(Left("erased"));
    }
    let mut arrived = Vec::with_capacity(group.values.len());
    let mut sources = Vec::new();
    for value in &group.values {
        let value = value.as_ref().ok_or(Left("a record without key or value"))?;
        if let Item::Arrival(stored, origin) = read_item(value, bump)? {
            sources.push((origin.topic, origin.partition, stored.touchpoint.occurred_at));
            arrived.push(stored);
        }
    }
    if arrived.is_empty() && !group.due {
        return Ok(None);
    }
    let change = advance(customer_id, table, arrived, moment, bump)?;
    for (topic, partition, at) in sources {
        let latest = seen.entry((topic.to_owned(), partition)).or_insert(0);
        *latest = at.max(*latest);
    }
    Ok(Some(change))
}

/// As `streams.journey.state.next_due`.
fn due_at(key: &[u8], value: &[u8]) -> Option<i64> {
    let lead = value.first_chunk().filter(|_| !key.contains(&0))?;
    Some(i64::from_be_bytes(*lead)).filter(|due_at| *due_at != NEVER)
}

pub fn erased_key(customer_id: &[u8]) -> Vec<u8> {
    let hash = blake2b_simd::Params::new().hash_length(16).hash(customer_id);
    [MARK, hash.to_hex().as_bytes()].concat()
}

fn intent_rules((inactivity, handoff_window, wait_standard, wait_standards): RulesOfIntent) -> IntentRules {
    IntentRules {
        inactivity,
        handoff_window,
        wait_standard,
        wait_standards,
    }
}
