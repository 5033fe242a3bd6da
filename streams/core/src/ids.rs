//! Identifiers: UUIDv5 in the project's namespace, of parts joined by the unit separator (streams/journey/ids.py).

use bumpalo::Bump;
use sha1::{Digest, Sha1};

const NAMESPACE: [u8; 16] = [
    0x6b, 0x1c, 0x7a, 0x52, 0x2f, 0x0e, 0x5d, 0x7b, 0x9a, 0x53, 0x0c, 0x6c, 0x7b, 0x1f, 0x4e, 0x10,
];
const HEX: &[u8; 16] = b"0123456789abcdef";

pub type Id = [u8; 16];

pub fn identifier(parts: &[&str]) -> Id {
    let mut hash = Sha1::new_with_prefix(NAMESPACE);
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            hash.update(b"\x1f");
        }
        hash.update(part.as_bytes());
    }
    let mut id = [0; 16];
    id.copy_from_slice(&hash.finalize()[..16]);
    id[6] = id[6] & 0x0f | 0x50;
    id[8] = id[8] & 0x3f | 0x80;
    id
}

/// An identifier as text: 8-4-4-4-12 digits.
pub fn text<'a>(id: &Id, bump: &'a Bump) -> &'a str {
    let mut text = bumpalo::collections::String::with_capacity_in(36, bump);
    for (index, byte) in id.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push(HEX[usize::from(byte >> 4)] as char);
        text.push(HEX[usize::from(byte & 0x0f)] as char);
    }
    text.into_bump_str()
}
