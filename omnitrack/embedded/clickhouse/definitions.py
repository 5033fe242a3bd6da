"""Whether tables are still what they were, for all sessions of an engine."""

from __future__ import annotations


class Definitions:
    """What was asked about a table holds for as long as `state` is the same object; may be used by any thread."""

    def __init__(self) -> None:
        self.state = object()

    def may_have_changed(self) -> None:
        """To be said when a statement that may change definitions has ended, before its client hears of that."""
        self.state = object()
