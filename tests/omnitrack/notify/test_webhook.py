"""A webhook gets each alert signed and once, however it behaves; what it never takes is kept."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from standardwebhooks import Webhook as Judge
from typer.testing import CliRunner

from omnitrack.cli import app
from schemas.rows import AlertRow
from schemas.topics import Topics
from tests.omnitrack.notify.inbox import Inbox
from tests.omnitrack.notify.process import NotifyProcess, said_now, send
from tests.streams.worker import LONG_SESSION, eventually
from tests.support.alertmanager import AlertmanagerServer
from tests.support.brokers import Broker

TOPICS = Topics("test-webhook.")
SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()


class Posting:
    """A deployment's alerts, and the webhook that they are posted to."""

    def __init__(self, broker: Broker, inbox: Inbox, process: NotifyProcess) -> None:
        self.broker = broker
        self.inbox = inbox
        self.process = process

    def say(self, *rows: AlertRow) -> None:
        send(self.broker, TOPICS, *rows)

    def await_told(self, subject: str, types: list[str]) -> None:
        eventually(f"{subject}: {types}", lambda: self.inbox.told(subject) == types, self.process.child)


@pytest.fixture(scope="module")
def posting(embedded_broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Posting]:
    folder = tmp_path_factory.mktemp("posting")
    (folder / "secret").write_text(SECRET)
    with Inbox.open() as inbox:
        settings = {
            "OMNITRACK_WEBHOOK": inbox.url,
            "OMNITRACK_WEBHOOK_SECRET_FILE": str(folder / "secret"),
            **LONG_SESSION,
        }
        process = NotifyProcess("webhook", embedded_broker, TOPICS, folder, settings)
        try:
            process.await_ready()
            yield Posting(embedded_broker, inbox, process)
        finally:
            process.child.kill()


def test_what_begins_and_ends_is_posted_with_a_signature_and_a_key_of_its_own(posting: Posting) -> None:
    row = said_now("begins")
    posting.say(row)
    posting.await_told("begins", ["alert.firing"])
    headers, body = next(post for post in posting.inbox.posts if b"begins" in post[1])
    assert Judge(SECRET).verify(body, headers) == json.loads(body)
    assert headers["webhook-id"] == f"{row.alert_id}:1"
    assert b"C-1" not in body
    posting.say(said_now("begins", version=2, value=0.3), said_now("begins", "resolved", version=3))
    posting.await_told("begins", ["alert.firing", "alert.resolved"])


def test_a_webhook_that_fails_for_a_while_is_tried_again_with_the_same_key(posting: Posting) -> None:
    posting.inbox.status = 503
    posting.say(said_now("fails first"))
    eventually("tried twice", lambda: len(posts_of(posting.inbox, "fails first")) >= 2, posting.process.child)
    posting.inbox.status = 204
    posting.await_told("fails first", ["alert.firing"])
    assert len({headers["webhook-id"] for headers, _ in posts_of(posting.inbox, "fails first")}) == 1


def test_what_it_refuses_is_kept_with_the_reason_and_holds_up_nothing(posting: Posting) -> None:
    posting.inbox.status = 410
    posting.say(said_now("refused"))
    eventually("given up", lambda: bool(posting.process.undelivered()), posting.process.child)
    posting.inbox.status = 204
    posting.say(said_now("after it"))
    posting.await_told("after it", ["alert.firing"])
    [kept] = [one for one in posting.process.undelivered() if one.notice.subject == "refused"]
    assert (kept.receiver, kept.notice.subject) == ("webhook", "refused")
    assert "answered 410" in kept.error
    assert "token=secret" not in posting.process.log.read_text() + kept.error


def test_what_it_refused_is_listed_and_sent_again_once_it_takes_it(posting: Posting) -> None:
    environment = posting.process.environment
    posting.inbox.status = 410
    posting.say(said_now("sent again"))
    eventually("given up", lambda: "sent again" in str(posting.process.undelivered()), posting.process.child)
    listed = CliRunner().invoke(app, ["undelivered", "list"], env=environment | {"COLUMNS": "250"})
    assert "the handoff sent again failed" in listed.stdout
    refused = CliRunner().invoke(app, ["undelivered", "send"], env=environment)
    assert refused.exit_code == 1
    assert "answered 410" in refused.stderr
    posting.inbox.status = 204
    sent = CliRunner().invoke(app, ["undelivered", "send"], env=environment)
    assert sent.exit_code == 0, sent.output
    posting.await_told("sent again", ["alert.firing"])
    assert len({headers["webhook-id"] for headers, _ in posts_of(posting.inbox, "sent again")}) == 1
    assert "0 sent, 0 still wait" in CliRunner().invoke(app, ["undelivered", "send"], env=environment).stdout


def test_a_webhook_that_hangs_keeps_no_other_receiver_waiting_and_loses_nothing(
    posting: Posting, embedded_broker: Broker, tmp_path: Path
) -> None:
    server = AlertmanagerServer(tmp_path, posting.inbox.url)
    settings = {"OMNITRACK_ALERTMANAGER": server.url}
    other = NotifyProcess("alertmanager", embedded_broker, TOPICS, tmp_path, settings)
    subjects = [f"hangs {number}" for number in range(300)]
    try:
        other.await_ready()
        posting.inbox.answering.clear()
        posting.say(*map(said_now, subjects))
        eventually("Alertmanager has them all", other.has_acknowledged_all, other.child)
        assert all(server.alerts(subject) for subject in (subjects[0], subjects[-1]))
        assert not posting.process.has_acknowledged_all()
        assert all(posting.inbox.told(subject) == [] for subject in subjects)
        posting.inbox.answering.set()
        eventually("and so has the webhook", posting.process.has_acknowledged_all, posting.process.child)
        assert {one for one in subjects if posting.inbox.told(one)} == set(subjects)
    finally:
        posting.inbox.answering.set()
        other.child.kill()
        server.child.kill()


def posts_of(inbox: Inbox, subject: str) -> list[tuple[dict[str, str], bytes]]:
    return [post for post in inbox.posts if json.loads(post[1]).get("data", {}).get("subject") == subject]
