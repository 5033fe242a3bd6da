"""Tells in the project's words what pydantic found wrong. Values are never quoted: they may be a customer's."""

from __future__ import annotations

from pydantic_core import ErrorDetails

from schemas.touchpoint import Touchpoint
from schemas.values import WORDING


def what_is_wrong(details: ErrorDetails) -> str:
    """`must …` or `is …`: what is wrong with the value at `details["loc"]` and what is allowed."""
    match details["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is unknown: remove it"
        case "string_pattern_mismatch":
            return WORDING[details["ctx"]["pattern"]]
        case "model_type" | "dict_type":
            return "must be a mapping of keys to values"
        case "list_type":
            return "must be a list"
        case "finite_number":
            return "must be a finite number"
    text = details["msg"].removeprefix("Input should be ").partition(" after validation")[0]
    for opening in ("String should ", "Dictionary should ", "List should "):
        text = text.replace(opening, "must ")
    return text if text.startswith(("must", "is ")) else f"must be {text}"


def contradicted(touchpoint: Touchpoint) -> str:
    """What is wrong with a touchpoint where the customer has one of its name with other content."""
    return f"event_id: {touchpoint.channel} has {touchpoint.event_id!r} already, with other content; the first stays"
