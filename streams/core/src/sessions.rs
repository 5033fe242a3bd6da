//! Sessions, and those of them whose journey has left the head: they are known again, and the log tells the rest
//! (streams/journey/sessions.py).

use bumpalo::Bump;
use foldhash::HashSet;

use crate::state::{Departed, Head};

const SIZE: usize = 4;

/// What tells one session from all others: a channel's session identifiers are its own.
pub fn session_key<'a>(channel: &str, session_id: &str, bump: &'a Bump) -> &'a str {
    bumpalo::format!(in bump, "{}\x1f{}", channel, session_id).into_bump_str()
}

impl Head<'_> {
    /// Keep of the sessions whose journey is no longer among the head's only what tells that there were such.
    pub fn depart(&mut self) {
        let kept: HashSet<&str> = self.journeys.iter().map(|journey| journey.journey_id).collect();
        let mut departed: Option<Departed> = None;
        self.sessions.retain(|(key, (at, journey_id))| {
            if journey_id.is_none_or(|journey_id| kept.contains(journey_id)) {
                return true;
            }
            let gone = departed.get_or_insert_with(|| Departed {
                at: *at,
                sessions: Vec::new(),
            });
            gone.at = gone.at.max(*at);
            gone.sessions.extend(fingerprint(key));
            false
        });
        self.departed.extend(departed);
    }

    /// Whether a session of that key may have had a step at `earliest` (ms) or later before it departed; others may be
    /// taken for it.
    pub fn may_have_departed(&self, key: &str, earliest: i64) -> bool {
        let fingerprint = fingerprint(key);
        let within_reach = self.departed.iter().filter(|departed| departed.at >= earliest);
        within_reach
            .flat_map(|departed| departed.sessions.chunks_exact(SIZE))
            .any(|known| known == fingerprint)
    }
}

fn fingerprint(key: &str) -> [u8; SIZE] {
    crc32fast::hash(key.as_bytes()).to_be_bytes()
}
