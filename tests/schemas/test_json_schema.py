"""The published JSON Schema is the contract's own, and says what the contract says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from schemas.decode import Decoder
from schemas.json_schema import FILE, json_schema, render
from schemas.refusal import Refusal
from tests.schemas.examples import CHANNELS, RECEIVED_AT, example, to_json, touchpoints

VALIDATOR = Draft202012Validator(json_schema(CHANNELS))
DECODER = Decoder(CHANNELS)
REFERRED: dict[str, Any] = {"intent": "transfer", "outcome": "referred", "referral": {"to_channel": "branch"}}


def test_the_file_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == render(), "write it anew: python -m schemas.json_schema"


def test_it_is_a_schema_of_its_draft() -> None:
    Draft202012Validator.check_schema(json.loads(FILE.read_text(encoding="utf-8")))


@given(touchpoints())
def test_it_takes_what_the_contract_takes(touchpoint: dict[str, Any]) -> None:
    VALIDATOR.validate(touchpoint)


@pytest.mark.parametrize(
    "changes",
    [
        {"surprise": 1},
        {"schema_version": 2},
        {"channel": "fax"},
        {"event_id": ""},
        {"event_id": "a\x1f"},
        {"identities": {}},
        {"identities": {"passport": "P1"}},
        {"identities": {}, "session_id": None},
        {"identities": {"customer_no": "anon:phone:1"}},
        {"occurred_at": "yesterday"},
        {"touchpoint": "Card"},
        {"wait_seconds": -1},
        {"reasked": ["id"] * 33},
        {"answers": {"Fee": "1"}},
        {"answers": {"fee": 1}},
        {"answers": {f"a{index}": "x" for index in range(33)}},
        {"satisfaction": {"scale": "csat", "score": 6}},
        {"satisfaction": {"scale": "nps", "score": -1}},
        {"outcome": "referred"},
        {**REFERRED, "outcome": "failed"},
        {**REFERRED, "intent": None},
        {**REFERRED, "stage": "feedback"},
        {**REFERRED, "referral": {"to_channel": "mobile_app"}},
        {"details": {"app_version": "8"}},
        {"details": {"app_version": "8", "os": "ios", "color": "red"}},
        {"channel": "branch"},
    ],
)
def test_it_refuses_what_the_contract_refuses(changes: dict[str, Any]) -> None:
    touchpoint = example() | changes
    assert isinstance(DECODER.decode(to_json(touchpoint), touchpoint["channel"], RECEIVED_AT), Refusal)
    assert not VALIDATOR.is_valid(touchpoint)
