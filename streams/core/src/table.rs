//! The state table as it is in Python, and how values rest in it (streams/journey/packing.py).

use bumpalo::Bump;
use lz4_flex::block::{compress_prepend_size_with_dict, decompress_into_with_dict};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::left::{Left, Outcome};

const NUMBER: u8 = 1;
const GREATEST: usize = 64 << 20;

pub trait Table {
    /// The value of `key`: the `lead` bytes at its beginning, and the rest unpacked into `bump`.
    fn get<'a>(&self, key: &[u8], lead: usize, bump: &'a Bump) -> Outcome<Option<(&'a [u8], &'a [u8])>>;

    fn has(&self, key: &[u8]) -> Outcome<bool>;

    fn pack(&self, value: &[u8]) -> Vec<u8>;
}

/// One partition's states, packed with `dictionary`.
pub struct States<'s, 'py> {
    pub states: &'s Bound<'py, PyDict>,
    pub dictionary: &'s [u8],
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
        Ok(Some((
            bump.alloc_slice_copy(lead),
            unpack(packed, self.dictionary, bump)?,
        )))
    }

    fn has(&self, key: &[u8]) -> Outcome<bool> {
        Ok(self.find(key)?.is_some())
    }

    fn pack(&self, value: &[u8]) -> Vec<u8> {
        let mut packed = vec![NUMBER];
        packed.extend_from_slice(&compress_prepend_size_with_dict(value, self.dictionary));
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

fn unpack<'a>(packed: &[u8], dictionary: &[u8], bump: &'a Bump) -> Outcome<&'a [u8]> {
    let Some((&[NUMBER, ref size @ ..], block)) = packed.split_first_chunk::<5>() else {
        return Err(Left("the packing of another version"));
    };
    let size = u32::from_le_bytes(*size) as usize;
    if size > GREATEST {
        return Err(Left("a state too large"));
    }
    let value = bump.alloc_slice_fill_default::<u8>(size);
    match decompress_into_with_dict(block, value, dictionary) {
        Ok(read) if read == size => Ok(value),
        _ => Err(Left("a state that cannot be unpacked")),
    }
}
