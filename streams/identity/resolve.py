"""Whose touchpoint it is, by the links of its identities (spec 1, "Identity").

The end state depends on the set of touchpoints only, not on their order: links never go, so sets of linked customers
only grow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from schemas.identity import CUSTOMER_NO, Identity, anonymous_customer, identities_of
from schemas.touchpoint import Touchpoint

MOST_CUSTOMERS = 16
"""An identity of more customers is public: it tells nobody apart, and who bore it need not be known."""

Links = dict[Identity, set[str]]


def decide(linked: Iterable[Collection[str] | None]) -> str | None:
    """The customer whom identities tell, or None; `linked` are their customers, the strongest identity's first.

    An empty set is an identity that was never linked, None a public one: both are passed over. Else the first one
    linked to a single customer decides, if each stronger one is linked to that customer too.
    """
    stronger: list[Collection[str]] = []
    for customers in linked:
        if not customers:
            continue
        if len(customers) == 1:
            (only,) = customers
            return only if all(only in others for others in stronger) else None
        stronger.append(customers)
    return None


def learn_links(touchpoints: Iterable[Touchpoint]) -> Links:
    """`(kind, value)` → the customers that resolved touchpoints bear it with."""
    links: Links = defaultdict(set)
    for touchpoint in touchpoints:
        customer = touchpoint.identities.get(CUSTOMER_NO)
        if customer is not None:
            for identity in identities_of(touchpoint):
                links[identity].add(customer)
    return links


def resolve(touchpoint: Touchpoint, links: Links) -> str:
    """The touchpoint's customer_id: its customer_no, or what `links` tell, or its anonymous customer."""
    customer = touchpoint.identities.get(CUSTOMER_NO)
    if customer is not None:
        return customer
    identities = identities_of(touchpoint)
    linked = (links.get(identity, set()) for identity in identities)
    told = decide(None if len(customers) > MOST_CUSTOMERS else customers for customers in linked)
    return anonymous_customer(identities) if told is None else told


def resolve_all(touchpoints: Iterable[Touchpoint]) -> Iterator[tuple[str, Touchpoint]]:
    """Each touchpoint with its customer_id, by the links of the whole set."""
    touchpoints = list(touchpoints)
    links = learn_links(touchpoints)
    for touchpoint in touchpoints:
        yield resolve(touchpoint, links), touchpoint
