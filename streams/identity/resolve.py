"""Identity of a whole set of touchpoints, whatever their order (spec 1, "Identity")."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from schemas.touchpoint import Touchpoint

CUSTOMER_NO = "customer_no"
SESSION = "session"
STRENGTH = ("card", "account", "phone", "wechat_openid", "device", SESSION)
"""Kinds of identity but `customer_no`, the strongest first."""

Links = dict[tuple[str, str], set[str]]


def identities_of(touchpoint: Touchpoint) -> Iterator[tuple[str, str]]:
    """`(kind, value)` of the touchpoint's identities but `customer_no`, the strongest first, its session's last."""
    for kind in STRENGTH[:-1]:
        if kind in touchpoint.identities:
            yield kind, touchpoint.identities[kind]
    if touchpoint.session_id is not None:
        yield SESSION, f"{touchpoint.channel}:{touchpoint.session_id}"


def anonymous_customer(touchpoint: Touchpoint) -> str:
    """The anonymous customer of the strongest identity that the touchpoint has."""
    kind, value = next(identities_of(touchpoint))
    return f"anon:{kind}:{value}"


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
    shared: list[set[str]] = []
    for identity in identities_of(touchpoint):
        linked = links.get(identity)
        if not linked:
            continue
        if len(linked) == 1:
            (only,) = linked
            return only if all(only in stronger for stronger in shared) else anonymous_customer(touchpoint)
        shared.append(linked)
    return anonymous_customer(touchpoint)


def resolve_all(touchpoints: Iterable[Touchpoint]) -> Iterator[tuple[str, Touchpoint]]:
    """Each touchpoint with its customer_id, by the links of the whole set."""
    touchpoints = list(touchpoints)
    links = learn_links(touchpoints)
    for touchpoint in touchpoints:
        yield resolve(touchpoint, links), touchpoint
