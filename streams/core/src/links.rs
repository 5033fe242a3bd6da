//! The links of a batch of `identity`, where nobody watches (streams/agents/identity.py, streams/identity/linked.py).

use foldhash::{HashMap, HashMapExt};
use std::panic::catch_unwind;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

use crate::batch::{ERASED, erased_key};
use crate::left::{Left, Outcome};
use crate::msgpack::{Reader, Write};

const PROFILE: &[u8] = b"profile:";
const FORGETTING: &[u8] = b"forget:";
const SESSION: &str = "session:";
const MOST_CUSTOMERS: usize = 16;
const DAY: i64 = 86_400_000;
/// Horizons for which a session is known.
const REMEMBERED: f64 = 1.5;

/// A batch's records by identity. `latest` is the greatest time of those of which links alone came; `others` are the
/// places of the records of all other keys, which are left to Python.
#[pyclass(frozen, module = "streams._core")]
pub struct Links {
    #[pyo3(get)]
    latest: i64,
    #[pyo3(get)]
    others: Vec<usize>,
    identities: Vec<Identity>,
}

/// What links make of identities: writes by identity, when each is next due, and the places of the records that are
/// left to Python, each with why.
#[pyclass(frozen, get_all, module = "streams._core")]
pub struct Linked {
    writes: Py<PyList>,
    due: Py<PyDict>,
    left: Vec<(usize, &'static str)>,
}

/// An identity and the links that came to it; what else came is not kept.
struct Identity {
    key: String,
    places: Vec<usize>,
    links: Vec<Link>,
}

struct Link {
    customer_id: String,
    at: i64,
}

/// As `streams.identity.state.Linked`, of an identity that nobody watches.
struct State {
    due_at: Option<i64>,
    customers: Option<Vec<String>>,
    seen_at: i64,
}

#[pymethods]
impl Links {
    #[new]
    fn new(records: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = records.py();
        let mut known: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut identities: Vec<Identity> = Vec::new();
        let mut others = Vec::new();
        for (place, record) in records.try_iter()?.enumerate() {
            let record = record?;
            let key: Option<Bound<'_, PyBytes>> = record.getattr(intern!(py, "key"))?.extract()?;
            let value: Option<Bound<'_, PyBytes>> = record.getattr(intern!(py, "value"))?.extract()?;
            let Some((key, name)) = key.as_ref().and_then(|key| identity(key.as_bytes())) else {
                others.push(place);
                continue;
            };
            let index = *known.entry(key.to_vec()).or_insert_with(|| {
                identities.push(Identity::new(name));
                identities.len() - 1
            });
            let link = value.and_then(|value| read_link(value.as_bytes()).ok());
            identities[index].places.push(place);
            identities[index].links.extend(link);
        }
        let (identities, watched): (Vec<_>, Vec<_>) = identities.into_iter().partition(Identity::has_links_alone);
        others.extend(watched.into_iter().flat_map(|identity| identity.places));
        others.sort_unstable();
        let times = identities
            .iter()
            .flat_map(|identity| &identity.links)
            .map(|link| link.at);
        Ok(Links {
            latest: times.max().unwrap_or(0),
            others,
            identities,
        })
    }

    /// Take the links on `states` as they are; changes nothing. `clock` is the greatest time seen in the partition,
    /// `horizon` how long touchpoints are held (ms; None: for ever).
    fn advance(&self, states: &Bound<'_, PyDict>, clock: i64, horizon: Option<i64>) -> PyResult<Linked> {
        let py = states.py();
        let (writes, due) = (PyList::empty(py), PyDict::new(py));
        let mut left = Vec::new();
        for identity in &self.identities {
            let raw = find(states, identity.key.as_bytes())?;
            let is_erased = identity.any_is_erased(states)?;
            let raw = raw.as_ref().map(|raw| raw.as_bytes());
            let outcome = catch_unwind(|| identity.advance(raw, is_erased, clock, horizon));
            match outcome.unwrap_or(Err(Left("a defect of the compiled core"))) {
                Ok((written, due_at)) => {
                    if let Some(written) = written {
                        let key = PyBytes::new(py, identity.key.as_bytes());
                        writes.append(PyList::new(py, [(key, PyBytes::new(py, &written))])?)?;
                    }
                    due.set_item(PyString::new(py, &identity.key), due_at)?;
                }
                Err(Left(why)) => left.extend(identity.places.iter().map(|place| (*place, why))),
            }
        }
        Ok(Linked {
            writes: writes.unbind(),
            due: due.unbind(),
            left,
        })
    }
}

impl Identity {
    fn new(key: &str) -> Self {
        Identity {
            key: key.to_owned(),
            places: Vec::new(),
            links: Vec::new(),
        }
    }

