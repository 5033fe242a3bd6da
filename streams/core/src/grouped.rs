//! Groups of records as bytes, one after the other: what a batch sends to a partition, and never is a Python object.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PySequence, PyTuple};

/// A record without headers; None: null.
#[derive(Clone, Copy)]
pub struct KeyValue<'r> {
    pub key: Option<&'r [u8]>,
    pub value: Option<&'r [u8]>,
}

/// A sequence of groups, each a sequence of `(key, value)`; `len` counts groups, `records` records. What is pushed is
/// one group until that is ended.
#[pyclass(module = "streams._core")]
#[derive(Default)]
pub struct Grouped {
    bytes: Vec<u8>,
    lengths: Vec<(Option<u32>, Option<u32>)>,
    /// Of each group that was ended, how many records there are up to its end.
    ends: Vec<usize>,
}

impl Grouped {
    pub fn push(&mut self, key: Option<&[u8]>, value: Option<&[u8]>) {
        for part in [key, value].into_iter().flatten() {
            self.bytes.extend_from_slice(part);
        }
        let length = |part: &[u8]| u32::try_from(part.len()).expect("Python made it from a record");
        self.lengths.push((key.map(length), value.map(length)));
    }

    pub fn end_group(&mut self) {
        if self.is_open() {
            self.ends.push(self.lengths.len());
        }
    }

    fn is_open(&self) -> bool {
        self.lengths.len() > self.ends.last().copied().unwrap_or(0)
    }

    pub fn groups(&self) -> impl Iterator<Item = Vec<KeyValue<'_>>> {
        let (mut place, mut begin) = (0, 0);
        let open = self.is_open().then_some(self.lengths.len());
        self.ends.iter().copied().chain(open).map(move |end| {
            let group = self.lengths[begin..end].iter();
            begin = end;
            group.map(|lengths| self.record(*lengths, &mut place)).collect()
        })
    }

    fn record(&self, (key, value): (Option<u32>, Option<u32>), place: &mut usize) -> KeyValue<'_> {
        let mut take = |length: Option<u32>| {
            length.map(|length| {
                let begin = *place;
                *place += length as usize;
                &self.bytes[begin..*place]
            })
        };
        KeyValue {
            key: take(key),
            value: take(value),
        }
    }
}

#[pymethods]
impl Grouped {
    #[new]
    fn empty() -> Self {
        Grouped::default()
    }

    fn __len__(&self) -> usize {
        self.ends.len() + usize::from(self.is_open())
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let groups = self.groups().map(|group| in_python(py, &group));
        Ok(PyList::new(py, groups.collect::<PyResult<Vec<_>>>()?)?
            .try_iter()?
            .into_any())
    }

    /// Add a record to the last group.
    #[pyo3(name = "push")]
    fn push_bytes(&mut self, key: Option<&[u8]>, value: Option<&[u8]>) {
        self.push(key, value);
    }

    /// Add a group of `(key, value)`.
    fn append(&mut self, group: &Bound<'_, PyAny>) -> PyResult<()> {
        self.end_group();
        for record in PairsOfBytes::read(group)?.records() {
            self.push(record.key, record.value);
        }
        self.end_group();
        Ok(())
    }

    /// How many records all groups have.
    #[getter]
    fn records(&self) -> usize {
        self.lengths.len()
    }

    /// Put the values into `state` by key, or delete those that are null; records without a key are nothing.
    fn apply_to(&self, state: &Bound<'_, PyDict>) -> PyResult<()> {
        self.groups().flatten().try_for_each(|record| put(state, record))
    }
}

/// Put a value into `state` by its key, or delete it if it is null; a record without a key is nothing.
pub fn put(state: &Bound<'_, PyDict>, record: KeyValue<'_>) -> PyResult<()> {
    let py = state.py();
    let Some(key) = record.key.map(|key| PyBytes::new(py, key)) else {
        return Ok(());
    };
    match record.value {
        Some(value) => state.set_item(key, PyBytes::new(py, value)),
        None if state.contains(&key)? => state.del_item(key),
        None => Ok(()),
    }
}

type Pair<'py> = (Option<Bound<'py, PyBytes>>, Option<Bound<'py, PyBytes>>);

/// A group as Python has it: a sequence of `(key, value)`.
pub struct PairsOfBytes<'py>(Vec<Pair<'py>>);

impl<'py> PairsOfBytes<'py> {
    pub fn read(group: &Bound<'py, PyAny>) -> PyResult<Self> {
        let group = group.cast::<PySequence>()?;
        let mut pairs = Vec::with_capacity(group.len()?);
        for record in group.try_iter()? {
            pairs.push(record?.extract()?);
        }
        Ok(PairsOfBytes(pairs))
    }

    pub fn records(&self) -> Vec<KeyValue<'_>> {
        let pairs = self.0.iter();
        pairs
            .map(|(key, value)| KeyValue {
                key: key.as_ref().map(|key| key.as_bytes()),
                value: value.as_ref().map(|value| value.as_bytes()),
            })
            .collect()
    }
}

fn in_python<'py>(py: Python<'py>, group: &[KeyValue<'_>]) -> PyResult<Bound<'py, PyList>> {
    let bytes = |part: Option<&[u8]>| part.map(|part| PyBytes::new(py, part));
    let pairs = group
        .iter()
        .map(|record| (bytes(record.key), bytes(record.value)).into_pyobject(py));
    PyList::new(py, pairs.collect::<PyResult<Vec<Bound<'py, PyTuple>>>>()?)
}
