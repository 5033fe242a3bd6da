"""The kinds of values that a touchpoint and the catalogue are made of. Lengths count code points."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

SLUG = r"^[a-z][a-z0-9_]*$"
DOTTED_SLUG = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$"
# Ids are joined with \x1f into the ids of journeys and handoffs, so no id may hold a control character.
PLAIN = r"^[^\x00-\x1f\x7f]*$"
TIME = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)

WORDING = {
    SLUG: "must be a slug: a small letter, then small letters, digits and underscores",
    DOTTED_SLUG: "must be slugs joined by dots, such as card.replacement.form",
    PLAIN: "must not contain control characters",
    TIME: "must be an RFC 3339 time with an offset, such as 2026-03-02T09:00:00+08:00",
}

LONGEST_SECONDS = 1_000_000_000

Slug = Annotated[str, Field(pattern=SLUG, max_length=64)]
DottedSlug = Annotated[str, Field(pattern=DOTTED_SLUG, max_length=96)]
Id = Annotated[str, Field(min_length=1, max_length=128, pattern=PLAIN)]
CaseId = Annotated[str, Field(min_length=1, max_length=64, pattern=PLAIN)]
Text = Annotated[str, Field(min_length=1, max_length=256, pattern=PLAIN)]
Time = Annotated[str, Field(pattern=TIME, max_length=64)]
Seconds = Annotated[float, Field(ge=0, le=LONGEST_SECONDS, allow_inf_nan=False)]
