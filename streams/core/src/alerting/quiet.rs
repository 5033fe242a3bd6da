//! Rows of a batch by customer, taken in where they ask for no judgement (streams/alerting/going_on.py).

use foldhash::{HashMap, HashMapExt};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bumpalo::Bump;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PySet, PyString, PyTuple};

use super::known::Customer;
use super::take::{Change, Counted, Moment, Row, handoff_row, journey_row, take};
use super::waits::is_without_wait;
use crate::fetched::{FetchedRecords, Taken, keys_and_values};
use crate::grouped::Grouped;
use crate::left::{Left, Outcome};

const NO_BYTES: Left = Left("a state that is not bytes");
const UNREADABLE: &str = "a batch with a row that cannot be read";

/// Takes in rows by how long (ms) facts are kept; what is counted is told in intervals of `grain` ms (0: nothing is).
#[pyclass(frozen, module = "streams._core")]
pub struct Quiet {
    handoffs: i64,
    journeys: i64,
    grain: i64,
}

/// What became of a batch: the states to write, when those of whom nothing was known are due, handoffs that count more
/// or less often than before, and the places of the records that are left to Python, each with why.
#[pyclass(frozen, get_all, module = "streams._core")]
pub struct TakenIn {
    writes: Py<Grouped>,
    due: Py<PyDict>,
    counted: Py<PyList>,
    left: Vec<(usize, &'static str)>,
}

#[pymethods]
impl Quiet {
    #[new]
    fn new(handoffs: i64, journeys: i64, grain: i64) -> Self {
        Quiet {
            handoffs,
            journeys,
            grain,
        }
    }

    /// Take in rows of journeys of customers who are not `held`, at `now` (ms), on `states` as they are; changes nothing.
    fn take_journeys(
        &self,
        records: &Bound<'_, PyAny>,
        held: &Bound<'_, PySet>,
        states: &Bound<'_, PyDict>,
        now: i64,
    ) -> PyResult<TakenIn> {
        self.take(journey_row, records, held, states, now)
    }

    /// The same of rows of handoffs.
    fn take_handoffs(
        &self,
        records: &Bound<'_, PyAny>,
        held: &Bound<'_, PySet>,
        states: &Bound<'_, PyDict>,
        now: i64,
    ) -> PyResult<TakenIn> {
        self.take(handoff_row, records, held, states, now)
    }

    /// The places of the touchpoints that may tell of a wait.
    #[staticmethod]
    fn waits(records: &Bound<'_, PyAny>) -> PyResult<Vec<usize>> {
        let fetched = records.cast::<FetchedRecords>().ok();
        let fetched = fetched.map(|fetched| fetched.borrow());
        let taken = keys_and_values(records, fetched.as_deref())?;
        let may_tell = |record: &Taken<'_>| {
            !is_without_wait(record.key_value().value.unwrap_or_default()).is_ok_and(|is_without| is_without)
        };
        Ok((0..taken.len()).filter(|place| may_tell(&taken[*place])).collect())
    }
}

type ReadRow = for<'a> fn(&'a [u8], &'a Bump) -> Outcome<Row<'a>>;

