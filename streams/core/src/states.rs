//! A partition's states as they rest in the memory of this core, and what it may be given instead: a dictionary of
//! Python's, which is the reference (streams/batching/table.py).

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use foldhash::HashSet;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyIterator, PyList, PyMapping};

use crate::grouped::KeyValue;
use crate::left::{Left, Outcome};

const LENGTH: usize = size_of::<u32>();

/// Encoded states by key.
pub trait Values {
    /// What `read` makes of the value of `key`; None: there is none.
    fn find<R>(&self, key: &[u8], read: impl FnOnce(&[u8]) -> R) -> Outcome<Option<R>>;
}

/// The length of the key, the key and the value in one piece of memory.
struct Entry(Box<[u8]>);

impl Entry {
    fn new(key: &[u8], value: &[u8]) -> Self {
        let length = u32::try_from(key.len()).expect("a key is shorter than a record");
        Entry([&length.to_le_bytes(), key, value].concat().into_boxed_slice())
    }

    fn parts(&self) -> (&[u8], &[u8]) {
        let (length, rest) = self.0.split_first_chunk::<LENGTH>().expect("it begins with one");
        rest.split_at(u32::from_le_bytes(*length) as usize)
    }
}

impl Borrow<[u8]> for Entry {
    fn borrow(&self) -> &[u8] {
        self.parts().0
    }
}

impl Hash for Entry {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().0.hash(state);
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.parts().0 == other.parts().0
    }
}

impl Eq for Entry {}

/// The entries, and how many bytes their values have.
#[derive(Default)]
pub struct Resting {
    entries: HashSet<Entry>,
    size: usize,
}

impl Resting {
    /// Put the value by its key, or delete it if it is null; a record without a key is nothing.
    pub fn put(&mut self, record: KeyValue<'_>) {
        let (Some(key), Some(value)) = (record.key, record.value) else {
            record.key.map(|key| self.take(key));
            return;
        };
        let before = self.entries.replace(Entry::new(key, value));
        self.size += value.len();
        self.size -= before.map_or(0, |entry| entry.parts().1.len());
    }

    fn take(&mut self, key: &[u8]) -> Option<Entry> {
        let entry = self.entries.take(key)?;
        self.size -= entry.parts().1.len();
        Some(entry)
    }

    fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.entries.iter().map(Entry::parts)
    }
}

impl Values for &Resting {
    fn find<R>(&self, key: &[u8], read: impl FnOnce(&[u8]) -> R) -> Outcome<Option<R>> {
        Ok(self.entries.get(key).map(|entry| read(entry.parts().1)))
    }
}

impl Values for &Bound<'_, PyDict> {
    fn find<R>(&self, key: &[u8], read: impl FnOnce(&[u8]) -> R) -> Outcome<Option<R>> {
        let found = self.get_item(PyBytes::new(self.py(), key));
        let Some(found) = found.map_err(|_| Left("a table that cannot be read"))? else {
            return Ok(None);
        };
        let value = found.cast::<PyBytes>().map_err(|_| Left("a state that is not bytes"))?;
        Ok(Some(read(value.as_bytes())))
    }
}

/// A mapping of bytes to bytes, without a Python object for any of them until one is asked for. In no order.
#[pyclass(frozen, mapping, module = "streams._core")]
#[derive(Default)]
pub struct States(RwLock<Resting>);

impl States {
    /// No one who holds it waits for the interpreter, so that who has that may wait for it.
    pub fn read(&self) -> RwLockReadGuard<'_, Resting> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn write(&self) -> RwLockWriteGuard<'_, Resting> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn value<'py>(&self, key: &[u8], py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        let value = self.read().entries.get(key)?.parts().1.to_vec();
        Some(PyBytes::new(py, &value))
    }

    /// Copies, since an object that is made may let another thread have the interpreter, which would wait for the lock.
    fn copied<T>(&self, part: impl Fn((&[u8], &[u8])) -> T) -> Vec<T> {
        self.read().iter().map(part).collect()
    }

    pub fn register(py: Python<'_>) -> PyResult<()> {
        PyMapping::register::<States>(py)
    }
}

