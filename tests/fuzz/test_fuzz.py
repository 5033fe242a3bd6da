"""A short run of the fuzzer, the same every time, and that it finds what it should; `make fuzz` runs a million."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import msgspec
import pytest

from schemas.decode import Decoder
from schemas.refusal import Refusal
from schemas.touchpoint import Touchpoint
from tests.fuzz import oracle
from tests.fuzz.mutations import mutated
from tests.fuzz.oracle import REASONS, BrokenPromise, check, wire
from tests.fuzz.run import fuzz, seeds
from tests.schemas.examples import RECEIVED_AT, example, to_json

RECORDS = 20_000


def test_any_record_becomes_a_touchpoint_that_can_be_written_again_or_a_refusal_with_a_reason() -> None:
    findings = fuzz(seed=1, count=RECORDS)
    assert findings.fates.total() == RECORDS
    assert findings.fates.keys() == {"accepted", *REASONS}
    assert findings.fates["accepted"] > RECORDS / 20
    assert len(findings.signatures) > 200


def test_most_records_to_start_from_are_taken() -> None:
    decoded = [oracle.DECODER.decode(*record, RECEIVED_AT) for record in seeds()]
    assert sum(isinstance(each, Touchpoint) for each in decoded) > 0.9 * len(decoded)


def test_a_mutation_follows_from_its_seed() -> None:
    payload = to_json(example())
    made = [mutated(Random(seed), payload, [payload]) for seed in range(200)]
    assert made == [mutated(Random(seed), payload, [payload]) for seed in range(200)]
    assert len(set(made)) > 150


@pytest.mark.parametrize("channel", ["mobile_app", "mail"])
def test_a_touchpoint_written_again_says_the_same(channel: str) -> None:
    given = example(
        channel,
        intent="transfer",
        outcome="referred",
        referral={"to_channel": "branch", "due_at": "2026-03-05T18:00:00+08:00", "reason": "papers"},
        satisfaction={"scale": "nps", "score": 0},
        promise={"promise_id": "p-1", "due_at": "2026-03-04T18:00:00.123456Z"},
        wait_seconds=0,
        care=["minor", "elderly"],
    )
    touchpoint = oracle.DECODER.decode(to_json(given), channel, RECEIVED_AT)
    assert isinstance(touchpoint, Touchpoint)
    written = json.loads(wire(touchpoint))
    assert written["referral"] == {"to_channel": "branch", "due_at": "2026-03-05T10:00:00+00:00", "reason": "papers"}
    assert (written["wait_seconds"], written["satisfaction"]["score"], written["care"]) == (0, 0, ["elderly", "minor"])


class Raising(Decoder):
    def decode(self, payload: bytes | None, channel: str, received_at: int) -> Any:
        raise RecursionError


class Silent(Decoder):
    def decode(self, payload: bytes | None, channel: str, received_at: int) -> Any:
        return Refusal("schema", ())


class Changing(Decoder):
    def decode(self, payload: bytes | None, channel: str, received_at: int) -> Any:
        decoded = super().decode(payload, channel, received_at)
        assert isinstance(decoded, Touchpoint)
        return msgspec.structs.replace(decoded, event_id=f"{decoded.event_id}'")


@pytest.mark.parametrize(("broken", "said"), [(Raising, "raised"), (Silent, "no reason"), (Changing, "written again")])
def test_a_decoder_that_breaks_a_promise_is_found_out(
    broken: type[Decoder], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oracle, "DECODER", broken(("mobile_app",)))
    with pytest.raises(BrokenPromise, match=said):
        check(to_json(example()), "mobile_app")
