"""Mutations of records: of their bytes, and of the JSON that they hold. Seeded, so a run can be repeated."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

TOKENS: tuple[bytes, ...] = (
    b"null", b"true", b"NaN", b"-Infinity", b"1e999", b"-0.0", b"1.0", b"1E2", b"9" * 400, b"18446744073709551616",
    b"-9223372036854775809", b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\ud800", b"\\ud83d\\ude00",
    b"\\u0000", b"\x00", b"\x1f", b"\x7f", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
    b"\xef\xbb\xbf", b"/**/", b"\r\n",
)  # fmt: skip
"""What parsers disagree about."""

VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 1.0, -0.0, 0.5, 1e308, 1e-320, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**40, "", " ",
    "a", "1", "null", "\x1f", "\x00", "\x7f", "\u2028", "\ufeff", "\U0001f600", "é", "e\u0301", "x" * 64, "x" * 65,
    "x" * 128, "x" * 129, "x" * 257, "a_b", "A", "a.b", "a..b", "a\n", [], [None], [[]], {}, {"": None},
    {"a": {"b": [1, 2.0, {"c": None}]}}, "2026-02-30T10:00:00Z", "2026-03-02T09:00:00Z",
    "2026-03-02t09:00:00.9999999999z", "2026-03-02T09:00:00+23:59", "0001-01-01T00:00:00+23:59", "1900-01-01T00:00:00Z",
    "1899-12-31T23:59:59.999Z", "2299-12-31T23:59:59.9999Z", "9999-12-31T23:59:59-23:59", "2026-03-02T24:00:00Z",
    "2016-12-31T23:59:60Z", "2026-03-02 09:00:00Z", "atm", "branch", "mail", "fax", "referred", "feedback", "succeeded",
    "customer_no", "csat", "nps", "elderly",
)  # fmt: skip
"""Limits, odd characters, days that do not exist, and words of the contract where they do not belong."""

DEPTHS = (5, 100, 200, 500, 1_500, 20_000)


def mutated(rng: Random, payload: bytes, others: Sequence[bytes]) -> bytes:
    """The payload with one to three changes; `others` lend parts of themselves."""
    for _ in range(rng.choice((1, 1, 1, 1, 2, 3))):
        mutate = _change_structure if rng.random() < 0.75 else _change_bytes
        payload = mutate(rng, payload, rng.choice(others))
    return payload


def _change_bytes(rng: Random, payload: bytes, other: bytes) -> bytes:
    at = rng.randint(0, len(payload))
    end = min(len(payload), at + rng.choice((0, 1, 1, 2, 4, 16, 256)))
    match rng.randrange(7):
        case 0:
            return payload[:at] + rng.choice(TOKENS) + payload[end:]
        case 1:
            return payload[:at] + rng.randbytes(rng.randint(1, 4)) + payload[end:]
        case 2:
            return payload[:at]
        case 3:
            return payload[:at] + payload[end:]
        case 4:
            return payload[:end] + payload[at:]
        case 5:
            there = rng.randint(0, len(other))
            return payload[:at] + other[there : there + (end - at)] + payload[end:]
        case _:
            changed = bytearray(payload or b"\x00")
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
            return bytes(changed)


def _change_structure(rng: Random, payload: bytes, other: bytes) -> bytes:
    value = _parsed(payload)
    if not isinstance(value, dict):
        return _change_bytes(rng, payload, other)
    place = _any_object(rng, value)
    key = rng.choice(sorted(place)) if place else "event_id"
    match rng.randrange(8):
        case 0:
            place.pop(key, None)
        case 1:
            place[rng.choice((key + "x", key.upper(), rng.choice(_WORDS)))] = place.get(key)
        case 2:
            place[key] = [place.get(key)] * rng.choice((1, 2, 33, 70))
        case 3:
            place[key] = _nested(rng)
        case 4:
            lender = _parsed(other)
            place[key] = rng.choice(list(lender.values())) if isinstance(lender, dict) and lender else {}
        case 5:
            return _with_a_key_twice(rng, value)
        case 6:
            place[rng.choice(_WORDS)] = rng.choice(VALUES)
        case _:
            place[key] = rng.choice(VALUES)
    return _text(rng, value)


_WORDS = (
    "schema_version", "event_id", "channel", "occurred_at", "identities", "session_id", "touchpoint", "stage", "intent",
    "case_id", "outcome", "referral", "to_channel", "due_at", "reason", "wait_seconds", "handle_seconds", "reasked",
    "answers", "satisfaction", "scale", "score", "promise", "promise_id", "keeps", "care", "incident_id", "details",
    "customer_no", "card", "phone", "device", "os", "surface", "fee", "",
)  # fmt: skip


def _parsed(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None


def _any_object(rng: Random, value: dict[str, Any]) -> dict[str, Any]:
    """The object itself or, as often, one in it."""
    inner = [item for item in value.values() if isinstance(item, dict)]
    return rng.choice(inner) if inner and rng.random() < 0.5 else value


def _nested(rng: Random) -> Any:
    """A deep value; kept below what the encoder of this test itself can do."""
    value: Any = rng.choice(VALUES)
    for _ in range(rng.choice(DEPTHS[:3])):
        value = [value] if rng.random() < 0.5 else {"a": value}
    return value


def _with_a_key_twice(rng: Random, value: dict[str, Any]) -> bytes:
    key = rng.choice(sorted(value)) if value else "event_id"
    extra = json.dumps({key: rng.choice(VALUES)}, ensure_ascii=False)[1:-1]
    text = json.dumps(value, ensure_ascii=False)
    twice = f"{text[:-1]}{', ' if value else ''}{extra}}}" if rng.random() < 0.5 else f"{{{extra}, {text[1:]}"
    return twice.encode(errors="surrogatepass")


def _text(rng: Random, value: Any) -> bytes:
    """JSON in one of its spellings."""
    text = json.dumps(value, ensure_ascii=rng.random() < 0.3, indent=rng.choice((None, None, None, 1)))
    if rng.random() < 0.01:
        depth = rng.choice(DEPTHS)
        text = text.replace(": null", ": " + "[" * depth + "]" * depth, 1)
    return text.encode(errors="surrogatepass")
