"""The formats that can be imported, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from functools import partial

from sources.importers.bpi2012 import read_bpi2012
from sources.importers.inputs import Line
from sources.importers.outcomes import Outcome
from sources.importers.technion import read_technion
from sources.importers.touchpoints import read_touchpoints

Importer = Callable[[Iterable[Line], str], Iterator[Outcome]]


class Format(StrEnum):
    """The names of the formats, as the command line takes them."""

    TOUCHPOINTS = "touchpoints"
    BPI2012 = "bpi2012"
    TECHNION = "technion"

    @property
    def is_sorted(self) -> bool:
        """Whether the importer reads all lines before its first touchpoint, to give them in order of time."""
        return self is not Format.TOUCHPOINTS


def importer(of: Format, agent_key: bytes | None = None) -> Importer:
    """The importer of a format; `agent_key` makes agents' pseudonyms (`read_technion`)."""
    match of:
        case Format.TOUCHPOINTS:
            return read_touchpoints
        case Format.BPI2012:
            return read_bpi2012
        case Format.TECHNION:
            return partial(read_technion, agent_key=agent_key)
