"""Alerts on what happens to one customer: handoffs that fail, and promises near or past their date."""

from __future__ import annotations

from typing import Any

import pytest

from streams.alerting.customers import PATIENCE
from streams.placing import place
from tests.streams.alerting.rows import DAY, HOUR, MINUTE, NOON, RULES, handoff, journey, promise, rules
from tests.streams.alerting.world import PARTITIONS, TOPICS, World, at, tell


@pytest.fixture
def world() -> World:
    return World(rules(), NOON)


class TestHandoffs:
    def test_one_that_fails_raises_one_alert(self, world: World) -> None:
        (alert,) = tell(world, journey(), handoff(NOON - MINUTE))
        assert (alert.rule, alert.kind, alert.status, alert.severity) == ("broken", "handoff", "firing", "critical")
        assert alert.event_time == NOON - MINUTE
        assert alert.summary == "Handoff mobile_app → branch failed (repeated) in transfer"
        assert alert.labels == {
            "team": "service",
            "from_channel": "mobile_app",
            "to_channel": "branch",
            "intent": "transfer",
            "failure": "repeated",
        }

    @pytest.mark.parametrize("changes", [{"result": "smooth", "failures": ()}, {"failures": ("stalled",)}])
    def test_one_that_the_rule_does_not_name_raises_none(self, world: World, changes: dict[str, Any]) -> None:
        assert tell(world, journey(), handoff(NOON - MINUTE, **changes)) == []

    def test_a_newer_row_that_says_the_same_says_nothing(self, world: World) -> None:
        tell(world, journey(), handoff(NOON - MINUTE))
        assert tell(world, handoff(NOON - MINUTE, version=2)) == []

    def test_a_correction_takes_it_back(self, world: World) -> None:
        (raised,) = tell(world, journey(), handoff(NOON - MINUTE))
        (retracted,) = tell(world, handoff(NOON - MINUTE, version=2, is_deleted=1))
        assert (retracted.alert_id, retracted.status, retracted.is_deleted) == (raised.alert_id, "retracted", 1)
        assert world.alerts() == []

    def test_an_older_row_changes_nothing(self, world: World) -> None:
        tell(world, journey(), handoff(NOON - MINUTE, version=2, result="smooth"))
        assert tell(world, handoff(NOON - MINUTE, version=1)) == []

    def test_it_ends_at_its_time(self, world: World) -> None:
        tell(world, journey(), handoff(NOON - MINUTE))
        assert at(world, NOON + DAY - 2 * MINUTE) == []
        (resolved,) = at(world, NOON + DAY)
        assert (resolved.status, resolved.resolved_at) == ("resolved", NOON - MINUTE + DAY)

    def test_what_began_before_the_alert_horizon_raises_none(self, world: World) -> None:
        assert tell(world, journey(), handoff(NOON - DAY)) == []
        assert len(tell(world, journey(version=2), handoff(NOON - DAY + 1, version=2))) == 1

    def test_what_happens_in_a_declared_incident_is_silenced(self, world: World) -> None:
        (alert,) = tell(world, handoff(NOON - MINUTE), journey(incidents=("outage-7",)))
        assert (alert.status, alert.silenced_by) == ("silenced", "incident:outage-7")

    def test_an_incident_declared_later_silences_what_was_firing(self, world: World) -> None:
        tell(world, journey(), handoff(NOON - MINUTE))
        (alert,) = tell(world, journey(version=2, incidents=("outage-7",)))
        assert alert.status == "silenced"

    def test_its_journey_is_waited_for_but_not_for_ever(self, world: World) -> None:
        assert tell(world, handoff(NOON - MINUTE)) == []
        (alert,) = at(world, NOON + PATIENCE)
        assert alert.status == "firing"

    def test_maintenance_silences_by_the_time_of_the_event(self, world: World) -> None:
        during, after = NOON - 50 * MINUTE, NOON - 30 * MINUTE
        (one,) = tell(world, journey("C-1"), handoff(during, "C-1", to_channel="hotline"))
        (other,) = tell(world, journey("C-2"), handoff(after, "C-2", to_channel="hotline"))
        assert (one.status, one.silenced_by, other.status) == ("silenced", "maintenance:release", "firing")


