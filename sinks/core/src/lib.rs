//! Records of the output topics as a block of ClickHouse's Native format, compiled: no Python object is made of a row.
//!
//! The Python of sinks/feeds.py, sinks/clickhouse/columns.py and the driver is the reference, and does whatever this
//! leaves: a change of a row is a change of both. Records are ordinary if all have the form in which today's version
//! writes them, and every value fits its column.

mod block;
mod column;
mod handoff;
mod journey;
mod json;
mod json_row;
mod latest;
mod left;
mod msgpack;
mod promise;
mod touchpoint;

use pyo3::prelude::*;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<block::Block>()?;
    module.add_function(wrap_pyfunction!(block::encode, module)?)
}
