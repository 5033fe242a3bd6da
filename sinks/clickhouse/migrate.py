"""Migrations: numbered .sql files, applied once each, in order, and never changed afterwards. Views follow them.

Every statement of a migration must be safe to run again (`IF NOT EXISTS`, `IF EXISTS`, `OR REPLACE`): then two
processes may migrate at once, and one that died half way is simply started again. Table names are unqualified: the
database is that of the URL.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from clickhouse_driver import Client
from clickhouse_driver.errors import ErrorCodes

from schemas.catalogue import Catalogue
from sinks.clickhouse.catalogue import is_loaded, load_into
from sinks.clickhouse.client import connect, connected
from sinks.clickhouse.cluster import HERE, Storage, run_on
from sinks.clickhouse.errors import ClickHouseError, ClickHouseRefused, explained
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.statements import split_statements
from sinks.clickhouse.views import Renewal, load_views, read_renewal, renew

FOLDER = Path(__file__).parent / "migrations"
RECORDS_TABLE = Path(__file__).parent / "schema_migrations.sql"
FILE_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_TABLES = "SELECT name FROM system.tables WHERE database IN (currentDatabase(), {rows:String})"
_MADE = re.compile(r"^CREATE (?:TABLE|MATERIALIZED VIEW) IF NOT EXISTS (\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Migration:
    """`name` is the file's, `checksum` the SHA-256 of its bytes in hexadecimal, `makes` the tables that it makes."""

    name: str
    checksum: str
    statements: tuple[str, ...]
    makes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """A migration that the database has: the SHA-256 of its text, and when it was applied (UTC)."""

    checksum: str
    applied_at: datetime


