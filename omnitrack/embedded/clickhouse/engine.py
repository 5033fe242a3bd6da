"""The ClickHouse engine of this process on one data directory, and what its sessions share."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import psutil
from chdb.state.sqlitelike import Connection
from filelock import FileLock, Timeout

from omnitrack.embedded.clickhouse.definitions import Definitions
from omnitrack.embedded.clickhouse.session import Session
from omnitrack.embedded.clickhouse.statements import quoted_text

_CONFIGURATION = Path(__file__).with_name("server.xml")
_LOCK_FILE = "omnitrack.lock"
_INCOMING = "incoming"
_MEMORY_SHARE = 0.3


class EngineUnavailable(Exception):
    """The engine cannot run on its data directory; the message tells why and what to do."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """`memory_bytes` bounds what all queries together may take; caches come out of it."""

    memory_bytes: int
    background_threads: int = 2

    @classmethod
    def of_machine(cls) -> EngineSettings:
        """A share of the machine's memory, as Kafka, Faust and browsers want theirs."""
        return cls(memory_bytes=int(psutil.virtual_memory().total * _MEMORY_SHARE))

    def as_arguments(self) -> str:
        """The settings as chDB takes them in its connection string."""
        cache = self.memory_bytes // 20
        return urlencode(
            {
                "config-file": _CONFIGURATION,
                "max_server_memory_usage": self.memory_bytes,
                "mark_cache_size": cache,
                "uncompressed_cache_size": cache,
                "background_pool_size": self.background_threads,
                "background_schedule_pool_size": self.background_threads,
                "max_thread_pool_size": 1000,
            }
        )


class Engine:
    """Opens sessions and ends running queries. One process at a time may have a data directory."""

    def __init__(self, data_dir: Path, settings: EngineSettings) -> None:
        """Raises EngineUnavailable where another process has `data_dir`, or it cannot be used."""
        self._lock = _locked(data_dir)
        self.incoming = data_dir / _INCOMING
        # What an insert left behind when the process was killed: it was never acknowledged.
        shutil.rmtree(self.incoming, ignore_errors=True)
        self.incoming.mkdir()
        self._place = f"{data_dir}?{settings.as_arguments()}"
        self._numbers = count(1)
        self._definitions = Definitions()
        self._administration = self._connect()
        answer = self._administration.query("SELECT version(), timezone()", "TabSeparatedRaw")
        version, self.time_zone = str(answer).strip().split("\t")
        major, minor, patch = (int(part) for part in version.split(".")[:3])
        self.version = (major, minor, patch)

    def open_session(self) -> Session:
        """A session with settings, temporary tables and a current database of its own."""
        return Session(self._connect, f"session-{next(self._numbers)}", self._definitions)

    def kill(self, session: str) -> None:
        """End the query that a session runs, if any. To be called from one thread."""
        where = f"Settings['log_comment'] = {quoted_text(session)}"
        self._administration.query(f"KILL QUERY WHERE {where} ASYNC", "Null")

    def close(self) -> None:
        """Give the data directory free. Whatever was acknowledged is in its files already."""
        self._administration.close()
        self._lock.release()

    def _connect(self) -> Connection:
        try:
            return Connection(self._place)
        except RuntimeError as error:
            raise EngineUnavailable(f"the engine does not start: {error}") from error


def _locked(data_dir: Path) -> FileLock:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = FileLock(data_dir / _LOCK_FILE)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise EngineUnavailable(
            f"{data_dir} is in use by another embedded ClickHouse: stop that one, or give another --data-dir"
        ) from error
    except OSError as error:
        raise EngineUnavailable(f"{data_dir} cannot be used: {error.strerror}; give another --data-dir") from error
    return lock
