"""Dead letters of touchpoints that came too late, by the customer whose they are."""

from __future__ import annotations

from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from clickhouse_driver import Client

from omnitrack.dead.payload import unsealed
from omnitrack.dead.reading import NOT_DROPPED, read_letters
from schemas.batched import batched
from schemas.decode import Decoder
from schemas.durations import DAY
from schemas.identity import ANONYMOUS, CUSTOMER_NO, SESSION, identities_of
from schemas.refusal import Refusal
from schemas.rows import DeadLetter, letter_placement
from schemas.topics import Topics
from schemas.touchpoint import Arrival, Origin, Touchpoint
from streams.identity.resolve import MOST_CUSTOMERS, Links, learn_links, resolve
from streams.pseudonym import Pseudonyms

_LINKS = Path(__file__).parent / "links.sql"
_AT_ONCE = 5_000
_SETTLING = DAY


class Found(NamedTuple):
    """A letter, and when its record was received (Unix milliseconds)."""

    letter_id: str
    received_at: int


class Letters:
    """The letters by customer: their ids are held, and what they say is read again when it is needed.

    Some stay: `unreadable` ones break the contract, as where their channel is no longer in the catalogue; `unsettled`
    ones name no customer number, and have been beyond the horizon for less than a day: the stream may still move them.
    """

    def __init__(
        self, client: Client, topics: Topics, horizon: int | None, now: int, pseudonyms: Pseudonyms | None = None
    ) -> None:
        """Read them all; `horizon` and `now` in ms. Raises `CannotOpen` where one is sealed with another key."""
        self._client = client
        self._topics = topics
        self._pseudonyms = pseudonyms
        self._decoder = Decoder(topics.channels)
        self._by_customer: defaultdict[str, list[Found]] = defaultdict(list)
        self._settled_before = None if horizon is None else now - horizon - _SETTLING
        self.unreadable = 0
        self.unsettled = 0
        self._find_customers()

    def __len__(self) -> int:
        return sum(map(len, self._by_customer.values()))

    def customers_of(self, since: int, until: int) -> set[str]:
        """The customers of letters received from `since` to before `until` (UTC ms)."""
        return {
            customer_id
            for customer_id, found in self._by_customer.items()
            if any(since <= one.received_at < until for one in found)
        }

    def of(self, customer_ids: Iterable[str]) -> dict[str, list[Arrival]]:
        """The letters of each customer as arrivals, in the order of their receipt."""
        customers = {
            one.letter_id: customer_id for customer_id in customer_ids for one in self._by_customer.get(customer_id, ())
        }
        arrivals: defaultdict[str, list[Arrival]] = defaultdict(list)
        for letter_ids in batched(customers, _AT_ONCE):
            for letter in read_letters(self._client, "dead_letter_id IN {ids:Array(String)}", {"ids": letter_ids}):
                arrival = self._arrival(letter)
                if arrival is not None:
                    arrivals[customers[letter.dead_letter_id]].append(arrival)
        for found in arrivals.values():
            found.sort(key=lambda arrival: (arrival.received_at, str(arrival.origin)))
        return arrivals

    def _find_customers(self) -> None:
        """Some say their customer, the others are decided by the links that those and all stored touchpoints tell."""
        links: Links = defaultdict(set)
        unresolved: list[tuple[Found, Touchpoint]] = []
        for letter in read_letters(self._client, f"reason = 'too_late' AND {NOT_DROPPED}", {}):
            arrival = self._arrival(letter)
            found = Found(letter.dead_letter_id, letter.received_at)
            if arrival is None:
                self.unreadable += 1
            elif CUSTOMER_NO in arrival.touchpoint.identities:
                self._by_customer[arrival.touchpoint.identities[CUSTOMER_NO]].append(found)
                for identity, customers in learn_links([arrival.touchpoint]).items():
                    links[identity] |= customers
            elif self._settled_before is not None and arrival.at >= self._settled_before:
                self.unsettled += 1
            else:
                unresolved.append((found, _who(arrival.touchpoint)))
        for batch in batched(unresolved, _AT_ONCE):
            stored = self._links([touchpoint for _, touchpoint in batch])
            for found, touchpoint in batch:
                identities = identities_of(touchpoint)
                known = {one: links.get(one, set()) | stored.get(one, set()) for one in identities}
                self._by_customer[self._customer_of(touchpoint, known)].append(found)

    def _arrival(self, letter: DeadLetter) -> Arrival | None:
        payload = b64decode(letter.payload)
        received = unsealed(payload, self._pseudonyms)
        touchpoint = self._decoder.decode(received, self._topics.channel_of(letter.topic), letter.received_at)
        if isinstance(touchpoint, Refusal):
            return None
        if self._pseudonyms is not None and received is not payload:
            touchpoint = self._pseudonyms.touchpoint(touchpoint)
        origin = Origin(letter.topic, letter.partition, letter.offset)
        key = None if letter.key is None else b64decode(letter.key)
        return Arrival(touchpoint, origin, letter.received_at, key, payload, placement=letter_placement(letter.version))

    def _links(self, touchpoints: Iterable[Touchpoint]) -> Links:
        identities = sorted({identity for touchpoint in touchpoints for identity in identities_of(touchpoint)})
        kinds, values = [kind for kind, _ in identities], [value for _, value in identities]
        parameters = {"kinds": kinds, "values": values, "most": MOST_CUSTOMERS + 1}
        rows = self._client.execute(_LINKS.read_text(), parameters)
        return {(kind, value): set(customers) for kind, value, customers in rows}

    def _customer_of(self, touchpoint: Touchpoint, links: Links) -> str:
        customer_id = resolve(touchpoint, links)
        # The pseudonym of a session stands for its channel too.
        channel = f"{ANONYMOUS}{SESSION}:{touchpoint.channel}:"
        if self._pseudonyms is not None and customer_id.startswith(channel):
            return f"{ANONYMOUS}{SESSION}:{customer_id.removeprefix(channel)}"
        return customer_id


def _who(touchpoint: Touchpoint) -> Touchpoint:
    """What tells whose it is, and no more."""
    return Touchpoint(
        touchpoint.channel, "", 0, "", "", session_id=touchpoint.session_id, identities=touchpoint.identities
    )
