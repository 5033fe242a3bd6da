//! How values rest in the state table (streams/journey/packing.py).

use bumpalo::Bump;

use crate::left::{Left, Outcome};
use crate::lz4::Lz4;
use crate::states::Values;

const NUMBER: u8 = 1;
const NUMBER_IN_PARTS: u8 = 2;
const GREATEST: usize = 64 << 20;

pub trait Table {
    /// The value of `key`: the `lead` bytes at its beginning, and the rest unpacked into `bump`.
    fn get<'a>(&self, key: &[u8], lead: usize, bump: &'a Bump) -> Outcome<Option<(&'a [u8], &'a [u8])>>;

    fn has(&self, key: &[u8]) -> Outcome<bool>;

    /// `in_parts`: it is one of several.
    fn pack(&self, value: &[u8], in_parts: bool) -> Vec<u8>;
}

/// One partition's states, and how they are packed.
pub struct Packed<'d, V> {
    pub values: V,
    pub lz4: Lz4<'d>,
}

impl<V: Values> Table for Packed<'_, V> {
    fn get<'a>(&self, key: &[u8], lead: usize, bump: &'a Bump) -> Outcome<Option<(&'a [u8], &'a [u8])>> {
        let unpacked = self.values.find(key, |value| {
            let (lead, packed) = value.split_at_checked(lead).ok_or(Left("a state cut off"))?;
            Ok((&*bump.alloc_slice_copy(lead), unpack(packed, &self.lz4, bump)?))
        })?;
        unpacked.transpose()
    }

    fn has(&self, key: &[u8]) -> Outcome<bool> {
        Ok(self.values.find(key, |_| ())?.is_some())
    }

    fn pack(&self, value: &[u8], in_parts: bool) -> Vec<u8> {
        let mut packed = vec![if in_parts { NUMBER_IN_PARTS } else { NUMBER }];
        packed.extend_from_slice(&(value.len() as u32).to_le_bytes());
        self.lz4.compress(value, &mut packed);
        packed
    }
}

fn unpack<'a>(packed: &[u8], lz4: &Lz4<'_>, bump: &'a Bump) -> Outcome<&'a [u8]> {
    let Some((&[NUMBER | NUMBER_IN_PARTS, ref size @ ..], block)) = packed.split_first_chunk::<5>() else {
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
