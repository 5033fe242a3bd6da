"""Roles on a ClickHouse server: `omnitrack_writer`, `_operator`, `_analyst` and `_grafana`.

They are made by statements that may run again, and have to, after a migration has made a view anew: it is then asked
with its caller's rights until its definer is set again. The embedded engine has no users and no roles.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sinks.clickhouse.client import connected
from sinks.clickhouse.cluster import Storage
from sinks.clickhouse.errors import ClickHouseRefused, explained
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.statements import split_statements
from sinks.clickhouse.views import load_views

FOLDER = Path(__file__).parent / "access"
EMBEDDED = "omnitrack embedded"
# Of the explorer's own views those that count. The others show single customers, or what a channel sent: an analyst's
# numbers need neither.
ANALYSTS_EXPLORER_VIEWS = frozenset(
    {
        "explorer_alert_counts",
        "explorer_facts",
        "explorer_flows",
        "explorer_wait_branches",
        "explorer_wait_groups",
        "explorer_wait_hours",
    }
)


def analysts_views(database: str) -> tuple[str, ...]:
    """The views that an analyst may ask: the metrics, and what the explorer counts."""
    return tuple(view.name for view in load_views(database) if is_for_analysts(view.name))


def is_for_analysts(view: str) -> bool:
    """Whether an analyst may have the rows of a view, on the server and in the explorer."""
    return view.startswith("metric_") or view in ANALYSTS_EXPLORER_VIEWS


def role_statements(storage: Storage) -> Iterator[str]:
    """What makes the roles for one database, in order."""
    for statement in _role_statements(storage):
        yield storage.cluster.granted(statement) if storage.cluster else statement


def _role_statements(storage: Storage) -> Iterator[str]:
    database = f"`{storage.database}`"
    yield from _statements("roles.sql", database=database)
    for view in analysts_views(storage.database):
        yield from _statements("each_analysts_view.sql", database=database, view=f"`{view}`")
    for file in ("grafana.sql", "grafanas_tables.sql"):
        yield from _statements(file, database=database)
    if storage.cluster:
        shard_database = f"`{storage.cluster.shard_database}`"
        yield from _statements("cluster.sql", shard_database=shard_database)
        yield from _statements("grafanas_tables.sql", database=shard_database)


def make_roles(settings: ClickHouseSettings) -> bool:
    """Make the roles; False: the server is the embedded one, which has none, and nothing was done.

    Needs the views, and rights to manage access. Raises `ClickHouseError`.
    """
    with connected(settings) as client:
        if client.connection.server_info.display_name == EMBEDDED:
            return False
        for statement in role_statements(settings.storage):
            try:
                with explained(settings):
                    client.execute(statement)
            except ClickHouseRefused as error:
                raise ClickHouseRefused(f"{statement.splitlines()[-1]}: {error}", error.code) from error
    return True


def _statements(file: str, **values: str) -> tuple[str, ...]:
    text = (FOLDER / file).read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"{{{{ {name} }}}}", value)
    return split_statements(text)
