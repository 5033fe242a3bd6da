"""Runs unit tests of alert rules: pure stitching, then pure alerting, then the difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from omnitrack.rules.suite_file import ExpectedAlert, GivenTouchpoint, Loaded, RuleTest, SuiteError
from schemas.catalogue import Catalogue
from schemas.decode import Decoder, Refusal, encode_touchpoint
from schemas.rows import AlertRow, TouchpointRow
from schemas.topics import BUILT_IN_CHANNELS
from schemas.touchpoint import Origin, Touchpoint
from streams.alerting.at_rest import alerts_at
from streams.alerting.facts import CustomerRow
from streams.journey import stitch

DETAILS: Mapping[str, Mapping[str, Any]] = {
    "mobile_app": {"app_version": "1", "os": "other"},
    "online_banking": {"path": "/"},
    "wechat": {"surface": "mini_program"},
    "atm": {"terminal_id": "t", "service": "other"},
    "hotline": {"call_id": "c"},
    "branch": {"branch_id": "b"},
}
"""The details that the contract requires, for touchpoints that give none."""


@dataclass(slots=True)
class Outcome:
    """What a test came to: `missing` were expected and did not come, `unexpected` came and were not expected."""

    name: str
    alerts: int
    missing: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether exactly the expected alerts came."""
        return not self.missing and not self.unexpected


def run_tests(loaded: Loaded, catalogue: Catalogue) -> Iterator[Outcome]:
    """The outcome of each test, in order. Raises `SuiteError` where a touchpoint breaks the contract."""
    decoder = Decoder(catalogue.channels)
    for number, test in enumerate(loaded.file.tests):
        _check_rules(loaded, number, test, catalogue)
        pairs = list(_touchpoints(loaded, number, test, decoder))
        alerts = alerts_at(rows_of(pairs, catalogue, test.now), catalogue, test.now, test.now)
        yield compare(test, alerts)


def rows_of(pairs: list[tuple[str, Touchpoint]], catalogue: Catalogue, now: int) -> list[CustomerRow]:
    """What stitching says of the customers' touchpoints at `now` (ms)."""
    stitched = stitch(pairs, catalogue, now)
    journeys = {(one.customer_id, one.channel, one.event_id): one.journey_id for one in stitched.assignment}
    touchpoints = [
        TouchpointRow(customer, one, journeys[customer, one.channel, one.event_id], now, Origin("", 0, 0), 0)
        for customer, one in pairs
    ]
    return [*stitched.journeys, *stitched.handoffs, *stitched.promises, *touchpoints]


def compare(test: RuleTest, alerts: list[AlertRow]) -> Outcome:
    """Each expected alert takes one that fits; what is left on either side is the difference."""
    outcome = Outcome(test.name, len(alerts))
    left = list(alerts)
    for expected in test.alerts:
        fitting = [row for row in left if _fits(expected, row)][: expected.times]
        left = [row for row in left if row not in fitting]
        if len(fitting) < expected.times:
            count = f"{expected.times - len(fitting)} × " if expected.times > 1 else ""
            outcome.missing.append(count + _shown(expected.model_dump(exclude_unset=True, exclude={"times"})))
    outcome.unexpected += [_shown(_told(row)) for row in left]
    return outcome


def _touchpoints(loaded: Loaded, number: int, test: RuleTest, decoder: Decoder) -> Iterator[tuple[str, Touchpoint]]:
    for place, given in enumerate(test.touchpoints):
        for copy in range(test.customers):
            suffix = f"/{copy + 1}" if test.customers > 1 else ""
            message = _message(given, test.now, f"e{place + 1}{suffix}", suffix)
            payload = encode_touchpoint(message)
            decoded = payload if isinstance(payload, Refusal) else decoder.check(payload, test.now)
            if isinstance(decoded, Refusal):
                where = ("tests", number, "touchpoints", place)
                raise SuiteError("\n".join(loaded.mistake(where, error) for error in decoded.errors))
            yield decoded.identities["customer_no"], decoded


def _message(given: GivenTouchpoint, now: int, event_id: str, suffix: str) -> dict[str, Any]:
    """The touchpoint as its channel would write it."""
    told = dict(given.model_extra or {})
    message = {
        "schema_version": 1,
        "event_id": event_id,
        "touchpoint": "test.step",
        "stage": "serve",
        "identities": {"customer_no": given.customer + suffix},
        **told,
        "channel": given.channel,
    }
    if given.ago is not None or "occurred_at" not in told:
        message["occurred_at"] = _rfc3339(now - (given.ago or 0))
    if given.channel in BUILT_IN_CHANNELS and "details" not in told:
        message["details"] = DETAILS[given.channel]
    return message


def _rfc3339(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H:%M:%S}.{at % 1000:03}Z"


def _check_rules(loaded: Loaded, number: int, test: RuleTest, catalogue: Catalogue) -> None:
    for place, expected in enumerate(test.alerts):
        if expected.rule not in catalogue.alerts.by_name:
            known = ", ".join(catalogue.alerts.by_name) or "none"
            where = ("tests", number, "alerts", place, "rule")
            raise SuiteError(loaded.mistake(where, f"is no rule of the catalogue: it has {known}"))


def _fits(expected: ExpectedAlert, row: AlertRow) -> bool:
    given = expected.model_dump(exclude_unset=True, exclude={"times", "labels", "value"})
    return (
        all(getattr(row, name) == value for name, value in given.items())
        and expected.labels.items() <= row.labels.items()
        and (expected.value is None or (row.value is not None and abs(expected.value - row.value) < 1e-9))
    )


def _told(row: AlertRow) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("rule", "status", "severity", "labels", "summary")}
    given = {name: getattr(row, name) for name in ("value", "count", "silenced_by")}
    return told | {name: value for name, value in given.items() if value is not None}


def _shown(fields: dict[str, Any]) -> str:
    return msgspec.json.encode(fields).decode()
