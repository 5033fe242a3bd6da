"""`omnitrack undelivered`: alerts that a receiver did not take, shown and sent again."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, datetime

import typer
from pydantic import ValidationError
from rich.table import Table

from omnitrack.broker_reader import BrokerUnavailableError
from omnitrack.commands.options import DataDir, Kafka
from omnitrack.commands.telling import OTHERWISE, complain, complaining
from omnitrack.notify.receivers import NobodyToTell, receiver_of
from omnitrack.notify.settings import NotifySettings
from omnitrack.notify.undelivered import Undelivered
from omnitrack.notify.waiting import Queue, send_again
from omnitrack.sending import NotSentError
from omnitrack.settings import resolve_endpoints
from omnitrack.terminal import plain_console

undelivered_app = typer.Typer(
    help="Alerts that a webhook did not take. See why, and send them again.", no_args_is_help=True
)


@undelivered_app.command("list")
def list_command(kafka: Kafka = None, data_dir: DataDir = None) -> None:
    """List what waits, the oldest first.

    Exit code 2: Kafka could not be asked.
    """
    with _told(), Queue(resolve_endpoints(kafka, None, data_dir)) as queue:
        plain_console().print(_table(queue.read().records))


@undelivered_app.command("send")
def send_command(kafka: Kafka = None, data_dir: DataDir = None) -> None:
    """Send each once more, with the key that it had; what is not taken goes on waiting.

    The receivers are those of OMNITRACK_WEBHOOK, OMNITRACK_WEBHOOK_SECRET_FILE and OMNITRACK_ALERTMANAGER. Exit code 1:
    some still wait; 2: Kafka could not be asked, or a receiver is not set.
    """
    with _told(), Queue(resolve_endpoints(kafka, None, data_dir)) as queue:
        waiting = queue.read()
        settings = NotifySettings()
        again: list[Undelivered] = []
        for name in sorted({one.receiver for one in waiting.records}):
            mine = [one for one in waiting.records if one.receiver == name]
            again += send_again(receiver_of(name, settings), mine)
        queue.finish(waiting, again)
    typer.echo(f"{len(waiting.records) - len(again)} sent, {len(again)} still wait")
    if again:
        complain("undelivered", f"the last was not taken: {again[-1].error}")
        raise typer.Exit(OTHERWISE)


def _told() -> AbstractContextManager[None]:
    return complaining("undelivered", BrokerUnavailableError, NotSentError, NobodyToTell, ValidationError)


def _table(records: list[Undelivered]) -> Table:
    table = Table("given up", "receiver", "rule", "severity", "status", "summary", "why")
    for one in records:
        at = datetime.fromtimestamp(one.given_up_at / 1000, UTC).isoformat(" ", timespec="seconds")
        notice = one.notice
        table.add_row(at, one.receiver, notice.rule, notice.severity, notice.status, notice.summary, one.error)
    return table