    fn has_links_alone(&self) -> bool {
        self.links.len() == self.places.len()
    }

    fn any_is_erased(&self, states: &Bound<'_, PyDict>) -> PyResult<bool> {
        for Link { customer_id, .. } in &self.links {
            let customer_id = customer_id.as_bytes();
            if customer_id == ERASED || find(states, &erased_key(customer_id))?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The state to write, if it is another, and when something of it may be forgotten.
    fn advance(
        &self,
        raw: Option<&[u8]>,
        is_erased: bool,
        clock: i64,
        horizon: Option<i64>,
    ) -> Outcome<(Option<Vec<u8>>, Option<i64>)> {
        if is_erased {
            return Err(Left("erased"));
        }
        let mut state = raw.map_or(Ok(State::new()), State::read)?;
        if state.due_at.is_some_and(|due_at| due_at <= clock) {
            return Err(Left("due"));
        }
        for link in &self.links {
            state.learn(&link.customer_id);
            state.seen_at = state.seen_at.max(link.at);
        }
        if state.due_at.is_none() && self.key.starts_with(SESSION) {
            state.due_at = horizon.map(|horizon| ends(state.seen_at, horizon, clock));
        }
        let encoded = state.encoded();
        Ok(((raw != Some(&encoded)).then_some(encoded), state.due_at))
    }
}

impl State {
    fn new() -> Self {
        State {
            due_at: None,
            customers: Some(Vec::new()),
            seen_at: 0,
        }
    }

    fn read(raw: &[u8]) -> Outcome<Self> {
        let mut reader = Reader::new(raw);
        reader.fields(5)?;
        let due_at = reader.optional(Reader::int)?;
        let customers = reader.optional(|reader| reader.list(|reader| Ok(reader.text()?.to_owned())))?;
        let seen_at = reader.int()?;
        if reader.array()? > 0 || !reader.bytes()?.is_empty() {
            return Err(Left("watched"));
        }
        reader.end()?;
        Ok(State {
            due_at,
            customers,
            seen_at,
        })
    }

    /// An identity of too many customers is public.
    fn learn(&mut self, customer_id: &str) {
        let Some(customers) = &mut self.customers else {
            return;
        };
        if customers.iter().any(|known| known == customer_id) {
            return;
        }
        customers.push(customer_id.to_owned());
        if customers.len() > MOST_CUSTOMERS {
            self.customers = None;
        }
    }

    fn encoded(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        out.put_array(5);
        out.put_optional(self.due_at, Vec::put_int);
        out.put_optional(self.customers.as_ref(), |out, customers| {
            out.put_array(customers.len());
            customers.iter().for_each(|customer| out.put_text(customer));
        });
        out.put_int(self.seen_at);
        out.put_array(0);
        out.put_bytes(b"");
        out
    }
}

/// As `streams.identity.state.Retention.ends`.
fn ends(at: i64, horizon: i64, clock: i64) -> i64 {
    (at + (REMEMBERED * horizon as f64) as i64 + 1).max(clock + DAY)
}

/// The key of an identity, as bytes and as text; None: it is another's.
fn identity(key: &[u8]) -> Option<(&[u8], &str)> {
    let name = std::str::from_utf8(key).ok()?;
    (!key.starts_with(PROFILE) && key != FORGETTING).then_some((key, name))
}

fn read_link(value: &[u8]) -> Outcome<Link> {
    let mut reader = Reader::new(value);
    reader.fields(3)?;
    if reader.text()? != "l" {
        return Err(Left("no link"));
    }
    let (customer_id, at) = (reader.text()?.to_owned(), reader.int()?);
    reader.end()?;
    Ok(Link { customer_id, at })
}

fn find<'py>(states: &Bound<'py, PyDict>, key: &[u8]) -> PyResult<Option<Bound<'py, PyBytes>>> {
    let found = states.get_item(PyBytes::new(states.py(), key))?;
    Ok(found.map(|found| found.cast_into::<PyBytes>()).transpose()?)
}
