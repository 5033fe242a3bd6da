"""Views: replaceable code in the database, made again whenever their text changes.

Each file of `views/` makes one view and is named NNNN_<view>.sql; they are made in the order of their numbers, for a
view may read those before it. `{{ name }}` in a file stands for the text of `views/common/name.sql`, `{{ database }}`
for the database: the name of a view that another view calls is looked up where the query runs, not where it was made.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from clickhouse_driver import Client

from sinks.clickhouse.cluster import HERE, Storage, run_on
from sinks.clickhouse.errors import ClickHouseError, ClickHouseRefused, explained
from sinks.clickhouse.settings import ClickHouseSettings

FOLDER = Path(__file__).parent / "views"
FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
PLACEHOLDER = re.compile(r"\{\{ (\w+) \}\}")
RECORDS = "SELECT name, checksum FROM schema_views FINAL"
EXISTING = "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'View'"


class BrokenView(ClickHouseError):
    """A view's file is misnamed, or refers to a fragment that does not exist."""


@dataclass(frozen=True, slots=True)
class View:
    """`statement` makes the view in one database; `checksum` is the SHA-256 of it in hexadecimal."""

    name: str
    file: str
    statement: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the statement, in hexadecimal digits: whether the database has this very view."""
        return hashlib.sha256(self.statement.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Renewal:
    """The views to make, in order, and the names of those to drop: their files are gone."""

    made: tuple[View, ...]
    dropped: tuple[str, ...]
    storage: Storage = HERE

    @property
    def statements(self) -> tuple[tuple[str, str], ...]:
        """What is done, in words, and the SQL that does it."""
        done = (
            *((f"view {view.name}", view.statement) for view in self.made),
            *((f"view {name} dropped", f"DROP VIEW IF EXISTS `{name}`") for name in self.dropped),
        )
        return tuple((what, one) for what, statement in done for one in run_on(self.storage, statement))


def load_views(database: str, folder: Path = FOLDER) -> tuple[View, ...]:
    """The views of `folder` for `database`, in order. Raises `BrokenView`."""
    fragments = {path.stem: path.read_text().rstrip() for path in (folder / "common").glob("*.sql")}
    fragments["database"] = database
    return tuple(_load(path, fragments) for path in sorted(folder.glob("*.sql")))


def plan_renewal(
    views: tuple[View, ...], recorded: dict[str, str], existing: set[str], storage: Storage = HERE
) -> Renewal:
    """What has to be done where `recorded` (name → checksum) were made and `existing` are still there."""
    made = tuple(view for view in views if recorded.get(view.name) != view.checksum or view.name not in existing)
    known = {view.name for view in views}
    return Renewal(made, tuple(sorted((recorded.keys() - known) & existing)), storage)


def read_renewal(client: Client, storage: Storage) -> Renewal:
    """What has to be done in the client's database, that of `storage`. Raises `BrokenView`."""
    existing = {name for (name,) in client.execute(EXISTING)}
    return plan_renewal(load_views(storage.database), dict(client.execute(RECORDS)), existing, storage)


def renew(client: Client, renewal: Renewal, settings: ClickHouseSettings) -> None:
    """Make and drop views, and note it. Raises `ClickHouseError` naming the view."""
    for what, statement in renewal.statements:
        try:
            with explained(settings):
                client.execute(statement)
        except ClickHouseRefused as error:
            raise ClickHouseRefused(f"{what}: {error}", error.code) from error
    for view in renewal.made:
        client.execute(f"INSERT INTO schema_views SELECT '{view.name}', '{view.checksum}', now64(3, 'UTC'), 0")
    for name in renewal.dropped:
        client.execute(f"INSERT INTO schema_views SELECT '{name}', '', now64(3, 'UTC'), 1")


def _load(path: Path, fragments: dict[str, str]) -> View:
    match = FILE_NAME.fullmatch(path.name)
    if not match:
        raise BrokenView(f"views/{path.name}: a view's file is named NNNN_<view>.sql, in lower case; rename the file")
    statement = _filled(path.read_text(), fragments, path.name)
    if not statement.startswith(f"CREATE OR REPLACE VIEW {match[2]} AS"):
        raise BrokenView(f"views/{path.name}: must begin with CREATE OR REPLACE VIEW {match[2]} AS")
    return View(match[2], path.name, statement.strip())


def _filled(text: str, fragments: dict[str, str], file: str) -> str:
    def fragment(match: re.Match[str]) -> str:
        if match[1] not in fragments:
            raise BrokenView(f"views/{file}: there is no views/common/{match[1]}.sql")
        return _filled(fragments[match[1]], fragments, file)

    return PLACEHOLDER.sub(fragment, text)
