"""Connections to ClickHouse. A client serves one thread at a time."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from clickhouse_driver import Client

from sinks.clickhouse.cluster import SESSION
from sinks.clickhouse.errors import ClickHouseUnavailable, explained
from sinks.clickhouse.settings import ClickHouseSettings, NoPassword

CLIENT_NAME = "omnitrack"

# The driver logs a traceback for every failed attempt, although it raises the failure too.
logging.getLogger("clickhouse_driver.connection").setLevel(logging.ERROR)


def connect(settings: ClickHouseSettings, database: str | None = None) -> Client:
    """A connected client, in the URL's database unless `database` is given.

    Parameters `{name:Type}` of a query are given as `client.execute(sql, {"name": value})`.
    Raises `ClickHouseUnavailable` or `ClickHouseRefused` (unknown database, wrong password).
    """
    try:
        host, options = settings.client_options()
    except NoPassword as error:
        raise ClickHouseUnavailable(str(error)) from error
    options.setdefault("client_name", CLIENT_NAME)
    of_cluster = SESSION if settings.storage.cluster else {}
    options["settings"] = {"server_side_params": True, **of_cluster, **options.get("settings", {})}
    if database is not None:
        options["database"] = database
    client = Client(host, **options)
    with explained(settings):
        _greet(client)
    return client


def _greet(client: Client) -> None:
    """Connect within `connect_timeout`: the driver would wait for a greeting as long as for the answer of a query."""
    connection = client.connection
    patience = connection.send_receive_timeout
    connection.send_receive_timeout = min(connection.connect_timeout, patience)
    try:
        connection.connect()
        connection.socket.settimeout(patience)
    finally:
        connection.send_receive_timeout = patience


@contextmanager
def connected(settings: ClickHouseSettings, database: str | None = None) -> Iterator[Client]:
    """A client as of `connect`, whose connection ends with the block; what fails within raises `ClickHouseError`."""
    client = connect(settings, database)
    try:
        with explained(settings):
            yield client
    finally:
        client.disconnect()
