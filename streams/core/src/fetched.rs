//! Records as they were fetched: read from record batches (v2, uncompressed) where they lie, and objects only when
//! Python asks for them (streams/batching/fetch.py). What is of another form stays an object of the driver's.

use foldhash::{HashMap, HashMapExt};
use pyo3::exceptions::PyIndexError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PySlice};

use crate::grouped::KeyValue;
use crate::states::apply;
use crate::wire::{Place, Reader, Span, read_batch};

enum Entry {
    /// Its bytes' number, and its place in them.
    Bytes(usize, Place),
    Object(Py<PyAny>),
}

/// A sequence of records of one partition, in order.
#[pyclass(sequence, module = "streams._core")]
#[derive(Default)]
pub struct FetchedRecords {
    data: Vec<Py<PyBytes>>,
    entries: Vec<Entry>,
}

/// A key and a value that were objects already, or are to be copied from bytes.
pub enum Taken<'py> {
    Bytes(Option<&'py [u8]>, Option<&'py [u8]>),
    Objects(Option<Bound<'py, PyBytes>>, Option<Bound<'py, PyBytes>>),
}

impl Taken<'_> {
    pub fn key_value(&self) -> KeyValue<'_> {
        match self {
            Taken::Bytes(key, value) => KeyValue {
                key: *key,
                value: *value,
            },
            Taken::Objects(key, value) => KeyValue {
                key: key.as_ref().map(|key| key.as_bytes()),
                value: value.as_ref().map(|value| value.as_bytes()),
            },
        }
    }
}

/// Keys and values of `records`, whatever sequence they are of.
pub fn keys_and_values<'py>(
    records: &Bound<'py, PyAny>,
    fetched: Option<&'py FetchedRecords>,
) -> PyResult<Vec<Taken<'py>>> {
    match fetched {
        Some(fetched) => fetched.keys_and_values(records.py()),
        None => records.try_iter()?.map(|record| of_object(&record?)).collect(),
    }
}

fn of_object<'py>(record: &Bound<'py, PyAny>) -> PyResult<Taken<'py>> {
    let py = record.py();
    Ok(Taken::Objects(
        record.getattr(intern!(py, "key"))?.extract()?,
        record.getattr(intern!(py, "value"))?.extract()?,
    ))
}

impl FetchedRecords {
    fn keys_and_values<'py>(&'py self, py: Python<'py>) -> PyResult<Vec<Taken<'py>>> {
        self.entries.iter().map(|entry| self.taken(entry, py)).collect()
    }

    fn taken<'py>(&'py self, entry: &Entry, py: Python<'py>) -> PyResult<Taken<'py>> {
        match entry {
            Entry::Bytes(number, place) => {
                let data = self.data[*number].as_bytes(py);
                let part = |part: Option<Span>| part.map(|(begin, end)| &data[begin..end]);
                Ok(Taken::Bytes(part(place.key), part(place.value)))
            }
            Entry::Object(record) => of_object(record.bind(py)),
        }
    }

    fn object(&self, index: usize, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match &self.entries[index] {
            Entry::Bytes(number, place) => {
                let data = self.data[*number].clone_ref(py);
                Ok(Py::new(py, FetchedRecord { data, place: *place })?.into_any())
            }
            Entry::Object(record) => Ok(record.clone_ref(py)),
        }
    }
}

#[pymethods]
impl FetchedRecords {
    #[new]
    fn empty() -> Self {
        FetchedRecords::default()
    }

    fn __len__(&self) -> usize {
        self.entries.len()
    }

