//! The customers of a batch, a few at a time.

use foldhash::{HashMap, HashMapExt};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bumpalo::Bump;

use crate::advance::{Advanced, Moment, advance};
use crate::batch::ERASED;
use crate::grouped::KeyValue;
use crate::left::{Left, Outcome};
use crate::made::Made;
use crate::render::Row;
use crate::table::Table;
use crate::touchpoint::{Item, read_item};

/// Customers whose rows are digested together.
pub const TOGETHER: usize = 8;

/// The records of one customer, in their order, of which one may have no value; `due` tells that its time has come.
pub struct Group<'r> {
    key: &'r [u8],
    due: bool,
    values: Vec<Option<&'r [u8]>>,
}

/// Records by key, in the order of their first; records without a key are under the empty one.
pub fn grouped<'r>(records: &'r [KeyValue<'r>], due: &'r [String]) -> Vec<Group<'r>> {
    let mut groups: Vec<Group<'r>> = Vec::new();
    let mut known: HashMap<&'r [u8], usize> = HashMap::new();
    let mut index_of = |key: &'r [u8], groups: &mut Vec<Group<'r>>| {
        *known.entry(key).or_insert_with(|| {
            let (due, values) = (false, Vec::new());
            groups.push(Group { key, due, values });
            groups.len() - 1
        })
    };
    for record in records {
        let index = index_of(record.key.unwrap_or_default(), &mut groups);
        groups[index].values.push(record.value.filter(|_| record.key.is_some()));
    }
    for customer_id in due {
        let index = index_of(customer_id.as_bytes(), &mut groups);
        groups[index].due = true;
    }
    groups
}

/// Stitch a few customers, whose rows are digested together.
pub fn stitch_together<'r>(
    groups: &[Group<'r>],
    table: &dyn Table,
    moment: &Moment<'_>,
    bump: &Bump,
    made: &mut Made<'r>,
) {
    let mut stitched = Vec::with_capacity(groups.len());
    for group in groups {
        match caught(|| stitch(group, table, moment, bump)) {
            Ok(Some((advanced, sources))) => stitched.push((group.key, advanced, sources)),
            Ok(None) => {}
            Err(Left(why)) => made.left.push((group.key, why)),
        }
    }
    let advanced = stitched.iter_mut().map(|(_, advanced, _)| advanced);
    Row::digest_all(&mut advanced.flat_map(Advanced::rows).collect::<Vec<_>>());
    for (key, advanced, sources) in stitched {
        match caught(|| advanced.conclude()) {
            Ok(change) => {
                made.add(key, &change);
                made.see(&sources);
            }
            Err(Left(why)) => made.left.push((key, why)),
        }
    }
}

/// What `act` comes to; a defect of it is one reason more to leave a customer to Python.
fn caught<T>(act: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or(Err(Left("a defect of the compiled core")))
}

/// A topic and a partition of it, and the time of a touchpoint that came from there (ms).
pub type Source<'r> = (&'r str, i64, i64);

/// The customer, and where the touchpoints came from; None: there were ticks only.
fn stitch<'t, 'a>(
    group: &Group<'a>,
    table: &'t dyn Table,
    moment: &Moment<'t>,
    bump: &'a Bump,
) -> Outcome<Option<(Advanced<'t, 'a>, Vec<Source<'a>>)>> {
    let key = group.key;
    let customer_id = std::str::from_utf8(key).map_err(|_| Left("a key that is not UTF-8"))?;
    if key == ERASED {
        return Err(Left("erased"));
    }
    let mut arrived = Vec::with_capacity(group.values.len());
    let mut sources = Vec::new();
    for value in &group.values {
        let value = value.as_ref().ok_or(Left("a record without key or value"))?;
        if let Item::Arrival(stored, origin) = read_item(value, bump)? {
            sources.push((origin.topic, origin.partition, stored.touchpoint.occurred_at));
            arrived.push(stored);
        }
    }
    if arrived.is_empty() && !group.due {
        return Ok(None);
    }
    let advanced = advance(customer_id, table, arrived, moment, bump)?;
    Ok(Some((advanced, sources)))
}
