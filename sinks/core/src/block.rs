//! From the records of an output topic to a block of columns.

use std::panic::catch_unwind;

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::column::Column;
use crate::handoff::Handoff;
use crate::journey::Journey;
use crate::latest::{Row, latest};
use crate::left::{Left, Outcome};
use crate::promise::Promise;
use crate::touchpoint::Touchpoint;

/// The rows of an INSERT: name, type, and values in Native format of each column. `received_at` are the times (ms) at
/// which the touchpoints that are not deleted were received.
#[pyclass(frozen, get_all, module = "sinks._core")]
pub struct Block {
    rows: usize,
    columns: Vec<(&'static str, &'static str, Py<PyBytes>)>,
    received_at: Vec<i64>,
}

#[derive(IntoPyObject)]
pub enum Encoded {
    Block(Block),
    Left(&'static str),
}

/// The rows that hold of what `payloads` say, or why these are left to Python.
#[pyfunction]
pub fn encode(py: Python<'_>, table: &str, payloads: Vec<Bound<'_, PyBytes>>) -> Encoded {
    let payloads: Vec<&[u8]> = payloads.iter().map(|payload| payload.as_bytes()).collect();
    let outcome = py.detach(|| catch_unwind(|| filled(table, &payloads)));
    match outcome.unwrap_or(Err(Left("a defect of the compiled module"))) {
        Ok(filled) => Encoded::Block(filled.block(py)),
        Err(Left(why)) => Encoded::Left(why),
    }
}

struct Filled {
    rows: usize,
    columns: Vec<Column>,
    received_at: Vec<i64>,
}

impl Filled {
    fn block(self, py: Python<'_>) -> Block {
        let of_python = |it: Column| (it.name, it.kind, PyBytes::new(py, &it.values).unbind());
        Block {
            rows: self.rows,
            columns: self.columns.into_iter().map(of_python).collect(),
            received_at: self.received_at,
        }
    }
}

fn filled(table: &str, payloads: &[&[u8]]) -> Outcome<Filled> {
    match table {
        "touchpoints" => filled_with::<Touchpoint>(payloads),
        "journeys" => filled_with::<Journey>(payloads),
        "handoffs" => filled_with::<Handoff>(payloads),
        "promises" => filled_with::<Promise>(payloads),
        _ => Err(Left("a table of few rows")),
    }
}

fn filled_with<'a, R: Row<'a>>(payloads: &[&'a [u8]]) -> Outcome<Filled> {
    let rows: Vec<R> = payloads
        .iter()
        .map(|payload| R::read(payload))
        .collect::<Outcome<_>>()?;
    let held = latest(&rows);
    Ok(Filled {
        rows: held.len(),
        columns: R::columns(&held)?,
        received_at: held.iter().filter_map(|row| row.received_at()).collect(),
    })
}
