//! What alerting does of rows that ask for no judgement, compiled.
//!
//! The Python path in streams/alerting and streams/agents/alert_reading.py is the reference: a change of what is kept of
//! a row is a change of both. What is ordinary: the customer's time has not come, and the row changes nothing that is to
//! be said. All else is left to Python, with all other rows of that customer.

mod facts;
mod known;
mod quiet;
mod rows;
mod take;
mod waits;

pub use quiet::{Quiet, TakenIn};
