"""How many touchpoints stay anonymous, before and after links, and whether any goes to the wrong customer.

`python -m bench.anonymous_share [--customers N] [--days N] [--seed N]`: a simulated bank whose channels know as little
as real ones do: a cash machine the card, the hotline the phone until the caller has identified, WeChat the openid, the
app and online banking the customer only in every third session. Who each touchpoint really was is known and compared.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

from schemas.catalogue import Catalogue
from schemas.decode import Decoder
from schemas.durations import DAY
from schemas.topics import BUILT_IN_CHANNELS
from schemas.touchpoint import Touchpoint
from sources.simulator import Plan, Simulation
from streams.identity import resolve, resolve_all

NOW = 1_790_000_000_000
KNOWN = {"mobile_app": 0.33, "online_banking": 0.33, "wechat": 0.1, "atm": 0.0, "hotline": 0.5, "branch": 1.0}
"""Share of sessions in which a channel knows the customer number."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=2_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    played = list(touchpoints(Plan(since=NOW - options.days * DAY, seed=options.seed, customers=options.customers)))
    before = [resolve(touchpoint, {}) for _, touchpoint in played]
    after = [customer for customer, _ in resolve_all(touchpoint for _, touchpoint in played)]
    truly = [customer for customer, _ in played]
    told = Counter(verdict(customer, true) for customer, true in zip(after, truly, strict=True))
    print(f"{len(played):,} touchpoints of {len(set(truly)):,} customers")
    for name, customers in (("before links", before), ("after links", after)):
        share = sum(customer.startswith("anon:") for customer in customers) / len(customers)
        print(f"anonymous {name}: {share:.1%}")
    print(
        f"with their customer: {told['right']:,}; anonymous: {told['anonymous']:,}; with another one: {told['wrong']:,}"
    )


def verdict(customer: str, true: str) -> str:
    if customer.startswith("anon:"):
        return "anonymous"
    return "right" if customer == true else "wrong"


def touchpoints(plan: Plan) -> Iterator[tuple[str, Touchpoint]]:
    """Who it was, and the touchpoint as the channel knows it."""
    simulation = Simulation(plan, Catalogue())
    decode = Decoder(BUILT_IN_CHANNELS).decode
    for one in [*simulation.advance(NOW), *simulation.finish(NOW)]:
        if one.fate != "stored":
            continue
        fields = json.loads(one.payload)
        customer = fields["identities"].get("customer_no")
        if customer is None:
            continue
        touchpoint = decode(json.dumps(less_known(fields, plan.seed)).encode(), one.channel, NOW)
        assert isinstance(touchpoint, Touchpoint), touchpoint
        yield customer, touchpoint


def less_known(fields: dict[str, Any], seed: int) -> dict[str, Any]:
    """The record without its customer number in most sessions, wherever another identity is left."""
    chance = random.Random(f"{seed} {fields['channel']} {fields.get('session_id')}").random()
    rest = {kind: value for kind, value in fields["identities"].items() if kind != "customer_no"}
    if chance < KNOWN[fields["channel"]] or not (rest or fields.get("session_id")):
        return fields
    return fields | {"identities": rest}


if __name__ == "__main__":
    main()