class TestPromises:
    def test_one_about_to_be_due_is_told_of_when_the_clock_gets_there(self, world: World) -> None:
        assert tell(world, journey(), promise(NOON + 3 * HOUR)) == []
        (alert,) = at(world, NOON + HOUR)
        assert (alert.rule, alert.status, alert.value, alert.threshold) == ("due", "firing", 7200.0, 7200.0)
        assert alert.summary == "Promise made on branch is due at 2026-11-24 15:00 UTC and not kept"

    def test_its_date_is_told_in_the_time_zone_of_the_calendar(self) -> None:
        world = World(rules(f"{RULES}\ncalendar: {{time_zone: Asia/Shanghai, hours: {{}}}}"), NOON + HOUR)
        (alert,) = tell(world, journey(), promise(NOON + 3 * HOUR))
        assert alert.summary == "Promise made on branch is due at 2026-11-24 23:00 Asia/Shanghai and not kept"

    def test_a_rule_for_care_groups_goes_by_the_journey_of_the_promise(self, world: World) -> None:
        assert tell(world, journey(care=("minor",)), promise(NOON + 2 * HOUR + MINUTE)) == []
        (raised,) = tell(world, journey(version=2, care=("elderly", "minor")))
        assert (raised.rule, raised.status) == ("cared_for", "firing")
        (retracted,) = tell(world, journey(version=3, care=("minor",)))
        assert (retracted.rule, retracted.status) == ("cared_for", "retracted")

    def test_where_it_is_counted_in_business_time_nights_and_holidays_are_none(self) -> None:
        hours = "calendar: {time_zone: UTC, hours: {mon: 09:00-17:00, tue: 09:00-17:00}, holidays: [2026-11-30]}"
        near = '{kind: deadline, before: 4h, business_time: true, summary: "due at {due_at}, within {before}"}'
        world = World(rules(f"alerts: {{rules: {{near: {near}}}}}\n{hours}"), NOON)
        due_at = NOON + 7 * DAY - 2 * HOUR  # on the next Tuesday at 10:00
        assert tell(world, journey(), promise(due_at, made_at=NOON)) == []
        assert at(world, NOON + 2 * HOUR - 1) == []
        (alert,) = at(world, NOON + 2 * HOUR)
        assert (alert.status, alert.event_time, alert.value, alert.threshold) == (
            "firing",
            NOON + 2 * HOUR,
            (due_at - NOON - 2 * HOUR) / 1000,
            14400.0,
        )
        assert alert.summary == "due at 2026-12-01 10:00 UTC, within 4h of business time"
        (resolved,) = at(world, due_at)
        assert (resolved.status, resolved.resolved_at) == ("resolved", due_at)

    def test_while_something_may_be_on_its_way_nobody_is_told(self, world: World) -> None:
        behind = NOON - 5 * HOUR
        assert tell(world, journey(), promise(NOON + HOUR), clock=behind) == []
        assert tell(world, promise(NOON + HOUR, version=2, kept_at=NOON - 2 * HOUR, status="kept")) == []

    def test_it_is_resolved_when_the_promise_is_kept(self, world: World) -> None:
        tell(world, journey(), promise(NOON + HOUR))
        (resolved,) = tell(world, promise(NOON + HOUR, version=2, kept_at=NOON - MINUTE, status="kept"))
        assert (resolved.status, resolved.resolved_at) == ("resolved", NOON - MINUTE)

    def test_it_is_taken_back_where_the_promise_had_been_kept_before(self, world: World) -> None:
        tell(world, journey(), promise(NOON + HOUR))
        (retracted,) = tell(world, promise(NOON + HOUR, version=2, kept_at=NOON - 3 * HOUR, status="kept"))
        assert retracted.status == "retracted"

    def test_one_that_is_overdue_is_told_of_when_stitching_says_so(self, world: World) -> None:
        tell(world, journey(), promise(NOON - MINUTE))
        said = tell(world, promise(NOON - MINUTE, version=2, status="overdue"))
        assert [(alert.rule, alert.status, alert.event_time) for alert in said] == [
            ("overdue", "firing", NOON - MINUTE)
        ]
        (resolved,) = tell(world, promise(NOON - MINUTE, version=3, status="kept_late", kept_at=NOON))
        assert (resolved.rule, resolved.status) == ("overdue", "resolved")


class TestWhatIsKnown:
    def test_leaves_with_the_alert_horizon(self, world: World) -> None:
        tell(world, journey(), handoff(NOON), promise(NOON + HOUR))
        at(world, NOON + 3 * DAY)
        assert not any(world.states.partitions.values())
        assert {alert.status for alert in world.alerts()} == {"resolved"}

    def test_another_catalogue_is_obeyed_after_a_restart(self, world: World) -> None:
        tell(world, journey(), handoff(NOON - MINUTE))
        narrowed = "alerts: {rules: {broken: {kind: handoff, failures: [lost]}}}"
        for text, status in ((narrowed, "retracted"), ("alerts: {}", "resolved")):
            other = World(rules(text), NOON)
            other.states.partitions |= {number: dict(state) for number, state in world.states.partitions.items()}
            other.alerting.recover(range(PARTITIONS))
            other.settle()
            assert [alert.status for alert in other.said()] == [status]

    def test_is_forgotten_where_somebody_asks_for_it(self, world: World) -> None:
        tell(world, journey(), handoff(NOON - MINUTE), promise(NOON + HOUR))
        key, partition = place("C-1", PARTITIONS)
        world.logs[TOPICS.alerting, partition].append((key, b""))
        assert {alert.status for alert in tell(world)} == {"retracted"}
        assert key not in world.states.partitions[partition]


def test_thousands_at_once_are_noted_in_records_that_a_broker_takes(world: World) -> None:
    customers = [f"C-{number}" for number in range(2_000)]
    for customer in customers:
        world.publish(journey(customer))
    world.settle()
    for customer in customers:
        world.publish(handoff(NOON - MINUTE, customer))
    for topic, partition in world.behind:
        world.take(topic, partition, 10_000)
    assert len(world.sent) == len(customers)
    assert world.states.largest < 900_000
    assert not [key for state in world.states.partitions.values() for key in state if key.startswith(b"\x00announced")]
