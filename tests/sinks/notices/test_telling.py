"""What is told of alerts: each once, in order, and nobody of what was over before it could be told."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.rows import AlertRow
from sinks.notices import Notice, forget_before, read_news
from sinks.notices.telling import KEEP_ENDED_MS, standing
from tests.sinks.notices.alerts import NOON, alert


class Listener:
    """Whom batches of rows are told to, and what is kept of that."""

    def __init__(self, every_change: bool = True) -> None:
        self.told: dict[bytes, bytes] = {}
        self.heard: list[Notice] = []
        self._every_change = every_change

    def take(self, *rows: AlertRow) -> list[str]:
        """The statuses that one batch of rows makes worth telling."""
        news = read_news(rows, self.told, lambda told, now: self._every_change)
        self.told.update((key, value) for key, value in news.writes if value is not None)
        self.heard += news.notices
        return [notice.status for notice in news.notices]

    @property
    def firing(self) -> set[str]:
        return {notice.alert_id for notice in standing(self.told)}


def test_an_alert_is_told_when_it_begins_and_when_it_ends() -> None:
    listener = Listener()
    assert listener.take(alert()) == ["firing"]
    assert listener.firing == {alert().alert_id}
    assert listener.take(alert(status="resolved", version=2)) == ["resolved"]
    assert listener.firing == set()


@pytest.mark.parametrize("status", ["resolved", "retracted", "silenced"])
def test_what_is_over_before_it_was_told_is_told_to_nobody(status: str) -> None:
    assert Listener().take(alert(status=status)) == []
    assert Listener().take(alert(), alert(status=status, version=2)) == []


def test_a_silenced_alert_that_was_told_ends_and_fires_again_when_the_silence_does() -> None:
    listener = Listener()
    listener.take(alert())
    assert listener.take(alert(status="silenced", version=2)) == ["silenced"]
    assert listener.take(alert(version=3)) == ["firing"]


def test_a_change_is_told_only_to_those_for_whom_it_is_news() -> None:
    for every_change, heard in ((True, ["firing"]), (False, [])):
        listener = Listener(every_change)
        listener.take(alert())
        assert listener.take(alert(version=2)) == heard


def test_what_went_wrong_again_is_told_again_and_what_came_of_the_first_time_is_old() -> None:
    listener = Listener()
    listener.take(alert())
    again = alert(event_time=NOON - 5_000, updated_at=NOON + 9_000)
    assert listener.take(alert(status="retracted", version=2), again) == ["retracted", "firing"]
    assert listener.take(alert(status="retracted", version=3)) == []
    assert listener.firing == {again.alert_id}


def test_a_replay_tells_nothing_though_the_alert_ended_meanwhile() -> None:
    listener = Listener()
    rows = [alert(), alert(version=2), alert(status="retracted", version=3)]
    for row in rows:
        listener.take(row)
    assert [listener.take(row) for row in rows] == [[], [], []]


def test_the_customer_is_told_to_nobody() -> None:
    listener = Listener()
    listener.take(alert(customer_id="6222021234567890"))
    assert "6222021234567890" not in repr(listener.heard) + repr(listener.told)


def test_what_ended_is_forgotten_after_a_while_and_what_fires_is_not() -> None:
    listener = Listener()
    listener.take(alert("h1"), alert("h2"))
    listener.take(alert("h1", status="resolved", version=2))
    assert forget_before(listener.told, NOON + 2_000 + KEEP_ENDED_MS) == ()
    later = forget_before(listener.told, NOON + 2_001 + KEEP_ENDED_MS)
    assert [key.decode() for key, _ in later] == [alert("h1").fingerprint]


statuses = st.sampled_from(["firing", "resolved", "retracted", "silenced"])


@st.composite
def histories(draw: st.DrawFn) -> list[AlertRow]:
    """The rows of a partition: of a few subjects alerts one after the other, each with growing versions; all end, but
    for the last of a subject."""
    rows: list[AlertRow] = []
    for subject in draw(st.lists(st.sampled_from(["a", "b", "c"]), unique=True)):
        for number in range(count := draw(st.integers(1, 3))):
            said = draw(st.lists(statuses, min_size=1, max_size=4))
            said += ["resolved"] if said[-1] == "firing" and number < count - 1 else []
            event_time = NOON + draw(st.integers(0, 9)) * 10 + number
            rows += [
                alert(subject, one, version, event_time=event_time, updated_at=NOON + 10 * number + version)
                for version, one in enumerate(said, 1)
            ]
    order = draw(st.permutations(range(len(rows))))
    kept = {subject: iter([row for row in rows if row.subject == subject]) for subject in "abc"}
    return [next(kept[rows[number].subject]) for number in order]


def cut(rows: list[AlertRow], at: Iterable[int]) -> list[list[AlertRow]]:
    edges = [0, *sorted({min(edge, len(rows)) for edge in at}), len(rows)]
    return [rows[first:last] for first, last in pairwise(edges)]


@given(histories(), st.lists(st.integers(0, 30), max_size=6), st.data())
def test_however_batches_are_cut_and_replayed_what_fires_in_the_end_is_what_the_rows_say(
    rows: list[AlertRow], edges: list[int], data: st.DataObject
) -> None:
    listener = Listener()
    batches = cut(rows, edges)
    for number, batch in enumerate(batches):
        listener.take(*batch)
        replayed_from = data.draw(st.integers(0, number))
        for again in batches[replayed_from : number + 1]:
            listener.take(*again)
    last = {row.fingerprint: row for row in rows}
    assert listener.firing == {row.alert_id for row in last.values() if row.status == "firing"}
    keys = [notice.key for notice in listener.heard]
    assert len(keys) == len(set(keys)), "told twice"
