"""The load of a seed is the same every time, moved to the time at which it is played."""

from __future__ import annotations

from collections import Counter

import msgspec

from schemas.catalogue import Catalogue
from schemas.decode import Decoder
from schemas.refusal import Refusal
from schemas.touchpoint import Touchpoint
from streams.identity.resolve import learn_links, resolve
from tests.chaos.load import PLAYED_AT, deliveries
from tests.fuzz.oracle import REASONS

CATALOGUE = Catalogue()
MONTHS = 90 * 86_400_000


def decoded(now: int) -> list[Touchpoint | Refusal]:
    decoder = Decoder(CATALOGUE.channels)
    return [decoder.decode(one.payload, one.channel, now) for one in deliveries(5, 3_000, CATALOGUE, now)]


def touchpoints(now: int) -> list[Touchpoint]:
    return [one for one in decoded(now) if isinstance(one, Touchpoint)]


def moved(at: int | None) -> int | None:
    return None if at is None else at - MONTHS


def test_it_is_the_same_at_any_time_but_for_its_times() -> None:
    later = [
        msgspec.structs.replace(
            one,
            occurred_at=one.occurred_at - MONTHS,
            referral_due_at=moved(one.referral_due_at),
            promise_due_at=moved(one.promise_due_at),
        )
        for one in touchpoints(PLAYED_AT + MONTHS)
    ]
    assert later == touchpoints(PLAYED_AT)


def test_it_has_dirt_of_every_kind() -> None:
    reasons = Counter(one.reason for one in decoded(PLAYED_AT) if isinstance(one, Refusal))
    assert reasons.keys() == REASONS


def test_some_touchpoints_are_anonymous_most_are_claimed_and_some_identities_are_ambiguous() -> None:
    taken = touchpoints(PLAYED_AT)
    links = learn_links(taken)
    anonymous = [one for one in taken if "customer_no" not in one.identities]
    unclaimed = [one for one in anonymous if resolve(one, links).startswith("anon:")]
    assert len(anonymous) > 0.2 * len(taken)
    assert 0 < len(unclaimed) < 0.2 * len(anonymous)
    assert any(len(customers) > 1 for customers in links.values())
