"""Handoffs between visits, and what went wrong with each (spec 2, "Contacts, visits, handoffs")."""

from __future__ import annotations

from typing import NamedTuple

from schemas.catalogue import Catalogue
from schemas.rows import HandoffRow
from streams.journey.ids import identifier
from streams.journey.state import Journey, Referral
from streams.journey.visits import Visit


class Outstanding(NamedTuple):
    """A referral that no visit has met yet, and the channel of the step that made it."""

    referral: Referral
    channel: str


def list_handoffs(
    customer_id: str, journey: Journey, visits: list[Visit], care: tuple[str, ...], clock: int, catalogue: Catalogue
) -> tuple[list[HandoffRow], int | None]:
    """The journey's handoffs at `clock` in order, and when (ms) the last turns lost if it is pending."""
    rows: list[HandoffRow] = []
    outstanding: Outstanding | None = None
    known: dict[str, str] = {}
    for index, visit in enumerate(visits):
        if index:
            before = visits[index - 2] if index > 1 else None
            row = _arrived(customer_id, journey, before, visits[index - 1], visit, outstanding, known, care, catalogue)
            rows.append(row)
        if outstanding is not None and outstanding.referral.to_channel == visit.channel:
            outstanding = None
        if visit.referral is not None:
            outstanding = Outstanding(visit.referral, visit.channel)
        elif visit.closes:
            outstanding = None
        known.update(visit.last_answers)
    if outstanding is None:
        return rows, None
    lost = clock > outstanding.referral.deadline
    rows.append(_unarrived(customer_id, journey, outstanding, care, lost))
    return rows, None if lost else outstanding.referral.deadline + 1


def _arrived(
    customer_id: str,
    journey: Journey,
    before: Visit | None,
    left: Visit,
    arrived: Visit,
    outstanding: Outstanding | None,
    known: dict[str, str],
    care: tuple[str, ...],
    catalogue: Catalogue,
) -> HandoffRow:
    contradictions = {
        key: f"{known[key]} → {value}"
        for key, value in arrived.first_answers.items()
        if key in known and known[key] != value
    }
    standard = catalogue.wait_standard(journey.intent, arrived.channel)
    failures = _failures(before, left, arrived, outstanding, bool(contradictions), standard)
    return HandoffRow(
        customer_id=customer_id,
        handoff_id=identifier(journey.journey_id, left.channel, left.last_id, arrived.channel, arrived.first_id),
        journey_id=journey.journey_id,
        intent=journey.intent,
        from_channel=left.channel,
        to_channel=arrived.channel,
        referred_to=outstanding.referral.to_channel if outstanding else None,
        left_at=left.last_at,
        arrived_at=arrived.first_at,
        due_at=outstanding.referral.deadline if outstanding else None,
        gap_seconds=(arrived.first_at - left.last_at) / 1000,
        result="failed" if failures else "smooth",
        failures=failures,
        wait_seconds=arrived.longest_wait,
        reasked=tuple(arrived.reasked),
        contradictions=contradictions,
        care=care,
        compared=tuple(sorted(arrived.first_answers.keys() & known.keys())),
    )


def _failures(
    before: Visit | None,
    left: Visit,
    arrived: Visit,
    outstanding: Outstanding | None,
    contradicted: bool,
    wait_standard: float,
) -> tuple[str, ...]:
    failures: list[str] = []
    meets = outstanding is not None and outstanding.referral.to_channel == arrived.channel
    if outstanding is not None and not meets and outstanding.referral is left.referral:
        failures.append("misdirected")
    if outstanding is not None and meets and arrived.first_at > outstanding.referral.deadline:
        failures.append("overdue")
    if arrived.reasked:
        failures.append("repeated")
    if contradicted:
        failures.append("contradicted")
    if before is not None and before.channel == arrived.channel and not left.succeeded and not meets:
        failures.append("bounced")
    if arrived.longest_wait > wait_standard:
        failures.append("stalled")
    return tuple(failures)


def _unarrived(
    customer_id: str, journey: Journey, outstanding: Outstanding, care: tuple[str, ...], lost: bool
) -> HandoffRow:
    referral = outstanding.referral
    return HandoffRow(
        customer_id=customer_id,
        handoff_id=identifier(journey.journey_id, outstanding.channel, referral.event_id, "lost"),
        journey_id=journey.journey_id,
        intent=journey.intent,
        from_channel=outstanding.channel,
        to_channel=referral.to_channel,
        referred_to=referral.to_channel,
        left_at=referral.at,
        arrived_at=None,
        due_at=referral.deadline,
        gap_seconds=None,
        result="failed" if lost else "pending",
        failures=("lost",) if lost else (),
        wait_seconds=0.0,
        reasked=(),
        contradictions={},
        care=care,
    )
