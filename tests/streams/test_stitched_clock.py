"""W behind stitching: nothing is on its way to stitching, nor from there."""

from __future__ import annotations

from streams.stitched_clock import RowReading, StitchedClock
from streams.upstream import Reading, Source, Upstream

ATM, IDENTITY, CUSTOMER = ("touchpoints.atm", 0), ("identity", 0), ("customer", 0)
ROWS: Source = ("promises", 0)
SECOND = 1_000


class Broker:
    """Offsets of one partition each, read once a second."""

    def __init__(self) -> None:
        self.clock = StitchedClock(Upstream([ATM], [IDENTITY], [CUSTOMER]), "customer", 1)
        self.ends = {ATM: 0, IDENTITY: 0, CUSTOMER: 0}
        self.committed = dict(self.ends)
        self.rows, self.read = 0, 0
        self.now = 100 * SECOND

    def reached(self, readings: int = 12) -> int:
        """W after some readings."""
        latest = 0
        for _ in range(readings):
            self.now += SECOND
            reading = Reading(self.now, dict(self.ends), dict(self.committed))
            rows = RowReading({ROWS: self.rows}, {ROWS: self.read})
            latest = max(latest, self.clock.read(reading, rows)[0])
        return latest


def test_it_follows_the_time_while_nothing_is_on_its_way() -> None:
    broker = Broker()
    assert broker.now - broker.reached() <= 5 * SECOND


def test_it_stands_still_while_a_source_lags() -> None:
    broker = Broker()
    before = broker.reached()
    broker.ends[ATM] = 10
    lagging_since = broker.now
    assert before <= broker.reached(30) <= lagging_since
    broker.committed[ATM] = 10
    assert broker.reached() > lagging_since


def test_it_stands_still_while_rows_are_not_read() -> None:
    broker = Broker()
    broker.reached()
    broker.rows = 7
    unread_since = broker.now
    assert broker.reached(30) <= unread_since
    broker.read = 7
    assert broker.reached() > unread_since
