"""The account of what was read: every line is used, no touchpoint, or refused. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from schemas.refusal import Refusal
from sources.importers.outcomes import NoTouchpoint, Place, Refused, Used, Verdict

MOST_EXAMPLES = 3


@dataclass(slots=True)
class Tally:
    """Counts of lines by their fate and reason, of accepted touchpoints, and the first examples of each refusal."""

    accepted: int = 0
    used: int = 0
    repaired: Counter[str] = field(default_factory=Counter)
    no_touchpoint: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    examples: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _refused_by_contract: set[Place] = field(default_factory=set)

    @property
    def lines(self) -> int:
        """How many lines were read: each is counted under one head."""
        return self.used + self.no_touchpoint.total() + self.refused.total()

    def judge(self, verdict: Verdict) -> None:
        """Count a line by its importer's verdict."""
        match verdict:
            case Used():
                self.used += 1
                self.repaired.update(verdict.repairs)
            case NoTouchpoint():
                self.no_touchpoint[verdict.reason] += 1
            case Refused():
                self._refuse(verdict.place, verdict.reason, verdict.error)

    def accept(self) -> None:
        """Count a touchpoint that was handed over."""
        self.accepted += 1

    def refuse(self, place: Place, refusal: Refusal) -> None:
        """A touchpoint of a used line breaks the contract: the line is refused instead, once for all of its own."""
        if place in self._refused_by_contract:
            return
        self._refused_by_contract.add(place)
        self.used -= 1
        self._refuse(place, refusal.reason, "; ".join(refusal.errors))

    def _refuse(self, place: Place, reason: str, error: str) -> None:
        self.refused[reason] += 1
        if len(self.examples[reason]) < MOST_EXAMPLES:
            self.examples[reason].append(f"{place}: {error}")
