"""Alerts reach Debian's Alertmanager, stay there for as long as they fire, and end there for whatever reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from schemas.rows import AlertRow
from schemas.topics import Topics
from tests.omnitrack.notify.inbox import Inbox
from tests.omnitrack.notify.process import NotifyProcess, said_now, send
from tests.streams.worker import eventually
from tests.support.alertmanager import AlertmanagerServer
from tests.support.brokers import Broker


class Paging:
    """A deployment's alerts, Alertmanager, and whom it pages."""

    def __init__(self, broker: Broker, server: AlertmanagerServer, inbox: Inbox, process: NotifyProcess) -> None:
        self.server = server
        self.inbox = inbox
        self.process = process
        self._broker = broker

    def say(self, *rows: AlertRow) -> None:
        send(self._broker, TOPICS, *rows)

    def await_firing(self, subject: str) -> None:
        eventually(f"{subject} fires", lambda: bool(self.server.alerts(subject)), self.process.child)

    def await_page(self, subject: str, status: str, how: str | None) -> None:
        eventually(f"{subject}: {status}", lambda: (status, how) in self.inbox.paged(subject), self.process.child)

    def fires_until(self, subject: str) -> datetime:
        """As Alertmanager was told last; `NEVER` while it knows nothing of it."""
        return max((datetime.fromisoformat(one["endsAt"]) for one in self.server.alerts(subject)), default=NEVER)


NEVER = datetime.min.replace(tzinfo=UTC)
TOPICS = Topics("test-paging.")


@pytest.fixture(scope="module")
def paging(embedded_broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paging]:
    folder = tmp_path_factory.mktemp("paging")
    with Inbox.open() as inbox:
        inbox.status = 200
        server = AlertmanagerServer(folder, inbox.url)
        settings = {"OMNITRACK_ALERTMANAGER": server.url, "OMNITRACK_ALERTMANAGER_REFRESH": "5"}
        process = NotifyProcess("alertmanager", embedded_broker, TOPICS, folder, settings)
        try:
            process.await_ready()
            yield Paging(embedded_broker, server, inbox, process)
        finally:
            process.child.kill()
            server.child.kill()


def test_an_alert_appears_with_the_labels_that_route_it_and_pages(paging: Paging) -> None:
    paging.say(said_now("appears"))
    paging.await_firing("appears")
    [shown] = paging.server.alerts("appears")
    assert shown["labels"]["alertname"] == "handoff_failed"
    assert shown["labels"]["intent"] == "card_replacement"
    assert "C-1" not in str(shown)
    paging.await_page("appears", "firing", None)


def test_it_is_told_again_and_again_while_it_fires(paging: Paging) -> None:
    paging.say(said_now("lasts"))
    paging.await_firing("lasts")
    first = paging.fires_until("lasts")
    eventually("refreshed", lambda: paging.fires_until("lasts") > first, paging.process.child)


@pytest.mark.parametrize(
    ("status", "how"),
    [("resolved", "resolved"), ("retracted", "retracted: a correction showed that it never was right")],
)
def test_it_ends_when_it_is_resolved_and_when_a_correction_takes_it_back(paging: Paging, status: str, how: str) -> None:
    subject = f"is {status}"
    paging.say(said_now(subject))
    paging.await_page(subject, "firing", None)
    paging.say(said_now(subject, status, version=2))
    paging.await_page(subject, "resolved", how)
    assert paging.server.alerts(subject) == []


def test_what_is_silenced_pages_nobody(paging: Paging) -> None:
    paging.say(said_now("quiet", "silenced"), said_now("loud"))
    paging.await_page("loud", "firing", None)
    assert paging.server.alerts("quiet") == []


def test_an_alertmanager_that_died_is_told_of_what_fires_and_not_of_what_ended_meanwhile(paging: Paging) -> None:
    paging.say(said_now("goes on"), said_now("ends meanwhile"))
    paging.await_firing("goes on")
    paging.await_firing("ends meanwhile")
    paging.server.child.kill()
    paging.say(said_now("ends meanwhile", "resolved", version=2), said_now("begins meanwhile"))
    eventually("it says that it waits", lambda: "waiting for a receiver" in paging.process.log.read_text())
    paging.server.start()
    paging.await_firing("goes on")
    paging.await_firing("begins meanwhile")
    eventually("all is told", paging.process.has_acknowledged_all, paging.process.child)
    assert paging.server.alerts("ends meanwhile") == []


def test_a_killed_process_goes_on_telling_of_what_fires(paging: Paging) -> None:
    paging.say(said_now("survives"))
    eventually("told", paging.process.has_acknowledged_all, paging.process.child)
    paging.process.child.kill()
    told_by_the_first = max(paging.fires_until("survives"), datetime.now(UTC))
    paging.process.spawn()
    eventually("told by the next", lambda: paging.fires_until("survives") > told_by_the_first, paging.process.child)
    paging.say(said_now("survives", "resolved", version=2))
    eventually("the end is told", paging.process.has_acknowledged_all, paging.process.child)
    assert paging.server.alerts("survives") == []
