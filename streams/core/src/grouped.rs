//! Groups of records as bytes, one after the other: what a batch sends to a partition, and never is a Python object.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PySequence, PyTuple};

use crate::states::apply;

/// A record without headers; None: null.
#[derive(Clone, Copy)]
pub struct KeyValue<'r> {
    pub key: Option<&'r [u8]>,
    pub value: Option<&'r [u8]>,
}

/// Of a record in a record batch: attributes, time, offset, lengths and the number of headers.
const USUAL_OVERHEAD: usize = 12;
/// What a small batch needs.
const FIRST_PAGE: usize = 4 << 10;
const PAGE: usize = 256 << 10;

/// Bytes one part after the other, in pages: to grow copies nothing, and a part is on one page.
#[derive(Default)]
struct Pages(Vec<Vec<u8>>);

impl Pages {
    fn push(&mut self, part: &[u8]) {
        match self.0.last_mut() {
            Some(page) if page.len() + part.len() <= page.capacity() => page.extend_from_slice(part),
            _ => {
                let capacity = if self.0.is_empty() { FIRST_PAGE } else { PAGE };
                let mut page = Vec::with_capacity(capacity.max(part.len()));
                page.extend_from_slice(part);
                self.0.push(page);
            }
        }
    }

    fn size(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }

    /// The part of that length at `place`, a page and an offset in it, which is moved behind it.
    fn take(&self, place: &mut (usize, usize), length: usize) -> &[u8] {
        if length == 0 {
            return &[];
        }
        if place.1 + length > self.0[place.0].len() {
            *place = (place.0 + 1, 0);
        }
        let begin = place.1;
        place.1 += length;
        &self.0[place.0][begin..place.1]
    }
}

/// A sequence of groups, each a sequence of `(key, value)`; `len` counts groups, `records` records. What is pushed is
/// one group until that is ended.
#[pyclass(module = "streams._core")]
#[derive(Default)]
pub struct Grouped {
    pages: Pages,
    lengths: Vec<(Option<u32>, Option<u32>)>,
    /// Of each group that was ended, how many records there are up to its end.
    ends: Vec<usize>,
}

impl Grouped {
    pub fn push(&mut self, key: Option<&[u8]>, value: Option<&[u8]>) {
        for part in [key, value].into_iter().flatten() {
            self.pages.push(part);
        }
        let length = |part: &[u8]| u32::try_from(part.len()).expect("Python made it from a record");
        self.lengths.push((key.map(length), value.map(length)));
    }

    pub fn end_group(&mut self) {
        if self.is_open() {
            self.ends.push(self.lengths.len());
        }
    }

    /// About how many bytes the records take in a record batch.
    pub fn expected(&self) -> usize {
        self.pages.size() + self.lengths.len() * USUAL_OVERHEAD
    }

    fn is_open(&self) -> bool {
        self.lengths.len() > self.ends.last().copied().unwrap_or(0)
    }

    pub fn groups(&self) -> impl Iterator<Item = Vec<KeyValue<'_>>> {
        let (mut place, mut begin) = ((0, 0), 0);
        let open = self.is_open().then_some(self.lengths.len());
        self.ends.iter().copied().chain(open).map(move |end| {
            let group = self.lengths[begin..end].iter();
            begin = end;
            group.map(|lengths| self.record(*lengths, &mut place)).collect()
        })
    }

    fn record(&self, (key, value): (Option<u32>, Option<u32>), place: &mut (usize, usize)) -> KeyValue<'_> {
        let mut take = |length: Option<u32>| length.map(|length| self.pages.take(place, length as usize));
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

    /// Put the values into `states` by key, or delete those that are null; records without a key are nothing.
    fn apply_to(&self, states: &Bound<'_, PyAny>) -> PyResult<()> {
        apply(states, self.groups().flatten())
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
