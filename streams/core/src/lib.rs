//! What stitching does of ordinary customers, compiled.
//!
//! The Python core in streams/journey is the reference, and does whatever this one leaves: names, files and functions
//! are the same, and a change of the rules is a change of both. What is ordinary: all of a customer's records are
//! arrivals that are new and within the horizon, its state is of today's form, and nothing of it is to be pruned.
//! What ingest does of ordinary records is in intake, what alerting does of rows that ask for no judgement in alerting.

mod advance;
mod alerting;
mod append;
mod batch;
mod build;
mod catalogue;
mod contacts;
mod customers;
mod emit;
mod fetched;
mod grouped;
mod handoffs;
mod ids;
mod intake;
mod json;
mod left;
mod life;
mod links;
mod log;
mod lz4;
mod made;
mod msgpack;
mod parts;
mod promises;
mod rebuild;
mod receive;
mod record_batch;
mod render;
mod sessions;
mod state;
mod state_read;
mod state_write;
mod states;
mod table;
mod totals;
mod touchpoint;
mod visits;
mod wire;

use pyo3::prelude::*;
use pyo3::types::PySequence;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<alerting::Quiet>()?;
    module.add_class::<alerting::TakenIn>()?;
    module.add_class::<intake::Intake>()?;
    module.add_class::<links::Links>()?;
    module.add_class::<links::Linked>()?;
    module.add_class::<batch::Core>()?;
    module.add_class::<made::Done>()?;
    module.add_class::<fetched::FetchedRecords>()?;
    PySequence::register::<fetched::FetchedRecords>(module.py())?;
    module.add_class::<grouped::Grouped>()?;
    module.add_class::<states::States>()?;
    states::States::register(module.py())?;
    module.add_class::<record_batch::RecordBatch>()?;
    module.add_function(wrap_pyfunction!(record_batch::fill, module)?)?;
    module.add_function(wrap_pyfunction!(receive::receive, module)?)
}
