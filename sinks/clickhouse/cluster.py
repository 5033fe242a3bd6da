"""A cluster of ClickHouse: the same migrations and views as on one server, rewritten when they run.

Rows lie in a database of their own on each shard, `<database>_shard`, in replicated tables; in `<database>` a table of
the same name stands for all shards, and what is asked there needs not know of them. Small tables that every query may
need are whole on every server, in `<database>` itself. All versions of a row, and all rows of a customer that belong
together, lie on one shard: `FINAL` is right because it is right on each shard.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

SHARDED_BY: Mapping[str, str] = {
    "touchpoints": "customer_id",
    "waits": "customer_id",
    "care_groups": "customer_id",
    "journeys": "customer_id",
    "handoffs": "customer_id",
    "promises": "customer_id",
    "alerts": "alert_id",
    "dead_letters": "dead_letter_id",
    "dead_letter_actions": "dead_letter_id",
    "duplicates": "topic, partition, offset",
    "receipts": "topic, partition, offset",
    "rejected_rows": "topic, partition, offset",
    "erasures": "customer_digest",
}
"""What decides the shard of a row, by table: columns of its sorting key, for its versions must meet on one shard."""

EVERYWHERE = frozenset({"catalogue", "schema_migrations", "schema_views"})
"""Tables that are whole on every server."""

SESSION: Mapping[str, int | str] = {
    # An acknowledged INSERT is on its shards, not in a queue of the server that took it.
    "distributed_foreground_insert": 1,
    # A replica would take a block that it has seen before for a repetition, and leave out rows that were erased since,
    # and what materialised views had not made of it yet. Rows replace each other by version, so writing again is safe.
    "insert_deduplicate": 0,
    # A table of all shards in a subquery is asked once, and its answer sent to the shards.
    "distributed_product_mode": "global",
    # A query that names customers asks their shards only.
    "optimize_skip_unused_shards": 1,
}
"""Settings of every connection to a cluster."""

_ENGINE = re.compile(r"\bENGINE = (\w*MergeTree)(?:\(([^()]*)\))?")
_STATEMENT = re.compile(
    r"(?P<lead>(?:\s*--[^\n]*\n)*\s*)(?P<verb>CREATE TABLE IF NOT EXISTS|CREATE MATERIALIZED VIEW IF NOT EXISTS"
    r"|CREATE OR REPLACE VIEW|ALTER TABLE|DROP VIEW IF EXISTS|INSERT INTO) `?(?P<name>\w+)`?(?P<rest>.*)",
    re.DOTALL,
)
_ACCESS = re.compile(
    r"^(GRANT|CREATE (USER IF NOT EXISTS|ROLE IF NOT EXISTS|SETTINGS PROFILE OR REPLACE) \w+|ALTER TABLE \S+)",
    re.MULTILINE,
)
_COLUMNS = re.compile(r"\s+(ADD|DROP|MODIFY|RENAME|COMMENT|ALTER|CLEAR) COLUMN\b")
_FED = re.compile(r"\A TO (\w+)\b")
_SOURCE = re.compile(r"\bFROM (\w+)\b")


class NotForClusters(ValueError):
    """A statement that nobody has said how to run on a cluster: a defect of omnitrack."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster `name` of the servers' configuration, holding `database`; servers have macros `shard`, `replica`."""

    name: str
    database: str

    @property
    def shard_database(self) -> str:
        """The database of the rows that lie on one shard."""
        return f"{self.database}_shard"

    @property
    def everywhere(self) -> str:
        """What makes a statement run on every server."""
        return f"ON CLUSTER `{self.name}`"

    @property
    def databases(self) -> tuple[str, ...]:
        """The statements that make the databases."""
        return tuple(
            f"CREATE DATABASE IF NOT EXISTS `{one}` {self.everywhere}" for one in (self.database, self.shard_database)
        )

    def rewritten(self, statement: str) -> tuple[str, ...]:
        """What does on the cluster what `statement` of a migration or a view does on one server.

        Raises `NotForClusters` for a statement of another kind, or a table that is in neither list above.
        """
        match = _STATEMENT.fullmatch(statement)
        if not match:
            raise NotForClusters(f"not known how to run on a cluster: {statement.strip()[:100]}; please report it")
        return tuple(self._rewritten(match["lead"], match["verb"], match["name"], match["rest"]))

    def granted(self, statement: str) -> str:
        """What makes a role, or gives it rights, on every server. Raises `NotForClusters`."""
        made, count = _ACCESS.subn(lambda match: f"{match[0]} {self.everywhere}", statement, count=1)
        if not count:
            raise NotForClusters(f"not known how to run on a cluster: {statement.strip()[:100]}; please report it")
        return made

    def _rewritten(self, lead: str, verb: str, name: str, rest: str) -> Iterator[str]:
        if verb in ("CREATE OR REPLACE VIEW", "DROP VIEW IF EXISTS"):
            yield f"{lead}{verb} `{self.database}`.`{name}` {self.everywhere}{rest}"
        elif verb == "INSERT INTO":
            # Read from all shards, and written to all.
            yield f"{lead}{verb} `{self.database}`.`{name}`{_SOURCE.sub(self._of_all_shards, rest)}"
        elif verb == "CREATE MATERIALIZED VIEW IF NOT EXISTS":
            yield f"{lead}{verb} `{self.shard_database}`.`{name}` {self.everywhere}{self._feed(rest)}"
        elif name in EVERYWHERE:
            engine = self._replicated(self.database, name, "everywhere", "{shard}-{replica}", rest)
            yield f"{lead}{verb} `{self.database}`.`{name}` {self.everywhere}{engine}"
        else:
            rest = self._replicated(self.shard_database, name, "{shard}", "{replica}", rest)
            rest = _SOURCE.sub(self._of_shard, rest) if "MODIFY QUERY" in rest else rest
            yield f"{lead}{verb} `{self.shard_database}`.`{name}` {self.everywhere}{rest}"
            if verb == "CREATE TABLE IF NOT EXISTS" or _COLUMNS.match(rest):
                yield self._of_all(name)

    def _of_all(self, table: str) -> str:
        """The table that stands for all shards, with the columns that the shards' has by now."""
        key = f"cityHash64({_shard_key(table)})"
        engine = f"Distributed(`{self.name}`, `{self.shard_database}`, `{table}`, {key})"
        columns = f"AS `{self.shard_database}`.`{table}`"
        return f"CREATE OR REPLACE TABLE `{self.database}`.`{table}` {self.everywhere} {columns} ENGINE = {engine}"

    def _feed(self, rest: str) -> str:
        """A materialised view's target and query: beside its source if both lie on one shard, else on any shard."""
        target, source = _FED.search(rest), _SOURCE.search(rest)
        if not target or not source:
            raise NotForClusters(f"a materialised view needs TO and FROM: {rest.strip()[:100]}; please report it")
        beside = _shard_key(target[1]) == _shard_key(source[1])
        database = self.shard_database if beside else self.database
        fed = f" TO `{database}`.`{target[1]}`{rest[target.end() :]}"
        return _SOURCE.sub(self._of_shard, fed)

    def _of_shard(self, source: re.Match[str]) -> str:
        return f"FROM `{self.shard_database}`.`{source[1]}`"

    def _of_all_shards(self, source: re.Match[str]) -> str:
        return f"FROM `{self.database}`.`{source[1]}`"

    def _replicated(self, database: str, table: str, shard: str, replica: str, rest: str) -> str:
        """The engine's replicated kind, where `rest` has an engine; replicas find each other by the first argument."""

        def engine(match: re.Match[str]) -> str:
            place = f"'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'"
            return f"ENGINE = Replicated{match[1]}({place}{', ' if match[2] else ''}{match[2] or ''})"

        return _ENGINE.sub(engine, rest)


