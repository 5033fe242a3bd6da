"""The compiled core: what `advance` does of ordinary customers, ingest of ordinary records and alerting of rows that it
does not judge, a batch at a time, from bytes to bytes.

Whatever is not ordinary it leaves to Python, which is the reference, and does everything where the compiled one was not
built. Its sources are in streams/core.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from schemas.catalogue import Catalogue, IntentRules
from schemas.topics import Topics
from streams.alerting.facts import kept_by
from streams.alerting.observations import grain
from streams.batching import Ending
from streams.batching.built import built_core
from streams.journey.packing import DICTIONARY
from streams.settings import CoreChoice

if TYPE_CHECKING:
    from streams._core import Core, Intake, Links, Quiet, Rules

Built = TypeVar("Built")


class NotBuilt(Ending):
    """A compiled core is wanted, and was not built when omnitrack was installed."""

    def __init__(self) -> None:
        super().__init__(
            "OMNITRACK_CORE=compiled: the compiled core was not built when omnitrack was installed: install it again"
            " where cargo is (docs/releases.md), or set auto"
        )


def core_for(choice: CoreChoice, catalogue: Catalogue) -> Core | None:
    """The core that the settings choose for stitching; None is the Python core. Raises `NotBuilt`."""
    return _chosen(choice, lambda: compiled_core(catalogue))


def intake_for(choice: CoreChoice, topics: Topics, partitions: int) -> Intake | None:
    """The core that the settings choose for ingest; None is Python alone. Raises `NotBuilt`."""
    return _chosen(choice, lambda: compiled_intake(topics, partitions))


def links_for(choice: CoreChoice) -> type[Links] | None:
    """The core that the settings choose for links of identities; None is Python alone. Raises `NotBuilt`."""
    return _chosen(choice, compiled_links)


def quiet_for(choice: CoreChoice, catalogue: Catalogue) -> Quiet | None:
    """The core that the settings choose for rows that no alert rule judges; None is Python alone. Raises `NotBuilt`."""
    return _chosen(choice, lambda: compiled_quiet(catalogue))


def _chosen(choice: CoreChoice, make: Callable[[], Built | None]) -> Built | None:
    core = None if choice == "python" else make()
    if core is None and choice == "compiled":
        raise NotBuilt
    return core


def compiled_intake(topics: Topics, partitions: int) -> Intake | None:
    """The compiled core for the channels of `topics`; None where it was not built when omnitrack was installed."""
    core = built_core()
    intake: Intake | None = core and core.Intake(topics.channels, topics.customer, topics.identity, partitions)
    return intake


def compiled_links() -> type[Links] | None:
    """The compiled core for links; None where it was not built when omnitrack was installed."""
    core = built_core()
    links: type[Links] | None = core and core.Links
    return links


def compiled_quiet(catalogue: Catalogue) -> Quiet | None:
    """The compiled core for the alert rules of `catalogue`; None where it was not built."""
    core, kept = built_core(), kept_by(catalogue.alerts)
    quiet: Quiet | None = core and core.Quiet(kept.handoffs or 0, kept.journeys or 0, grain(catalogue.alerts))
    return quiet


def compiled_core(catalogue: Catalogue) -> Core | None:
    """The compiled core by the rules of `catalogue`; None where it was not built when omnitrack was installed."""
    core = built_core()
    stitching: Core | None = core and core.Core(
        {intent: _rules(rules) for intent, rules in catalogue.rules.items()},
        _rules(catalogue.default),
        catalogue.contact_gap,
        catalogue.horizon,
        sorted(catalogue.volatile_answers),
        DICTIONARY,
    )
    return stitching


def _rules(rules: IntentRules) -> Rules:
    return rules.inactivity, rules.handoff_window, rules.wait_standard, dict(rules.wait_standards)
