//! A touchpoint's identities, and the keys they have on the `identity` topic (schemas/identity.py).

use super::contract::Given;
use crate::msgpack::Write;

pub const CUSTOMER_NO: &str = "customer_no";
const SESSION: &str = "session";
/// The strongest first.
const STRENGTH: [&str; 5] = ["card", "account", "phone", "wechat_openid", "device"];

/// Kind and value; the value of a session is of its channel.
pub struct Identity<'a> {
    pub kind: &'a str,
    pub value: std::borrow::Cow<'a, str>,
}

impl Identity<'_> {
    pub fn key(&self) -> String {
        [self.kind, ":", &self.value].concat()
    }
}

/// All but the customer number, the strongest first, that of the session last.
pub fn identities_of<'a>(given: &Given<'a>) -> Vec<Identity<'a>> {
    let named = STRENGTH.iter().filter_map(|kind| {
        let value = given.identities.iter().find(|(known, _)| known == kind)?.1;
        Some(Identity {
            kind,
            value: value.into(),
        })
    });
    let session = given.session_id.map(|session_id| Identity {
        kind: SESSION,
        value: [given.channel, ":", session_id].concat().into(),
    });
    named.chain(session).collect()
}

/// The key of a profile's records.
pub fn profile_key(identities: &[u8]) -> String {
    let hash = blake2b_simd::Params::new().hash_length(16).hash(identities);
    format!("profile:{}", hash.to_hex())
}

/// As they are encoded.
pub fn encoded(identities: &[Identity<'_>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    out.put_array(identities.len());
    for identity in identities {
        out.put_array(2);
        out.put_text(identity.kind);
        out.put_text(&identity.value);
    }
    out
}
