"""The fuzzer: mutates records, keeps those that lead to something new, and checks every one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from schemas.catalogue import Catalogue
from sources.simulator import Plan, Simulation
from tests.fuzz.mutations import mutated
from tests.fuzz.oracle import Signature, check
from tests.schemas.examples import CHANNELS, RECEIVED_AT, example, to_json

DAY = 86_400_000
SEEDS = 2_000
TELL_EVERY = 20_000
LONGEST_KEPT = 4_000
ACCEPTED = 0.85
"""Share of records made from those that the contract takes: what is broken already tells less."""

Record = tuple[bytes, str]
"""A payload and the channel on whose topic it is."""


@dataclass(slots=True)
class Findings:
    """How many records led to what: `accepted`, or the reason of the refusal."""

    fates: Counter[str] = field(default_factory=Counter)
    signatures: set[Signature] = field(default_factory=set)


def seeds() -> list[Record]:
    """Valid records of every channel, and what a bank's dirty delivery makes of some."""
    simulated = Simulation(Plan(RECEIVED_AT - 2 * DAY, seed=1, customers=200, dirt=0.1), Catalogue())
    played = [(one.payload.rstrip(), one.channel) for one in simulated.advance(RECEIVED_AT)]
    return [*((to_json(example(channel)), channel) for channel in CHANNELS), *played[:SEEDS]]


def fuzz(seed: int, count: int, tell: Callable[[int, Findings], None] = lambda done, findings: None) -> Findings:
    """Check `count` mutated records; raises `BrokenPromise` with the first for which something does not hold."""
    rng = Random(f"fuzz {seed}")
    accepted, refused = seeds(), [(b"{}", "atm")]
    payloads = [payload for payload, _ in accepted]
    findings = Findings()
    for number in range(1, count + 1):
        payload, channel = rng.choice(accepted if rng.random() < ACCEPTED else refused)
        record = mutated(rng, payload, payloads), channel if rng.random() < 0.95 else rng.choice(CHANNELS)
        signature = check(*record)
        is_accepted = signature[0] in CHANNELS
        findings.fates["accepted" if is_accepted else signature[0]] += 1
        if signature not in findings.signatures and len(record[0]) < LONGEST_KEPT:
            findings.signatures.add(signature)
            (accepted if is_accepted else refused).append(record)
        if number % TELL_EVERY == 0:
            tell(number, findings)
    return findings
