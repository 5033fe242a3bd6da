//! What is sent for one record (streams/agents/ingest.py).

use bumpalo::Bump;

use super::contract::Contract;
use super::identity::{CUSTOMER_NO, Identity, encoded, identities_of, profile_key};
use super::rules::judge;
use crate::left::Outcome;
use crate::msgpack::Write;

/// A record of a channel: `origin` is its encoded one.
pub struct Arrived<'a> {
    pub key: Option<&'a [u8]>,
    pub payload: &'a [u8],
    pub origin: &'a [u8],
    pub received_at: i64,
}

/// A touchpoint with what is sent of it: to its customer, or to its profile where it has no customer number.
pub enum Taken<'a> {
    Arrival {
        customer_id: &'a str,
        value: Vec<u8>,
        identities: Vec<Identity<'a>>,
        occurred_at: i64,
    },
    Held {
        profile: String,
        value: Vec<u8>,
    },
}

pub fn take<'a>(arrived: &Arrived<'a>, contract: &Contract, bump: &'a Bump) -> Outcome<Taken<'a>> {
    let given = contract.read(arrived.payload, bump)?;
    judge(&given, arrived.received_at)?;
    let identities = identities_of(&given);
    let mut value = Vec::with_capacity(2 * arrived.payload.len() + 128);
    let customer = given.identities.iter().find(|(kind, _)| *kind == CUSTOMER_NO);
    let Some((_, customer_id)) = customer else {
        let encoded = encoded(&identities);
        value.put_array(3);
        value.put_text("h");
        value.extend_from_slice(&encoded);
        put_arrival(&mut value, arrived, |out| given.put(out));
        return Ok(Taken::Held {
            profile: profile_key(&encoded),
            value,
        });
    };
    put_arrival(&mut value, arrived, |out| given.put(out));
    Ok(Taken::Arrival {
        customer_id,
        value,
        identities,
        occurred_at: given.occurred_at,
    })
}

/// As `schemas.touchpoint.Arrival` is encoded: it came through no identity, and was placed never.
fn put_arrival(out: &mut Vec<u8>, arrived: &Arrived<'_>, put_touchpoint: impl FnOnce(&mut Vec<u8>)) {
    out.put_array(8);
    out.put_text("a");
    put_touchpoint(out);
    out.extend_from_slice(arrived.origin);
    out.put_int(arrived.received_at);
    out.put_optional(arrived.key, Vec::put_bytes);
    out.put_bytes(arrived.payload);
    out.put_nil();
    out.put_int(0);
}

/// As `schemas.identity.Link` is encoded.
pub fn link(customer_id: &str, occurred_at: i64) -> Vec<u8> {
    let mut out = Vec::with_capacity(customer_id.len() + 16);
    out.put_array(3);
    out.put_text("l");
    out.put_text(customer_id);
    out.put_int(occurred_at);
    out
}
