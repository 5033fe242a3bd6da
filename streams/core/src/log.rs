//! A customer's log in the state table: segments of entries under keys of their own, and fingerprints to find one
//! again (streams/journey/log.py).

use foldhash::{HashMap, HashMapExt};

use bumpalo::Bump;

use crate::emit::StateWrite;
use crate::left::{Left, Outcome};
use crate::msgpack::Write;
use crate::state::{Head, Segment};
use crate::table::Table;
use crate::touchpoint::{Stored, Touchpoint, read_log};

const GROWING: usize = 8;
const SMALL: usize = 64;
const MOST_SMALL: usize = 32;

pub const FINGERPRINT: usize = 4;

pub type Fingerprint = [u8; FINGERPRINT];

pub struct Log<'t, 'a> {
    owner: &'a str,
    table: &'t dyn Table,
    bump: &'a Bump,
    read: HashMap<u32, Vec<Stored<'a>>>,
}

impl<'t, 'a> Log<'t, 'a> {
    pub fn new(owner: &'a str, table: &'t dyn Table, bump: &'a Bump) -> Self {
        Log {
            owner,
            table,
            bump,
            read: HashMap::new(),
        }
    }

    /// The entry at that place of the log that `head` describes.
    pub fn at(&mut self, head: &Head<'a>, place: usize) -> Outcome<Stored<'a>> {
        let mut index = place;
        for segment in &head.segments {
            if index < segment.count {
                let entry = self.segment(segment.number)?.get(index).copied();
                return entry.ok_or(Left("a segment that is shorter than the head says"));
            }
            index -= segment.count;
        }
        Err(Left("a log that ends early"))
    }

    /// The whole log that `head` describes, in order of arrival.
    pub fn all(&mut self, head: &Head<'a>) -> Outcome<Vec<Stored<'a>>> {
        let mut entries = Vec::with_capacity(head.fingerprints.len() / FINGERPRINT);
        for segment in &head.segments {
            entries.extend_from_slice(self.segment(segment.number)?);
        }
        Ok(entries)
    }

    /// Enter `fresh` into the log that `head` describes from now on; adds the puts and deletes for the table.
    pub fn add(&mut self, head: &mut Head<'a>, fresh: &[Stored<'a>], writes: &mut Vec<StateWrite>) -> Outcome<()> {
        for stored in fresh {
            head.fingerprints.extend(fingerprint(stored.touchpoint));
        }
        if let Some(last) = head.segments.last_mut()
            && last.count + fresh.len() <= GROWING
        {
            last.count += fresh.len();
            last.newest_at = fresh
                .iter()
                .map(|stored| stored.touchpoint.occurred_at)
                .fold(last.newest_at, i64::max);
            let grown = grown(self.value(last.number)?, last.count, fresh);
            writes.push((
                segment_key(self.owner, last.number),
                Some(self.table.pack(&grown, false)),
            ));
            return Ok(());
        }
        let number = head.segments.last().map_or(0, |last| last.number + 1);
        let small = head
            .segments
            .iter()
            .rev()
            .take_while(|segment| segment.count < SMALL)
            .count();
        if small < MOST_SMALL {
            self.write(head, number, fresh, writes);
            return Ok(());
        }
        let merging = head.segments.split_off(head.segments.len() - small);
        let mut merged = Vec::new();
        for segment in merging {
            merged.extend_from_slice(self.segment(segment.number)?);
            writes.push((segment_key(self.owner, segment.number), None));
        }
        merged.extend_from_slice(fresh);
        self.write(head, number, &merged, writes);
        Ok(())
    }

    fn write(&self, head: &mut Head<'a>, number: u32, entries: &[Stored<'a>], writes: &mut Vec<StateWrite>) {
        let newest_at = entries
            .iter()
            .map(|stored| stored.touchpoint.occurred_at)
            .max()
            .unwrap_or_default();
        head.segments.push(Segment {
            number,
            count: entries.len(),
            newest_at,
        });
        let mut value = Vec::new();
        value.put_array(entries.len());
        entries.iter().for_each(|stored| stored.put(&mut value));
        writes.push((segment_key(self.owner, number), Some(self.table.pack(&value, false))));
    }

    fn segment(&mut self, number: u32) -> Outcome<&[Stored<'a>]> {
        if !self.read.contains_key(&number) {
            let entries = read_log(self.value(number)?, self.bump)?;
            self.read.insert(number, entries);
        }
        Ok(&self.read[&number])
    }

    fn value(&self, number: u32) -> Outcome<&'a [u8]> {
        let value = self.table.get(&segment_key(self.owner, number), 0, self.bump)?;
        value
            .map(|(_, value)| value)
            .ok_or(Left("a log without one of its segments"))
    }
}

/// Whether the log may have an entry of that fingerprint.
pub fn may_have(head: &Head<'_>, fingerprint: Fingerprint) -> bool {
    head.fingerprints
        .chunks_exact(FINGERPRINT)
        .any(|known| known == fingerprint)
}

/// The only place in the log of a fingerprint.
pub fn place_of(head: &Head<'_>, fingerprint: Fingerprint) -> Outcome<usize> {
    let mut places = head
        .fingerprints
        .chunks_exact(FINGERPRINT)
        .enumerate()
        .filter(|(_, known)| *known == fingerprint);
    match (places.next(), places.next()) {
        (Some((place, _)), None) => Ok(place),
        _ => Err(Left("two entries of one fingerprint")),
    }
}

pub fn fingerprint(touchpoint: &Touchpoint<'_>) -> Fingerprint {
    let start = touchpoint.channel.chars().count() as u32;
    let mut hash = crc32fast::Hasher::new_with_initial(start);
    hash.update(touchpoint.event_id.as_bytes());
    hash.finalize().to_be_bytes()
}

fn segment_key(owner: &str, number: u32) -> Vec<u8> {
    [owner.as_bytes(), b"\0", &number.to_be_bytes()].concat()
}

/// The encoded list `value` with `fresh` at its end: a short list has its length in the first byte.
fn grown(value: &[u8], count: usize, fresh: &[Stored<'_>]) -> Vec<u8> {
    let mut grown = Vec::with_capacity(value.len() + 512 * fresh.len());
    grown.put_array(count);
    grown.extend_from_slice(&value[1..]);
    fresh.iter().for_each(|stored| stored.put(&mut grown));
    grown
}
