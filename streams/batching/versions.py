"""The driver's internals are extended here, so its versions are exact and checked at start."""

from __future__ import annotations

from importlib.metadata import version

from aiokafka.record import default_records, memory_records
from faust import streams
from faust.transport import conductor

EXACT = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0"}


class WrongInstallation(RuntimeError):
    """The installed driver is not the one that this package extends."""


def check_installation() -> None:
    """Raise `WrongInstallation` with what is wrong and what to do, unless versions and Cython builds are right."""
    problems = [
        f"{name} {version(name)} is installed, {wanted} is needed"
        for name, wanted in EXACT.items()
        if version(name) != wanted
    ]
    if not all((vars(streams)["_CStreamIterator"], vars(conductor)["ConductorHandler"])):
        problems.append("faust-streaming has no Cython build (is NO_CYTHON set?)")
    built = (default_records.DefaultRecordBatch, memory_records.MemoryRecords)
    if any("_crecords" not in one.__module__ for one in built):
        problems.append("aiokafka has no Cython build (is AIOKAFKA_NO_EXTENSIONS set?)")
    if problems:
        raise WrongInstallation(f"{'; '.join(problems)}: install the locked versions as wheels")
