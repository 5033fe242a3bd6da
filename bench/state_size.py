"""How large customers' states are in the changelog: python -m bench.state_size [customers]

Simulated customers live through 40 days within the horizon, each touchpoint coming by itself. Tells bytes per customer
and per journey, of heads, their lasting parts and log segments, of keys and of values, and what takes the room before
it is packed.
"""

from __future__ import annotations

import argparse
from collections import Counter

import msgspec

from bench.recovery_states import DAYS, State, simulated_states
from bench.report import Report, add_json_option
from streams.journey.packing import unpack
from streams.journey.state import Journey, decode_head, decode_lasting, decode_stored, encode_head, lasting_key


class Sizes:
    """Sums over all customers."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.sizes: Counter[str] = Counter()
        self.unpacked: Counter[str] = Counter()
        self.open_heads: list[int] = []

    def add(self, state: State) -> None:
        self.counts["customers"] += 1
        for key, value in state:
            kind = _kind(key)
            self.counts[f"{kind}s"] += 1
            self.sizes[f"{kind} keys"] += len(key)
            self.sizes[f"{kind} values"] += len(value)
            if kind == "head":
                self._add_head(value)
            elif kind == "lasting part":
                self._add_fields(decode_lasting(unpack(value)), "lasting")
            else:
                self._add_segment(value)

    def _add_head(self, value: bytes) -> None:
        head = decode_head(value)
        live = [journey for journey in head.journeys if not journey.finished]
        self.counts["journeys in heads"] += len(head.journeys)
        self.counts["open journeys"] += len(live)
        self._add_fields(head, "head")
        for journey in head.journeys:
            self._add_fields(journey, "journey")
        if live:
            self.open_heads.append(_share(live, value))

    def _add_segment(self, value: bytes) -> None:
        for stored in decode_stored(unpack(value)):
            self.counts["touchpoints"] += 1
            self._add_fields(stored, "stored")
            self._add_fields(stored.touchpoint, "touchpoint")

    def _add_fields(self, of: msgspec.Struct, name: str) -> None:
        for field in of.__struct_fields__:
            self.unpacked[f"{name}.{field}"] += len(msgspec.msgpack.encode(getattr(of, field)))


def _kind(key: bytes) -> str:
    customer_id, _, _ = key.partition(b"\x00")
    if key == customer_id:
        return "head"
    return "lasting part" if key == lasting_key(customer_id.decode()) else "segment"


def _share(live: list[Journey], value: bytes) -> int:
    """What the open journeys take of a head, per journey: the head without them is so much smaller."""
    head = decode_head(value)
    head.journeys = [journey for journey in head.journeys if journey not in live]
    return (len(value) - len(encode_head(head))) // len(live)


def show(sizes: Sizes) -> None:
    customers, total = sizes.counts["customers"], sizes.sizes.total()
    print(f"after {DAYS} days: " + ", ".join(f"{count:,} {what}" for what, count in sizes.counts.items()))
    for what, size in sizes.sizes.items():
        print(f"{what}: {size / customers:,.0f} bytes per customer")
    print(f"together: {total / customers:,.0f} per customer, {total / sizes.counts['touchpoints']:,.0f} per touchpoint")
    print(f"heads: {sizes.sizes['head values'] / sizes.counts['journeys in heads']:,.0f} bytes per journey in them")
    opens = sorted(sizes.open_heads)
    if opens:
        print(
            f"an open journey in a head: median {opens[len(opens) // 2]:,} bytes, mean {sum(opens) / len(opens):,.0f}"
        )
    print("largest fields, bytes per customer before packing:")
    for field, size in sizes.unpacked.most_common(12):
        print(f"  {field}: {size / customers:,.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("customers", type=int, nargs="?", default=3_000)
    add_json_option(parser)
    options = parser.parse_args()
    sizes = Sizes()
    for _, state in simulated_states(options.customers):
        sizes.add(state)
    show(sizes)
    found = Report("state_size", vars(options))
    customers, total = sizes.counts["customers"], sizes.sizes.total()
    found.add(
        what=f"a customer's state after {DAYS} days",
        keys_per_customer=(sizes.counts["heads"] + sizes.counts["segments"]) / customers,
        bytes_per_customer=total / customers,
        bytes_per_touchpoint=total / sizes.counts["touchpoints"],
        touchpoints_per_customer=sizes.counts["touchpoints"] / customers,
    )
    found.write(options.json)


if __name__ == "__main__":
    main()
