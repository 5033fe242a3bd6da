"""Attributes of elements that Python's names cannot have."""

from __future__ import annotations

from typing import Any


def aria(**values: str) -> dict[str, Any]:
    """`aria(label="…")` as the argument `aria-label`."""
    return {f"aria-{name}": value for name, value in values.items()}


def data(**values: str) -> dict[str, Any]:
    """`data(of="…")` as the argument `data-of`."""
    return {f"data-{name}": value for name, value in values.items()}
