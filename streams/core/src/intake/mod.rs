//! What ingest does of ordinary records, compiled.
//!
//! The Python path in schemas/decode.py and streams/agents/ingest.py is the reference: names of files and functions are
//! theirs, and a change of the contract is a change of both. What is ordinary: a plain JSON object that the contract
//! takes, each of its keys given once. This one never refuses a record, it leaves it.

mod arrive;
mod canonical;
mod contract;
mod details;
mod free;
mod identity;
pub mod json;
mod placing;
mod rules;
mod take;
mod values;

pub use take::Intake;