impl Quiet {
    fn take(
        &self,
        read: ReadRow,
        records: &Bound<'_, PyAny>,
        held: &Bound<'_, PySet>,
        states: &Bound<'_, PyDict>,
        now: i64,
    ) -> PyResult<TakenIn> {
        let py = records.py();
        let fetched = records.cast::<FetchedRecords>().ok();
        let fetched = fetched.map(|fetched| fetched.borrow());
        let taken = keys_and_values(records, fetched.as_deref())?;
        let bump = Bump::new();
        let (mut writes, due, mut left) = (Grouped::default(), PyDict::new(py), Vec::new());
        let mut counted: HashMap<Counted<'_>, i64> = HashMap::new();
        // Whose row cannot be read is not known, and all of a customer's rows go the same way.
        let Some(customers) = by_customer(&taken, read, &bump) else {
            left.extend((0..taken.len()).map(|place| (place, UNREADABLE)));
            return told(writes, due, &counted, left, py);
        };
        let moment = Moment {
            now,
            handoffs: self.handoffs,
            journeys: self.journeys,
            grain: self.grain,
        };
        let known = Known { states, bump: &bump };
        for customer in &customers {
            let name = PyString::new(py, customer.customer_id);
            let before = known.value(customer.customer_id.as_bytes())?;
            let outcome = if held.contains(&name)? {
                Err(Left("due"))
            } else {
                catch_unwind(AssertUnwindSafe(|| customer.take(before, &known, &moment)))
                    .unwrap_or(Err(Left("a defect of the compiled core")))
            };
            match outcome {
                Ok(change) => {
                    if let Some(lasting) = &change.resting.lasting {
                        writes.push(Some(&lasting_key(customer.customer_id)), Some(lasting));
                    }
                    if before != Some(&change.resting.value) {
                        writes.push(Some(customer.customer_id.as_bytes()), Some(&change.resting.value));
                    }
                    writes.end_group();
                    if let Some(due_at) = change.due_at {
                        due.set_item(name, due_at)?;
                    }
                    for (one, times) in change.counted {
                        *counted.entry(one).or_default() += times;
                    }
                }
                Err(Left(why)) => left.extend(customer.places.iter().map(|place| (*place, why))),
            }
        }
        left.sort_unstable();
        told(writes, due, &counted, left, py)
    }
}

/// The rows of one customer, and where in the batch they are.
struct Rows<'a> {
    customer_id: &'a str,
    places: Vec<usize>,
    rows: Vec<Row<'a>>,
}

impl<'a> Rows<'a> {
    fn take(&'a self, before: Option<&'a [u8]>, known: &Known<'a, '_>, moment: &Moment) -> Outcome<Change<'a>> {
        let lasting = || known.value(&lasting_key(self.customer_id)).map_err(|_| NO_BYTES);
        let customer = before.map(|value| Customer::open(value, lasting)).transpose()?;
        take(self.customer_id, customer, &self.rows, moment)
    }
}

/// The states of the batch's partition.
struct Known<'a, 'py> {
    states: &'a Bound<'py, PyDict>,
    bump: &'a Bump,
}

impl<'a> Known<'a, '_> {
    fn value(&self, key: &[u8]) -> PyResult<Option<&'a [u8]>> {
        let value = self.states.get_item(PyBytes::new(self.states.py(), key))?;
        let value = value.map(|value| value.cast_into::<PyBytes>()).transpose()?;
        Ok(value.map(|value| &*self.bump.alloc_slice_copy(value.as_bytes())))
    }
}

/// As `streams.alerting.resting.lasting_key`.
fn lasting_key(customer_id: &str) -> Vec<u8> {
    [b"\0l", customer_id.as_bytes()].concat()
}

/// None: one cannot be read.
fn by_customer<'a>(taken: &'a [Taken<'a>], read: ReadRow, bump: &'a Bump) -> Option<Vec<Rows<'a>>> {
    let mut customers: Vec<Rows<'a>> = Vec::new();
    let mut known: HashMap<&'a str, usize> = HashMap::new();
    for (place, record) in taken.iter().enumerate() {
        let row = read(record.key_value().value.unwrap_or_default(), bump).ok()?;
        let customer_id = row.customer_id();
        let index = *known.entry(customer_id).or_insert_with(|| {
            customers.push(Rows {
                customer_id,
                places: Vec::new(),
                rows: Vec::new(),
            });
            customers.len() - 1
        });
        customers[index].places.push(place);
        customers[index].rows.push(row);
    }
    Some(customers)
}

fn told(
    writes: Grouped,
    due: Bound<'_, PyDict>,
    counted: &HashMap<Counted<'_>, i64>,
    left: Vec<(usize, &'static str)>,
    py: Python<'_>,
) -> PyResult<TakenIn> {
    let told = PyList::empty(py);
    for (one, times) in counted.iter().filter(|(_, times)| **times != 0) {
        let failures = PyTuple::new(py, &one.failures)?;
        let care = PyTuple::new(py, &one.care)?;
        let texts = (one.intent, one.from_channel, one.to_channel, one.result);
        told.append((one.at, texts, failures, care, *times))?;
    }
    Ok(TakenIn {
        writes: Py::new(py, writes)?,
        due: due.unbind(),
        counted: told.unbind(),
        left,
    })
}