#[pymethods]
impl States {
    #[new]
    fn empty() -> Self {
        States::default()
    }

    fn __len__(&self) -> usize {
        self.read().entries.len()
    }

    fn __contains__(&self, key: &[u8]) -> bool {
        self.read().entries.contains(key)
    }

    fn __getitem__<'py>(&self, key: &[u8], py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.value(key, py).ok_or_else(|| missing(key, py))
    }

    fn __setitem__(&self, key: &[u8], value: &[u8]) {
        self.write().put(KeyValue {
            key: Some(key),
            value: Some(value),
        });
    }

    fn __delitem__(&self, key: &[u8], py: Python<'_>) -> PyResult<()> {
        let taken = self.write().take(key);
        taken.map(drop).ok_or_else(|| missing(key, py))
    }

    /// The keys as they are now.
    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.keys(py)?.try_iter()
    }

    #[pyo3(signature = (key, default=None))]
    fn get<'py>(&self, key: &[u8], default: Option<Bound<'py, PyAny>>, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.value(key, py).map(Bound::into_any).or(default)
    }

    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let keys = self.copied(|(key, _)| key.to_vec());
        PyList::new(py, keys.iter().map(|key| PyBytes::new(py, key)))
    }

    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let values = self.copied(|(_, value)| value.to_vec());
        PyList::new(py, values.iter().map(|value| PyBytes::new(py, value)))
    }

    fn items<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let items = self.copied(|(key, value)| (key.to_vec(), value.to_vec()));
        PyList::new(
            py,
            items
                .iter()
                .map(|(key, value)| (PyBytes::new(py, key), PyBytes::new(py, value))),
        )
    }

    /// Bytes of all values.
    #[getter]
    fn size(&self) -> usize {
        self.read().size
    }
}

fn missing(key: &[u8], py: Python<'_>) -> PyErr {
    PyKeyError::new_err(PyBytes::new(py, key).unbind())
}

/// What a caller in Python keeps states in.
pub enum Given<'s, 'py> {
    Resting(&'s States),
    Dict(&'s Bound<'py, PyDict>),
}

impl<'s, 'py> Given<'s, 'py> {
    pub fn read(states: &'s Bound<'py, PyAny>) -> PyResult<Self> {
        match states.cast::<States>() {
            Ok(states) => Ok(Given::Resting(states.get())),
            Err(_) => Ok(Given::Dict(states.cast()?)),
        }
    }
}

/// Put all records into `states`, or delete those that have no value.
pub fn apply<'r>(states: &Bound<'_, PyAny>, mut records: impl Iterator<Item = KeyValue<'r>>) -> PyResult<()> {
    match Given::read(states)? {
        Given::Resting(states) => {
            let mut states = states.write();
            records.for_each(|record| states.put(record));
            Ok(())
        }
        Given::Dict(states) => records.try_for_each(|record| put(states, record)),
    }
}

/// Do something with each key and its value.
pub fn for_each(states: &Bound<'_, PyAny>, mut act: impl FnMut(&[u8], &[u8]) -> PyResult<()>) -> PyResult<()> {
    match Given::read(states)? {
        Given::Resting(states) => states.read().iter().try_for_each(|(key, value)| act(key, value)),
        Given::Dict(states) => states.iter().try_for_each(|(key, value)| {
            let (key, value) = (key.cast::<PyBytes>()?, value.cast::<PyBytes>()?);
            act(key.as_bytes(), value.as_bytes())
        }),
    }
}

fn put(states: &Bound<'_, PyDict>, record: KeyValue<'_>) -> PyResult<()> {
    let py = states.py();
    let Some(key) = record.key.map(|key| PyBytes::new(py, key)) else {
        return Ok(());
    };
    match record.value {
        Some(value) => states.set_item(key, PyBytes::new(py, value)),
        None if states.contains(&key)? => states.del_item(key),
        None => Ok(()),
    }
}
