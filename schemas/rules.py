"""The contract's rules that take more than one field to decide."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.identity import ANONYMOUS, CUSTOMER_NO
from schemas.touchpoint import Touchpoint

EARLIEST = -2_208_988_800_000
LATEST = 10_413_791_999_999
"""The years 1900 to 2299 in UTC milliseconds: those that ClickHouse's DateTime64 can hold."""

SCORES = {"csat": range(1, 6), "nps": range(11), "ces": range(1, 8)}


def broken_rules(touchpoint: Touchpoint) -> list[str]:
    """The rules that `touchpoint` breaks, as `field: must …`."""
    errors = list(_broken_times(touchpoint))
    if not touchpoint.identities and touchpoint.session_id is None:
        errors.append("identities: must have at least one entry, or session_id must be given")
    if touchpoint.identities.get(CUSTOMER_NO, "").startswith(ANONYMOUS):
        errors.append(f"identities.customer_no: must not begin with {ANONYMOUS}, as ids of unknown customers do")
    if touchpoint.outcome == "referred" or touchpoint.referral_to is not None:
        errors += _broken_referral(touchpoint)
    if touchpoint.satisfaction_scale is not None:
        scores = SCORES[touchpoint.satisfaction_scale]
        if touchpoint.satisfaction_score not in scores:
            scale = touchpoint.satisfaction_scale
            errors.append(f"satisfaction.score: must be {scores[0]} to {scores[-1]} on the scale {scale}")
    return errors


def _broken_times(touchpoint: Touchpoint) -> Iterator[str]:
    if not EARLIEST <= touchpoint.occurred_at <= LATEST:
        yield _no_such_day("occurred_at")
    if touchpoint.referral_due_at is not None and not EARLIEST <= touchpoint.referral_due_at <= LATEST:
        yield _no_such_day("referral.due_at")
    if touchpoint.promise_due_at is not None and not EARLIEST <= touchpoint.promise_due_at <= LATEST:
        yield _no_such_day("promise.due_at")


def _no_such_day(field: str) -> str:
    return f"{field}: must be a day that exists, in the years 1900 to 2299 (UTC)"


def _broken_referral(touchpoint: Touchpoint) -> Iterator[str]:
    if touchpoint.referral_to is None:
        yield "referral: must be given where outcome is referred"
    elif touchpoint.outcome != "referred":
        yield "referral: must be left out unless outcome is referred"
    if not touchpoint.is_step:
        yield "intent: must be given, or case_id, with a referral"
    if touchpoint.is_feedback:
        yield "stage: must not be feedback with a referral"
