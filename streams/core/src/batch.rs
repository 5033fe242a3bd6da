//! The customers of a batch, from Python's records to what Python sends and writes.

use foldhash::{HashMap, HashMapExt};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bumpalo::Bump;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

use crate::advance::{Moment, advance};
use crate::catalogue::{Catalogue, IntentRules};
use crate::emit::Change;
use crate::fetched::{FetchedRecords, Taken, keys_and_values};
use crate::grouped::Grouped;
use crate::left::{Left, Outcome};
use crate::lz4::Lz4;
use crate::table::{States, Table};
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

    /// Stitch `records`, and for `due` customers what is due, on `states` as they are; changes nothing.
    fn advance<'py>(
        &self,
        records: &Bound<'py, PyAny>,
        due: Vec<String>,
        states: &Bound<'py, PyDict>,
        clock: i64,
        now: i64,
    ) -> PyResult<Done> {
        let py = records.py();
        let fetched = records.cast::<FetchedRecords>().ok();
        let fetched = fetched.map(|fetched| fetched.borrow());
        let taken = keys_and_values(records, fetched.as_deref())?;
        let groups = grouped(&taken, &due);
        let table = States {
            states,
            lz4: Lz4::new(&self.dictionary),
        };
        let moment = Moment {
            catalogue: &self.catalogue,
            clock,
            now,
        };
        let (mut made, due, left) = (Made::default(), PyDict::new(py), PyDict::new(py));
        let mut seen: HashMap<(String, i64), i64> = HashMap::new();
        let mut bump = Bump::new();
        for group in &groups {
            let outcome = catch_unwind(AssertUnwindSafe(|| stitch(group, &table, &moment, &bump, &mut seen)));
            match outcome.unwrap_or(Err(Left("a defect of the compiled core"))) {
                Ok(Some(change)) => {
                    let customer_id =
                        PyString::from_encoded_object(&PyBytes::new(py, group.key), Some(c"utf-8"), None)?;
                    due.set_item(customer_id, change.due_at)?;
                    made.add(group.key, &change);
                }
                Ok(None) => {}
                Err(Left(why)) => left.set_item(PyBytes::new(py, group.key), why)?,
            }
            bump.reset();
        }
        made.done(seen, due.unbind(), left.unbind(), py)
    }
}

/// What was made of the customers so far.
#[derive(Default)]
struct Made {
    stitched: Grouped,
    journeys: Grouped,
    handoffs: Grouped,
    promises: Grouped,
    writes: Grouped,
}

impl Made {
    fn add(&mut self, key: &[u8], change: &Change) {
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
    }

    fn done(
        self,
        seen: HashMap<(String, i64), i64>,
        due: Py<PyDict>,
        left: Py<PyDict>,
        py: Python<'_>,
    ) -> PyResult<Done> {
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
            due,
            seen: seen.into_pyobject(py)?.unbind(),
            left,
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
fn grouped<'r>(records: &'r [Taken<'r>], due: &'r [String]) -> Vec<Group<'r>> {
    let mut groups: Vec<Group<'r>> = Vec::new();
    let mut known: HashMap<&'r [u8], usize> = HashMap::new();
    let mut index_of = |key: &'r [u8], groups: &mut Vec<Group<'r>>| {
        *known.entry(key).or_insert_with(|| {
            let (due, values) = (false, Vec::new());
            groups.push(Group { key, due, values });
            groups.len() - 1
        })
    };
    for record in records.iter().map(Taken::key_value) {
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
