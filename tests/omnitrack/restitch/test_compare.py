"""What differs is told by row and field; what is as the pure function says, now or a moment ago, is the same."""

from __future__ import annotations

from msgspec.structs import replace

from omnitrack.restitch.compare import Comparison, compare
from omnitrack.restitch.report import Report, Tally
from omnitrack.restitch.stored import StoredCustomer
from omnitrack.restitch.table import render
from schemas.catalogue import Catalogue, IntentRules
from schemas.rows import TouchpointRow
from schemas.touchpoint import Arrival, Origin, Touchpoint
from streams.journey import stitch
from tests.streams.journey.cases import DAY, at, step

RULES = Catalogue()
NOW = at("20 00:00")
COUNTS = ("handoffs", "last_at", "touchpoints", "visits")
CALL = step("1", "hotline", "2 09:00", referral_to="branch", referral_due_at=at("2 18:00"))
VISIT = step("2", "branch", "2 12:00", promise_id="p", promise_due_at=at("9 00:00"), outcome="succeeded")


def origin(number: int) -> Origin:
    return Origin("touchpoints", 0, number)


def letter(touchpoint: Touchpoint, number: int) -> Arrival:
    return Arrival(touchpoint, origin(number), NOW, None, b"{}")


def stored(*touchpoints: Touchpoint, clock: int = NOW) -> StoredCustomer:
    """A customer whose rows are right at `clock`."""
    made = stitch([("C-1", each) for each in touchpoints], RULES, clock)
    journeys = {(each.channel, each.event_id): each.journey_id for each in made.assignment}
    rows = [
        TouchpointRow("C-1", each, journeys[each.channel, each.event_id], NOW, origin(number), version=5)
        for number, each in enumerate(touchpoints)
    ]
    return StoredCustomer("C-1", 5, rows, made.journeys, made.handoffs, made.promises)


def shown(comparison: Comparison) -> list[tuple[str, str, list[str]]]:
    return [(example.table, example.kind, sorted(example.fields)) for example in comparison.examples]


def test_rows_that_are_right_are_the_same_whatever_their_version() -> None:
    customer = stored(CALL, VISIT)
    customer.journeys = [replace(row, version=99) for row in customer.journeys]
    comparison = compare(customer, [], RULES, NOW)
    assert not comparison.differs
    assert dict(comparison.counts) == {
        ("touchpoints", "same"): 2,
        ("journeys", "same"): 1,
        ("handoffs", "same"): 1,
        ("promises", "same"): 1,
    }


def test_a_wrong_field_is_named_with_its_value_before_and_after() -> None:
    customer = stored(CALL, VISIT)
    customer.journeys = [replace(row, status="open", visits=7) for row in customer.journeys]
    (example,) = compare(customer, [], RULES, NOW).examples
    assert example.fields == {"status": ("open", "completed"), "visits": (7, 2)}


def test_a_missing_row_is_new_and_a_row_too_many_is_gone() -> None:
    customer = stored(CALL, VISIT)
    other = stored(step("9", "atm", "3 09:00", intent="transfer"))
    customer.promises = []
    customer.journeys += other.journeys
    assert shown(compare(customer, [], RULES, NOW)) == [("journeys", "gone", []), ("promises", "new", [])]


def test_a_touchpoint_in_another_journey_is_changed() -> None:
    customer = stored(CALL, VISIT)
    customer.touchpoints[1] = replace(customer.touchpoints[1], journey_id=None)
    assert shown(compare(customer, [], RULES, NOW)) == [("touchpoints", "changed", ["journey_id"])]


def test_who_was_named_and_has_nothing_stored_is_told() -> None:
    tally = Tally(most_examples=0)
    for customer in (stored(CALL), StoredCustomer("C-10OO")):
        tally.add(compare(customer, [], RULES, NOW))
    assert (tally.customers, tally.empty) == (2, 1)
    report = Report(2, 0, 0, 0, 0, tally.tables, (), unknown=tally.empty)
    assert "1 of them are not known: an id is given as customer_id is in the tables" in render(report)


def test_a_letter_becomes_a_touchpoint_and_changes_what_it_belongs_to() -> None:
    comparison = compare(stored(VISIT), [letter(CALL, 7)], RULES, NOW)
    assert ("touchpoints", "new", []) in shown(comparison)
    assert ("dead_letters", "gone", []) in shown(comparison)
    assert ("handoffs", "new", []) in shown(comparison)


def test_a_letter_that_says_otherwise_than_what_is_stored_stays_dead() -> None:
    comparison = compare(stored(CALL, VISIT), [letter(replace(CALL, stage="wait"), 7)], RULES, NOW)
    assert not comparison.differs
    assert comparison.counts["dead_letters", "same"] == 1


def test_a_letter_that_repeats_what_is_stored_is_taken_in_and_changes_nothing_else() -> None:
    assert shown(compare(stored(CALL, VISIT), [letter(CALL, 7)], RULES, NOW)) == [("dead_letters", "gone", [])]


def test_rows_whose_deadline_passed_a_moment_ago_have_not_changed_yet() -> None:
    deadline = at("2 18:00")
    customer = stored(CALL, clock=deadline)
    assert not compare(customer, [], RULES, deadline + 5_000).differs
    assert compare(customer, [], RULES, deadline + 60_000).differs


def test_another_catalogue_shows_what_it_would_change() -> None:
    customer = stored(step("1", "hotline", "2 09:00"), step("3", "atm", "6 09:00"))
    patient = Catalogue(default=IntentRules(inactivity=10 * DAY))
    assert shown(compare(customer, [], patient, NOW)) == [
        ("touchpoints", "changed", ["journey_id"]),
        (
            "journeys",
            "changed",
            [
                "channels",
                "contact_channels",
                "contact_starts",
                "contacts",
                "handoffs",
                "last_at",
                "touchpoints",
                "visits",
            ],
        ),
        ("journeys", "gone", []),
        ("handoffs", "new", []),
    ]
