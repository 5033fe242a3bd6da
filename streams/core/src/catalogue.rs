//! What the rules ask of the catalogue (schemas/catalogue.py).

use foldhash::{HashMap, HashSet};

pub struct IntentRules {
    pub inactivity: i64,
    pub handoff_window: i64,
    pub wait_standard: f64,
    pub wait_standards: HashMap<String, f64>,
}

/// Durations are milliseconds, waits seconds; `horizon` None is unlimited.
pub struct Catalogue {
    pub rules: HashMap<String, IntentRules>,
    pub default: IntentRules,
    pub contact_gap: i64,
    pub horizon: Option<i64>,
    pub volatile_answers: HashSet<String>,
}

impl Catalogue {
    pub fn rules_of(&self, intent: &str) -> &IntentRules {
        self.rules.get(intent).unwrap_or(&self.default)
    }

    pub fn wait_standard(&self, intent: &str, channel: &str) -> f64 {
        let rules = self.rules_of(intent);
        rules
            .wait_standards
            .get(channel)
            .copied()
            .unwrap_or(rules.wait_standard)
    }
}
