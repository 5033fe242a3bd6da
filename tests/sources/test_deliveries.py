"""The count of records under way between two threads."""

from __future__ import annotations

import threading

from sources.deliveries import Deliveries


def test_what_is_settled_is_delivered_or_failed() -> None:
    deliveries = Deliveries(10)
    for _ in range(3):
        assert deliveries.begin(0)
    deliveries.settle("metadata")
    first = TimeoutError("first")
    deliveries.settle(first)
    assert (deliveries.under_way, deliveries.delivered, deliveries.failed) == (1, 1, 1)
    deliveries.settle(TimeoutError("second"))
    assert deliveries.first_failure is first


def test_there_is_no_room_beyond_the_most() -> None:
    deliveries = Deliveries(2)
    assert deliveries.begin(0)
    assert deliveries.begin(0)
    assert not deliveries.begin(0.01)
    assert deliveries.under_way == 2


def test_room_is_made_by_another_thread() -> None:
    deliveries = Deliveries(2)
    assert deliveries.begin(0)
    assert deliveries.begin(0)
    settling = threading.Timer(0.05, deliveries.settle, ["metadata"])
    settling.start()
    assert deliveries.begin(10)
    settling.join()
    assert deliveries.under_way == 2


def test_waiting_ends_when_nothing_is_under_way() -> None:
    deliveries = Deliveries(2)
    assert deliveries.wait(0)
    assert deliveries.begin(0)
    assert not deliveries.wait(0.01)
    deliveries.settle("metadata")
    assert deliveries.wait(0)


def test_no_count_is_lost_between_threads() -> None:
    deliveries = Deliveries(50)
    begun = threading.Semaphore(0)

    def settle_all() -> None:
        for number in range(20_000):
            begun.acquire()
            deliveries.settle(ValueError("odd") if number % 2 else "metadata")

    settling = threading.Thread(target=settle_all)
    settling.start()
    for _ in range(20_000):
        assert deliveries.begin(10)
        begun.release()
    assert deliveries.wait(10)
    settling.join()
    assert (deliveries.under_way, deliveries.delivered, deliveries.failed) == (0, 10_000, 10_000)
