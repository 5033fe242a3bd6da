"""Colours of figures, for a light and a dark surface.

Hues are those of M. Okabe and K. Ito, "Color Universal Design" (2008): blue and vermilion are told apart whatever one's
colour vision. Nothing is told by colour alone: outcomes have their own words, marks and dashes as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

BLUE, VERMILION, ORANGE, GREEN, PINK, SKY = "#0072b2", "#d55e00", "#e69f00", "#009e73", "#cc79a7", "#56b4e9"
LIGHT_BLUE, LIGHT_VERMILION = "#4aa8e0", "#f0843c"
# From how many observations on a cell is coloured: below, chance makes any colour.
ENOUGH = 10


@dataclass(frozen=True, slots=True)
class Palette:
    """`ink` is text, `faint` lines behind the data, `good` `bad` `unknown` `middling` the outcomes."""

    ink: str
    muted: str
    faint: str
    surface: str
    good: str
    bad: str
    unknown: str
    middling: str
    low: str
    high: str

    def outcome(self, name: str) -> str:
        """The colour of a status, result or outcome; failures are all `bad`."""
        return {
            "smooth": self.good,
            "completed": self.good,
            "succeeded": self.good,
            "kept": self.good,
            "resolved": self.good,
            "stored": self.good,
            "pending": self.unknown,
            "open": self.unknown,
            "silenced": self.unknown,
            "progressed": self.unknown,
            "duplicate": self.unknown,
            "cancelled": self.middling,
            "kept_late": self.middling,
            "referred": self.middling,
            "retracted": self.middling,
        }.get(name, self.bad)


LIGHT = Palette(
    ink="#1d2733",
    muted="#5b6875",
    faint="#dfe4ea",
    surface="#ffffff",
    good=BLUE,
    bad=VERMILION,
    unknown="#8a96a3",
    middling=ORANGE,
    low="#f3a873",
    high="#1f78b4",
)
DARK = Palette(
    ink="#e6ebf0",
    muted="#9aa7b4",
    faint="#33404d",
    surface="#18212b",
    good=LIGHT_BLUE,
    bad=LIGHT_VERMILION,
    unknown="#7d8a97",
    middling="#e9b44c",
    low="#a65a2a",
    high="#4aa8e0",
)
THEMES: Mapping[str, Palette] = {"light": LIGHT, "dark": DARK}

# One mark per outcome, for text and figures: (character, symbol of plotly).
MARKS: Mapping[str, tuple[str, str]] = {
    "smooth": ("●", "circle"),
    "completed": ("●", "circle"),
    "succeeded": ("●", "circle"),
    "kept": ("●", "circle"),
    "resolved": ("●", "circle"),
    "pending": ("○", "circle-open"),
    "open": ("○", "circle-open"),
    "progressed": ("○", "circle-open"),
    "silenced": ("○", "circle-open"),
    "cancelled": ("◆", "diamond"),
    "kept_late": ("◆", "diamond"),
    "retracted": ("◆", "diamond"),
    "referred": ("▶", "triangle-right"),
}
FAILED_MARK = ("✕", "x")


def mark(outcome: str) -> str:
    """The character that stands for an outcome."""
    return MARKS.get(outcome, FAILED_MARK)[0]


def symbol(outcome: str) -> str:
    """The plotly symbol that stands for an outcome."""
    return MARKS.get(outcome, FAILED_MARK)[1]
