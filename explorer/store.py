"""Answers of ClickHouse, asked side by side: within a time and a number of rows, and with failures as values."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from clickhouse_driver import Client
from clickhouse_driver.errors import ErrorCodes

from explorer.meters import FAILURES, QUERY_SECONDS
from explorer.queries import Query
from sinks.clickhouse.client import connect, connected
from sinks.clickhouse.errors import ClickHouseError, ClickHouseRefused, ClickHouseUnavailable, explained
from sinks.clickhouse.metrics import Answer
from sinks.clickhouse.settings import ClickHouseSettings

Kind = Literal["away", "missing", "slow", "refused", "forbidden"]

CONNECTIONS = 4
CONNECT_SECONDS = 3
# How much longer than its query a connection is waited for.
GRACE_SECONDS = 5
MISSING = (ErrorCodes.UNKNOWN_DATABASE, ErrorCodes.UNKNOWN_TABLE, ErrorCodes.UNKNOWN_FUNCTION)
SLOW = (ErrorCodes.TIMEOUT_EXCEEDED, ErrorCodes.TOO_SLOW, ErrorCodes.MEMORY_LIMIT_EXCEEDED)
FACTS = "SELECT * FROM explorer_facts"
FACTS_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer: no ClickHouse, no such view, too slow, refused otherwise, or not for this visitor."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What every page needs to know: the time zone of the bank's days, what is stored, what can be filtered by."""

    zone: str = "UTC"
    touchpoints: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    intents: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    care: tuple[str, ...] = ()


class Store:
    """Asks one ClickHouse; may be used by any number of threads. `seconds` is what one query may take.

    `may_see` tells of a view whether who asks now may have its rows; it is asked in the caller's thread.
    """

    def __init__(
        self, settings: ClickHouseSettings, seconds: float, may_see: Callable[[str], bool] = lambda _view: True
    ) -> None:
        self.may_see = may_see
        self.settings = _impatient(settings, seconds)
        self.seconds = seconds
        self._pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="query")
        self._thread = threading.local()
        self._facts: tuple[float, Facts] | None = None

    def read(self, queries: Mapping[str, Query]) -> dict[str, Answer | Failure]:
        """The answer to each query, under its name."""
        allowed = {name: query for name, query in queries.items() if self.may_see(query.view)}
        asked = {name: self._pool.submit(self._answer, query) for name, query in allowed.items()}
        answers: dict[str, Answer | Failure] = {name: future.result() for name, future in asked.items()}
        return {name: answers.get(name, _forbidden(query.view)) for name, query in queries.items()}

    def facts(self) -> Facts | Failure:
        """The facts: at most half a minute old, always new while nothing is stored."""
        if self._facts is not None and self._facts[0] > time.monotonic() - FACTS_SECONDS:
            return self._facts[1]
        answer = self._pool.submit(self._try, FACTS, {}).result()
        if isinstance(answer, Failure):
            return answer
        facts = _facts_of(answer)
        self._facts = (time.monotonic(), facts) if facts.touchpoints else None
        return facts

    def stream(self, query: Query, seconds: float) -> Generator[Any]:
        """First the columns as (name, type), then the rows, one after the other, on a connection of its own.

        Raises `ClickHouseError`.
        """
        settings = {"max_execution_time": seconds}
        with connected(self.settings) as client:
            yield from client.execute_iter(
                query.call.sql, query.call.parameters, with_column_types=True, settings=settings
            )

    def _answer(self, query: Query) -> Answer | Failure:
        return self._try(query.call.sql, query.call.parameters)

    def _try(self, sql: str, parameters: Mapping[str, object]) -> Answer | Failure:
        with QUERY_SECONDS.time():
            answer = self._ask(sql, parameters)
        if isinstance(answer, Failure):
            FAILURES.labels(answer.kind).inc()
        return answer

    def _ask(self, sql: str, parameters: Mapping[str, object]) -> Answer | Failure:
        try:
            try:
                return self._execute(sql, parameters)
            except ClickHouseUnavailable:
                # The connection may be one that ClickHouse has closed since it was last used: a new one tells.
                return self._execute(sql, parameters)
        except ClickHouseUnavailable as error:
            return Failure("away", str(error))
        except ClickHouseError as error:
            return Failure(_kind(error), str(error))

    def _execute(self, sql: str, parameters: Mapping[str, object]) -> Answer:
        client = self._client()
        try:
            with explained(self.settings):
                rows, columns = client.execute(
                    sql, dict(parameters), with_column_types=True, settings={"max_execution_time": self.seconds}
                )
        except ClickHouseUnavailable:
            self._thread.client = None
            client.disconnect()
            raise
        return Answer(tuple(columns), tuple(rows))

    def _client(self) -> Client:
        client: Client | None = getattr(self._thread, "client", None)
        if client is None:
            client = self._thread.client = connect(self.settings)
        return client


def _forbidden(view: str) -> Failure:
    return Failure("forbidden", f"{view}: of single customers")


def _facts_of(answer: Answer) -> Facts:
    [row] = answer.dicts
    lists = {name: tuple(row[name]) for name in ("intents", "channels", "care")}
    return Facts(row["zone"] or "UTC", row["touchpoints"], row["first_at"], row["last_at"], **lists)


def _kind(error: ClickHouseError) -> Kind:
    if not isinstance(error, ClickHouseRefused):
        return "away"
    return "missing" if error.code in MISSING else "slow" if error.code in SLOW else "refused"


def _impatient(settings: ClickHouseSettings, seconds: float) -> ClickHouseSettings:
    """The same with time-outs that someone who looks at a page can bear; those that the URL names stay."""
    parts = urlsplit(settings.clickhouse.get_secret_value())
    bearable = {"connect_timeout": str(CONNECT_SECONDS), "send_receive_timeout": str(seconds + GRACE_SECONDS)}
    return ClickHouseSettings.of(urlunsplit(parts._replace(query=urlencode(bearable | dict(parse_qsl(parts.query))))))
