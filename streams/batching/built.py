"""The compiled core, which may not have been built when omnitrack was installed, and what record batches need of it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from streams._core import FetchedRecords, Grouped, States
    from streams.batching.batch import Record


def built_core() -> Any:
    """The compiled module `streams._core`; None: it was not built."""
    try:
        return import_module("streams._core")
    except ImportError:
        return None


core = built_core()
"""The same, as it was when this process began."""


def is_grouped(groups: object) -> TypeGuard[Grouped]:
    """Whether groups of records are a `Grouped`."""
    return core is not None and isinstance(groups, core.Grouped)


def is_fetched(records: object) -> TypeGuard[FetchedRecords]:
    """Whether records are a `FetchedRecords`."""
    return core is not None and isinstance(records, core.FetchedRecords)


def is_states(states: object) -> TypeGuard[States]:
    """Whether the states of a partition are a `States`."""
    return core is not None and isinstance(states, core.States)


def new_records() -> list[Record] | FetchedRecords:
    """A sequence for the records of a fetch, empty; a list where the core was not built."""
    empty: list[Record] | FetchedRecords = [] if core is None else core.FetchedRecords()
    return empty
