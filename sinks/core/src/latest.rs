//! Of the rows of each key the one that holds.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::column::Column;
use crate::left::Outcome;

pub type Key<'k> = (&'k str, &'k str, &'k str, i64);

/// A row of a table, as it was read of a record.
pub trait Row<'a>: Sized {
    fn read(payload: &'a [u8]) -> Outcome<Self>;

    /// The sorting key of the table; empty where it has fewer columns.
    fn key(&self) -> Key<'_>;

    fn version(&self) -> i64;

    fn columns(rows: &[&Self]) -> Outcome<Vec<Column>>;

    /// When a touchpoint that holds was received.
    fn received_at(&self) -> Option<i64> {
        None
    }
}

/// The row of the greatest version of each key, of equals the later, in the order of the keys' first rows.
pub fn latest<'r, 'a, R: Row<'a>>(rows: &'r [R]) -> Vec<&'r R> {
    let mut held: Vec<&R> = Vec::with_capacity(rows.len());
    let mut places: HashMap<Key<'r>, usize> = HashMap::with_capacity(rows.len());
    for row in rows {
        match places.entry(row.key()) {
            Entry::Vacant(place) => {
                place.insert(held.len());
                held.push(row);
            }
            Entry::Occupied(place) => {
                let rival = &mut held[*place.get()];
                if row.version() >= rival.version() {
                    *rival = row;
                }
            }
        }
    }
    held
}
