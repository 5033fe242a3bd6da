//! What was made of a batch's customers, for Python.

use foldhash::HashMap;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::customers::Source;
use crate::emit::Change;
use crate::grouped::Grouped;

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

/// What was made of the customers so far.
#[derive(Default)]
pub struct Made<'r> {
    stitched: Grouped,
    journeys: Grouped,
    handoffs: Grouped,
    promises: Grouped,
    writes: Grouped,
    due: Vec<(&'r [u8], Option<i64>)>,
    seen: HashMap<(String, i64), i64>,
    pub left: Vec<(&'r [u8], &'static str)>,
}

impl<'r> Made<'r> {
    pub fn add(&mut self, key: &'r [u8], change: &Change) {
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

    pub fn see(&mut self, sources: &[Source<'_>]) {
        for (topic, partition, at) in sources {
            let latest = self.seen.entry(((*topic).to_owned(), *partition)).or_insert(0);
            *latest = (*at).max(*latest);
        }
    }

    pub fn done(self, py: Python<'_>) -> PyResult<Done> {
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