    fn __getitem__<'py>(&self, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (py, count) = (index.py(), self.entries.len() as isize);
        if let Ok(slice) = index.cast::<PySlice>() {
            let indices = slice.indices(count)?;
            let places = (0..indices.slicelength as isize).map(|step| indices.start + step * indices.step);
            let records = places.map(|place| self.object(place as usize, py));
            return Ok(PyList::new(py, records.collect::<PyResult<Vec<_>>>()?)?.into_any());
        }
        let index: isize = index.extract()?;
        let index = if index < 0 { index + count } else { index };
        if !(0..count).contains(&index) {
            return Err(PyIndexError::new_err("no such record"));
        }
        Ok(self.object(index as usize, py)?.into_bound(py))
    }

    fn __iter__(this: Py<Self>) -> Records {
        Records { of: this, next: 0 }
    }

    /// Add records that are objects.
    fn extend(&mut self, records: &Bound<'_, PyAny>) -> PyResult<()> {
        for record in records.try_iter()? {
            self.entries.push(Entry::Object(record?.unbind()));
        }
        Ok(())
    }

    /// Add the records from offset `position` on of the record batch that lies in `data` from `begin` to `end`; False,
    /// and nothing is added, if it is of another form, compressed or damaged, or has a header whose name is not UTF-8.
    fn read(&mut self, data: &Bound<'_, PyBytes>, begin: usize, end: usize, position: i64) -> bool {
        let Some(places) = data.as_bytes().get(..end).and_then(|bytes| read_batch(bytes, begin)) else {
            return false;
        };
        if !self.data.last().is_some_and(|last| last.is(data)) {
            self.data.push(data.clone().unbind());
        }
        let number = self.data.len() - 1;
        let wanted = places.into_iter().filter(|place| place.offset >= position);
        self.entries.extend(wanted.map(|place| Entry::Bytes(number, place)));
        true
    }

    /// The values by key, both in the order of the records.
    fn values_by_key<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let taken = self.keys_and_values(py)?;
        let bytes = |part: Option<&[u8]>| part.map(|part| PyBytes::new(py, part));
        let (mut groups, mut group_of) = (Vec::<(_, Vec<_>)>::new(), HashMap::new());
        for KeyValue { key, value } in taken.iter().map(Taken::key_value) {
            let group = *group_of.entry(key).or_insert_with(|| {
                groups.push((bytes(key), Vec::new()));
                groups.len() - 1
            });
            groups[group].1.push(bytes(value));
        }
        let found = PyDict::new(py);
        for (key, values) in groups {
            found.set_item(key, values)?;
        }
        Ok(found)
    }

    /// Put the values into `states` by key, or delete those that are null; records without a key are nothing.
    fn apply_to(&self, states: &Bound<'_, PyAny>) -> PyResult<()> {
        let taken = self.keys_and_values(states.py())?;
        apply(states, taken.iter().map(Taken::key_value))
    }
}

#[pyclass(module = "streams._core")]
struct Records {
    of: Py<FetchedRecords>,
    next: usize,
}

#[pymethods]
impl Records {
    fn __iter__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __next__(&mut self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let of = self.of.bind(py).borrow();
        if self.next >= of.entries.len() {
            return Ok(None);
        }
        self.next += 1;
        of.object(self.next - 1, py).map(Some)
    }
}

/// A record, as the driver's own.
#[pyclass(frozen, module = "streams._core")]
pub struct FetchedRecord {
    data: Py<PyBytes>,
    place: Place,
}

#[pymethods]
impl FetchedRecord {
    #[getter]
    fn offset(&self) -> i64 {
        self.place.offset
    }

    #[getter]
    fn timestamp(&self) -> i64 {
        self.place.timestamp
    }

    #[getter]
    fn timestamp_type(&self) -> u8 {
        self.place.timestamp_type
    }

    #[getter]
    fn key<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.part(self.place.key, py)
    }

    #[getter]
    fn value<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.part(self.place.value, py)
    }

    #[getter]
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let mut reader = Reader {
            bytes: self.data.as_bytes(py),
            at: self.place.headers,
        };
        let headers = PyList::empty(py);
        for _ in 0..reader.varint().unwrap_or(0) {
            if let (Some(Some(name)), Some(value)) = (reader.part(), reader.part()) {
                let name = String::from_utf8_lossy(&reader.bytes[name.0..name.1]);
                headers.append((name, self.part(value, py)))?;
            }
        }
        Ok(headers)
    }
}

impl FetchedRecord {
    fn part<'py>(&self, part: Option<Span>, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        part.map(|(begin, end)| PyBytes::new(py, &self.data.as_bytes(py)[begin..end]))
    }
}