@dataclass(frozen=True, slots=True)
class Steps:
    """What brings a database up to date: migrations, then views."""

    migrations: tuple[Migration, ...]
    views: Renewal

    @property
    def statements(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What is done, in words, and the SQL that does it."""
        return (
            *((migration.name, migration.statements) for migration in self.migrations),
            *((what, (statement,)) for what, statement in self.views.statements),
        )


class MigrationConflict(ClickHouseError):
    """What has run in the database and the files at hand contradict each other; nothing was changed."""


def load_migrations(folder: Path = FOLDER, storage: Storage = HERE) -> tuple[Migration, ...]:
    """The migrations of `folder` in order, as they run on `storage`; checksums are of the files.

    Raises `MigrationConflict` on a misnamed file or a number used twice.
    """
    paths = sorted(folder.glob("*.sql"))
    numbers: dict[str, str] = {}
    for path in paths:
        match = FILE_NAME.fullmatch(path.name)
        if not match:
            raise MigrationConflict(f"{path.name}: a migration is named NNNN_name.sql, in lower case; rename the file")
        twin = numbers.setdefault(match[1], path.name)
        if twin != path.name:
            raise MigrationConflict(f"{path.name}: number {match[1]} is taken by {twin}; take the next free number")
    return tuple(_load(path, storage) for path in paths)


def _load(path: Path, storage: Storage) -> Migration:
    content = path.read_bytes()
    text = content.decode()
    statements = (one for statement in split_statements(text) for one in run_on(storage, statement))
    return Migration(path.name, hashlib.sha256(content).hexdigest(), tuple(statements), tuple(_MADE.findall(text)))


def pending(migrations: Sequence[Migration], applied: Mapping[str, Applied]) -> tuple[Migration, ...]:
    """The migrations still to run. Raises `MigrationConflict` if one that has run is changed, missing or overtaken."""
    files = {migration.name: migration for migration in migrations}
    for name, record in sorted(applied.items()):
        ran = f"migration {name} ran at {record.applied_at:%Y-%m-%d %H:%M:%S} UTC"
        if name not in files:
            raise MigrationConflict(f"{ran} but its file is missing: use the version of omnitrack that brought it")
        if files[name].checksum != record.checksum:
            raise MigrationConflict(
                f"{ran} but its file has changed since: restore it and put the change into a new migration"
            )
    todo = tuple(migration for migration in migrations if migration.name not in applied)
    latest = max(applied, default="")
    if todo and todo[0].name < latest:
        raise MigrationConflict(f"migration {todo[0].name} is new but {latest} ran already: give it a greater number")
    return todo


def plan(settings: ClickHouseSettings) -> Steps:
    """What `migrate` would run; changes nothing. Raises `ClickHouseError`."""
    storage = settings.storage
    migrations, views = load_migrations(storage=storage), Renewal(load_views(settings.database), (), storage)
    try:
        with connected(settings) as client:
            migrations = _to_do(client, migrations, storage)
            _check_storage(client, settings)
            return Steps(migrations, read_renewal(client, storage))
    except ClickHouseRefused as error:
        if error.code in (ErrorCodes.UNKNOWN_DATABASE, ErrorCodes.UNKNOWN_TABLE):
            return Steps(migrations, views)
        raise


def migrate(settings: ClickHouseSettings, catalogue: Catalogue | None = None) -> Steps:
    """Create the database if need be, run what is pending, and return it. Raises `ClickHouseError`.

    `catalogue` is what metrics go by from then on; None leaves what was loaded before, or loads the defaults.
    """
    migrations = load_migrations(storage=settings.storage)
    _ensure_database(settings)
    with connected(settings) as client:
        _check_storage(client, settings)
        for statement in run_on(settings.storage, RECORDS_TABLE.read_text()):
            client.execute(statement)
        todo = _to_do(client, migrations, settings.storage)
        for migration in todo:
            _run(client, migration, settings)
        views = read_renewal(client, settings.storage)
        renew(client, views, settings)
        if catalogue is not None or not is_loaded(client):
            load_into(client, catalogue or Catalogue())
    return Steps(todo, views)


def _ensure_database(settings: ClickHouseSettings) -> None:
    try:
        connect(settings).disconnect()
    except ClickHouseRefused as error:
        if error.code != ErrorCodes.UNKNOWN_DATABASE:
            raise
        with connected(settings, database="default") as creator:
            for statement in settings.storage.databases:
                creator.execute(statement)


def _check_storage(client: Client, settings: ClickHouseSettings) -> None:
    """Raise `MigrationConflict` where the database was made for a cluster and none is set, or the other way round."""
    engines = client.execute(
        "SELECT engine FROM system.tables WHERE database = currentDatabase() AND name = 'schema_migrations'"
    )
    is_for_cluster = any(engine.startswith("Replicated") for (engine,) in engines)
    if engines and is_for_cluster != (settings.storage.cluster is not None):
        made, use = ("for a cluster", "set") if is_for_cluster else ("without a cluster", "unset")
        raise MigrationConflict(
            f"database {settings.database} was made {made}: {use} OMNITRACK_CLICKHOUSE_CLUSTER, or name another"
            " database in OMNITRACK_CLICKHOUSE and move the rows there (docs/operations.md, A cluster of ClickHouse)"
        )


def _to_do(client: Client, migrations: Sequence[Migration], storage: Storage) -> tuple[Migration, ...]:
    """The migrations still to run. Raises `MigrationConflict`, also where a table of one that ran is there no more."""
    todo = pending(migrations, _read_applied(client))
    there = {name for (name,) in client.execute(_TABLES, {"rows": storage.of_rows})}
    for migration in migrations:
        gone = sorted({*migration.makes} - there)
        if gone and migration not in todo:
            raise MigrationConflict(
                f"{', '.join(gone)}: made by migration {migration.name}, and gone: somebody dropped or renamed it."
                " Restore it from a backup (docs/operations.md, Back up and restore), or name an empty database in"
                " OMNITRACK_CLICKHOUSE, and let the sinks store there what the topics still hold"
            )
    return todo


def _read_applied(client: Client) -> dict[str, Applied]:
    rows = client.execute("SELECT name, checksum, applied_at FROM schema_migrations FINAL")
    return {name: Applied(checksum, applied_at) for name, checksum, applied_at in rows}


def _run(client: Client, migration: Migration, settings: ClickHouseSettings) -> None:
    for number, statement in enumerate(migration.statements, 1):
        try:
            with explained(settings):
                client.execute(statement)
        except ClickHouseRefused as error:
            raise ClickHouseRefused(f"migration {migration.name}, statement {number}: {error}", error.code) from error
    client.execute(f"INSERT INTO schema_migrations SELECT '{migration.name}', '{migration.checksum}', now64(3, 'UTC')")
