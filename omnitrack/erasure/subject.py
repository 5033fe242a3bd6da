"""Who is to be forgotten, and what tells that a record is theirs."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clickhouse_driver import Client

from schemas.identity import CUSTOMER_NO, SESSION, Identity, anonymous_customer, identity_key
from schemas.refusal import Refusal, parse_object
from streams.pseudonym import OTHER_KEY, Pseudonyms, identities_in

_IDENTITIES = Path(__file__).parent / "identities.sql"
_MOST_BEARERS = 1_000
_TELLING = 4
"""Characters from which on a text of no kind, a key or what is no JSON, is taken to name somebody."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A customer by `customer_id`; `number` is the customer number in clear where it is known.

    `identities` are those that the customer alone bore, as they are stored.
    """

    customer_id: str = field(repr=False)
    number: str | None = field(repr=False)
    identities: frozenset[Identity] = field(default=frozenset(), repr=False)

    @property
    def customer_ids(self) -> tuple[str, ...]:
        """The id, and those of the anonymous customers that the customer was before it was known who it is."""
        return (self.customer_id, *(anonymous_customer(((kind, value),)) for kind, value in sorted(self.identities)))

    @property
    def digest(self) -> str:
        """A name for the customer that does not tell who it is: SHA-256 of the id, hexadecimal."""
        return digest_of(self.customer_id)

    def bore(self, key: bytes | None, payload: bytes, channel: str, pseudonyms: Pseudonyms | None) -> bool:
        """Whether a record, valid or not, is the customer's: it names the number, or no number and an own identity.

        So does its key.
        """
        message = parse_object(payload)
        if isinstance(message, Refusal):
            names = [self.customer_id, self.number, *(value for _, value in self.identities)]
            return self._is_key(key, channel, pseudonyms) or any(
                name.encode() in payload for name in names if name is not None and len(name) >= _TELLING
            )
        stored = _stored(message, channel, pseudonyms)
        number = stored.pop(CUSTOMER_NO, None)
        if number is not None:
            return number == self.customer_id
        return self._is_key(key, channel, pseudonyms) or not self.identities.isdisjoint(stored.items())

    def _is_key(self, key: bytes | None, channel: str, pseudonyms: Pseudonyms | None) -> bool:
        if key is None:
            return False
        # Agents name their records by a customer_id or an identity, channels by whatever tells whose they are.
        names = {*self.customer_ids, *map(identity_key, self.identities)}
        values = {value.removeprefix(f"{channel}:") for _, value in self.identities}
        if self.number is not None:
            values.add(self.number if pseudonyms is None else pseudonyms.of(OTHER_KEY, self.number))
        text = key.decode(errors="replace")
        return text in names or (text in values and len(text) >= _TELLING)


def digest_of(customer_id: str) -> str:
    """SHA-256 of the customer's identifier, in hexadecimal digits: a receipt names nobody, and can be checked."""
    return hashlib.sha256(customer_id.encode()).hexdigest()


def subject_of(number: str, pseudonyms: Pseudonyms | None) -> Subject:
    """The customer of a number."""
    return Subject(number if pseudonyms is None else pseudonyms.of(CUSTOMER_NO, number), number)


def with_identities(subject: Subject, client: Client, pseudonyms: Pseudonyms | None) -> Subject:
    """The subject with the identities that stored touchpoints tell to be the customer's alone."""
    most = _MOST_BEARERS
    rows = client.execute(_IDENTITIES.read_text(), {"customer": subject.customer_id, "most": most})
    bearers = {
        (kind, _of_channel(channel, value, pseudonyms) if kind == SESSION else value): named
        for kind, value, channel, named, count in rows
        if count <= most
    }
    return Subject(subject.customer_id, subject.number, own_identities(subject.customer_id, bearers))


def own_identities(customer_id: str, bearers: Mapping[Identity, Collection[str]]) -> frozenset[Identity]:
    """Those of the identities that nobody but the customer bears, and anonymous customers that are the customer.

    Touchpoints older than the horizon stay with the anonymous customer though it is known by now who that is. That is
    whoever bears its identity: if this is the customer's alone, so may be others that its touchpoints bear.
    """
    own: frozenset[Identity] = frozenset()
    while True:
        known = {customer_id, *(anonymous_customer((one,)) for one in own)}
        found = frozenset(one for one, who in bearers.items() if {*who} <= {*known, anonymous_customer((one,))})
        if found == own:
            return own
        own = found


def _stored(message: Mapping[str, Any], channel: str, pseudonyms: Pseudonyms | None) -> dict[str, str]:
    """The identities of a record as they would be stored, and its session's."""
    shown = message if pseudonyms is None else pseudonyms.masked(message)
    found = {kind: str(value) for kind, value in identities_in(shown).items()}
    session = shown.get("session_id")
    if isinstance(session, str):
        found[SESSION] = _of_channel(channel, session, pseudonyms)
    return found


def _of_channel(channel: str, session: str, pseudonyms: Pseudonyms | None) -> str:
    """The value of a session's identity: the pseudonym of a session stands for its channel too."""
    return f"{channel}:{session}" if pseudonyms is None else session
