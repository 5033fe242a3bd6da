"""The compiled core: what `advance` does of ordinary customers, a batch at a time, from bytes to bytes.

Whatever is not ordinary it leaves to the Python core, which is the reference, and does everything where the compiled
one was not built. Its sources are in streams/core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.catalogue import Catalogue, IntentRules
from streams.batching import Ending
from streams.journey.packing import DICTIONARY
from streams.settings import CoreChoice

if TYPE_CHECKING:
    from streams._core import Core, Rules


class NotBuilt(Ending):
    """The compiled core is wanted, and was not built when omnitrack was installed."""


def core_for(choice: CoreChoice, catalogue: Catalogue) -> Core | None:
    """The core that the settings choose; None is the Python core. Raises `NotBuilt`."""
    core = None if choice == "python" else compiled_core(catalogue)
    if core is None and choice == "compiled":
        raise NotBuilt(
            "OMNITRACK_CORE=compiled: the compiled core was not built when omnitrack was installed: install it again"
            " where cargo is (docs/releases.md), or set auto"
        )
    return core


def compiled_core(catalogue: Catalogue) -> Core | None:
    """The compiled core by the rules of `catalogue`; None where it was not built when omnitrack was installed."""
    try:
        from streams._core import Core  # noqa: PLC0415 -- it may not be there
    except ImportError:
        return None
    return Core(
        {intent: _rules(rules) for intent, rules in catalogue.rules.items()},
        _rules(catalogue.default),
        catalogue.contact_gap,
        catalogue.horizon,
        sorted(catalogue.volatile_answers),
        DICTIONARY,
    )


def _rules(rules: IntentRules) -> Rules:
    return rules.inactivity, rules.handoff_window, rules.wait_standard, dict(rules.wait_standards)