def _shard_key(table: str) -> str:
    if table not in SHARDED_BY:
        raise NotForClusters(f"table {table}: nothing says on which shard a row of it belongs; please report it")
    return SHARDED_BY[table]


@dataclass(frozen=True, slots=True)
class Storage:
    """Where the rows of `database` lie: on the server that is asked, or on a cluster's shards."""

    database: str
    cluster: Cluster | None = None

    @property
    def databases(self) -> tuple[str, ...]:
        """The statements that make the databases."""
        if self.cluster:
            return self.cluster.databases
        return (f"CREATE DATABASE IF NOT EXISTS `{self.database}`",)

    @property
    def of_rows(self) -> str:
        """The database of the tables that keep rows."""
        return self.cluster.shard_database if self.cluster else self.database

    def altered(self, table: str) -> str:
        """The table as `ALTER TABLE` names it."""
        return f"`{self.of_rows}`.`{table}` {self.cluster.everywhere}" if self.cluster else f"`{table}`"


HERE = Storage("")
"""The database of the connection, on the server that is asked."""


def run_on(storage: Storage, statement: str) -> tuple[str, ...]:
    """The statement of a migration or a view as it runs on `storage`. Raises `NotForClusters`."""
    return storage.cluster.rewritten(statement) if storage.cluster else (statement,)
