//! The state table as it is in Python, and how values rest in it (streams/journey/packing.py).

use bumpalo::Bump;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::left::{Left, Outcome};
use crate::lz4::Lz4;

const NUMBER: u8 = 1;
const GREATEST: usize = 64 << 20;

pub trait Table {
    /// The value of `key`: the `lead` bytes at its beginning, and the rest unpacked into `bump`.
    fn get<'a>(&self, key: &[u8], lead: usize, bump: &'a Bump) -> Outcome<Option<(&'a [u8], &'a [u8])>>;

    fn has(&self, key: &[u8]) -> Outcome<bool>;

    fn pack(&self, value: &[u8]) -> Vec<u8>;
}

/// One partition's states, and how they are packed.
pub struct States<'s, 'py> {
    pub states: &'s Bound<'py, PyDict>,
    pub lz4: Lz4<'s>,
}

impl Table for States<'_, '_> {
    fn get<'a>(&self, key: &[u8], lead: usize, bump: &'a Bump) -> Outcome<Option<(&'a [u8], &'a [u8])>> {
        let Some(found) = self.find(key)? else {
            return Ok(None);
        };
        let value = found
            .cast::<PyBytes>()
            .map_err(|_| Left("a state that is not bytes"))?
            .as_bytes();
        let (lead, packed) = value.split_at_checked(lead).ok_or(Left("a state cut off"))?;
        Ok(Some((bump.alloc_slice_copy(lead), unpack(packed, &self.lz4, bump)?)))
    }

    fn has(&self, key: &[u8]) -> Outcome<bool> {
        Ok(self.find(key)?.is_some())
    }

    fn pack(&self, value: &[u8]) -> Vec<u8> {
        let mut packed = vec![NUMBER];
        packed.extend_from_slice(&(value.len() as u32).to_le_bytes());
        self.lz4.compress(value, &mut packed);
        packed
    }
}

impl<'py> States<'_, 'py> {
    fn find(&self, key: &[u8]) -> Outcome<Option<Bound<'py, PyAny>>> {
        let key = PyBytes::new(self.states.py(), key);
        self.states
            .get_item(key)
            .map_err(|_| Left("a table that cannot be read"))
    }
}

fn unpack<'a>(packed: &[u8], lz4: &Lz4<'_>, bump: &'a Bump) -> Outcome<&'a [u8]> {
    let Some((&[NUMBER, ref size @ ..], block)) = packed.split_first_chunk::<5>() else {
        return Err(Left("the packing of another version"));
    };
    let size = u32::from_le_bytes(*size) as usize;
    if size > GREATEST {
        return Err(Left("a state too large"));
    }
    let value = bump.alloc_slice_fill_default::<u8>(size);
    if lz4.decompress(block, value) {
        Ok(value)
    } else {
        Err(Left("a state that cannot be unpacked"))
    }
}
