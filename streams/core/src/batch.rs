//! The customers of a batch, from Python's records to what Python sends and writes.

use foldhash::HashMap;

use bumpalo::Bump;
use pyo3::prelude::*;

use crate::advance::{Moment, NEVER};
use crate::catalogue::{Catalogue, IntentRules};
use crate::customers::{TOGETHER, grouped, stitch_together};
use crate::fetched::{FetchedRecords, Taken, keys_and_values};
use crate::grouped::KeyValue;
use crate::lz4::Lz4;
use crate::made::{Done, Made};
use crate::states::{Given, States, Values, for_each};
use crate::table::Packed;

const MARK: &[u8] = b"\0erased\0";
pub const ERASED: &[u8] = b"erased:";

/// Stitches by one catalogue; `dictionary` is that of the packing of states.
#[pyclass(frozen, module = "streams._core")]
pub struct Core {
    catalogue: Catalogue,
    dictionary: Vec<u8>,
}

type RulesOfIntent = (i64, i64, f64, HashMap<String, f64>);

#[pymethods]
impl Core {
    /// `rules` are inactivity (ms), handoff window (ms), standard of waits (s) and those of channels, by intent.
    #[new]
    fn new(
        rules: HashMap<String, RulesOfIntent>,
        default: RulesOfIntent,
        contact_gap: i64,
        horizon: Option<i64>,
        volatile_answers: Vec<String>,
        dictionary: Vec<u8>,
    ) -> Self {
        let rules = rules
            .into_iter()
            .map(|(intent, rules)| (intent, intent_rules(rules)))
            .collect();
        let default = intent_rules(default);
        let volatile_answers = volatile_answers.into_iter().collect();
        Core {
            catalogue: Catalogue {
                rules,
                default,
                contact_gap,
                horizon,
                volatile_answers,
            },
            dictionary,
        }
    }

    /// Where a partition's states are best kept for it.
    #[staticmethod]
    fn states() -> States {
        States::default()
    }

    /// Stitch `records`, and for `due` customers what is due, on `states` as they are; changes nothing. On `States` other
    /// threads have the interpreter meanwhile.
    fn advance(
        &self,
        records: &Bound<'_, PyAny>,
        due: Vec<String>,
        states: &Bound<'_, PyAny>,
        clock: i64,
        now: i64,
    ) -> PyResult<Done> {
        let py = records.py();
        let fetched = records.cast::<FetchedRecords>().ok();
        let fetched = fetched.map(|fetched| fetched.borrow());
        let taken = keys_and_values(records, fetched.as_deref())?;
        let records: Vec<KeyValue<'_>> = taken.iter().map(Taken::key_value).collect();
        let moment = Moment {
            catalogue: &self.catalogue,
            clock,
            now,
        };
        let made = match Given::read(states)? {
            Given::Resting(states) => py.detach(|| self.stitch_all(&records, &due, &*states.read(), &moment)),
            Given::Dict(states) => self.stitch_all(&records, &due, states, &moment),
        };
        made.done(py)
    }

    /// When rows of each customer of `states` next change without a touchpoint (ms), if they do.
    fn due(&self, states: &Bound<'_, PyAny>) -> PyResult<Vec<(String, i64)>> {
        let mut due = Vec::new();
        for_each(states, |key, value| {
            if let Some(due_at) = due_at(key, value) {
                due.push((String::from_utf8(key.to_vec())?, due_at));
            }
            Ok(())
        })?;
        Ok(due)
    }
}

impl Core {
    fn stitch_all<'r>(
        &self,
        records: &'r [KeyValue<'r>],
        due: &'r [String],
        values: impl Values,
        moment: &Moment<'_>,
    ) -> Made<'r> {
        let table = Packed {
            values,
            lz4: Lz4::new(&self.dictionary),
        };
        let mut made = Made::default();
        let mut bump = Bump::new();
        for groups in grouped(records, due).chunks(TOGETHER) {
            stitch_together(groups, &table, moment, &bump, &mut made);
            bump.reset();
        }
        made
    }
}

/// As `streams.journey.state.next_due`.
fn due_at(key: &[u8], value: &[u8]) -> Option<i64> {
    let lead = value.first_chunk().filter(|_| !key.contains(&0))?;
    Some(i64::from_be_bytes(*lead)).filter(|due_at| *due_at != NEVER)
}

pub fn erased_key(customer_id: &[u8]) -> Vec<u8> {
    let hash = blake2b_simd::Params::new().hash_length(16).hash(customer_id);
    [MARK, hash.to_hex().as_bytes()].concat()
}

fn intent_rules((inactivity, handoff_window, wait_standard, wait_standards): RulesOfIntent) -> IntentRules {
    IntentRules {
        inactivity,
        handoff_window,
        wait_standard,
        wait_standards,
    }
}
