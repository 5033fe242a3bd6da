"""What is to be copied from where, decided from names and offsets alone."""

from __future__ import annotations

import pytest

from omnitrack.copying.plan import CannotCopy, Deployment, Span, lost, spans, topics_to_copy
from omnitrack.offsets import Partition

FIRST, SECOND = Partition("omnitrack.touchpoints.atm", 0), Partition("omnitrack.touchpoints.atm", 1)


def deployment(prefix: str, *channels: str, cluster: str = "c") -> Deployment:
    topics = {f"{prefix}touchpoints.{channel}" for channel in channels}
    return Deployment("kafka:9092", cluster, prefix, frozenset({*topics, f"{prefix}customer", "other"}))


def test_each_channel_goes_to_the_topic_of_its_name() -> None:
    old, new = deployment("", "atm", "kiosk"), deployment("new.", "atm", "kiosk", "branch")
    wanted = {"touchpoints.atm": "new.touchpoints.atm", "touchpoints.kiosk": "new.touchpoints.kiosk"}
    assert topics_to_copy(old, new, ()) == wanted
    assert topics_to_copy(old, new, ["kiosk"]) == {"touchpoints.kiosk": "new.touchpoints.kiosk"}


def test_the_same_prefix_on_another_cluster_is_another_deployment() -> None:
    there, here = deployment("omnitrack.", "atm", cluster="there"), deployment("omnitrack.", "atm", cluster="here")
    assert topics_to_copy(there, here, ()) == {"omnitrack.touchpoints.atm": "omnitrack.touchpoints.atm"}


@pytest.mark.parametrize(
    ("old", "new", "channels", "why"),
    [
        (deployment("a.", "atm"), deployment("a.", "atm"), (), "would be copied into itself"),
        (deployment("b."), deployment("a.", "atm"), (), r"no topics b.touchpoints.\* at kafka:9092: see --from-prefix"),
        (deployment("b.", "atm"), deployment("a.", "atm"), ["kiosk"], r"no channel kiosk in b.\* .*, only atm"),
        (deployment("b.", "kiosk"), deployment("a.", "atm"), (), "no topic a.touchpoints.kiosk .* Start a worker"),
    ],
)
def test_what_cannot_be_copied_says_why_and_what_to_do(
    old: Deployment, new: Deployment, channels: list[str], why: str
) -> None:
    with pytest.raises(CannotCopy, match=why):
        topics_to_copy(old, new, channels)


def test_a_first_copy_begins_at_the_oldest_record_kept() -> None:
    assert spans({FIRST: 5}, {FIRST: 9, SECOND: 0}, {}) == {FIRST: Span(5, 9), SECOND: Span(0, 0)}


def test_a_next_copy_goes_on_where_the_last_one_ended() -> None:
    planned = spans({FIRST: 5, SECOND: 0}, {FIRST: 9, SECOND: 4}, {FIRST: 7, SECOND: 4})
    assert planned == {FIRST: Span(7, 9), SECOND: Span(4, 4)}
    assert lost(planned) == []


def test_what_retention_took_between_two_copies_is_told() -> None:
    planned = spans({FIRST: 5}, {FIRST: 9}, {FIRST: 2})
    assert planned == {FIRST: Span(5, 9, lost=3)}
    assert lost(planned) == [f"{FIRST}: 3 offsets (2 to 4) left Kafka by retention before they were copied"]


def test_a_topic_that_was_made_anew_is_copied_from_its_begin() -> None:
    assert spans({FIRST: 0}, {FIRST: 3}, {FIRST: 7}) == {FIRST: Span(0, 3)}
