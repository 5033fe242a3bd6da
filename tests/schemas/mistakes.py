"""What is wrong with a catalogue."""

from __future__ import annotations

import pytest

from schemas.catalogue import CatalogueError, parse_catalogue


def mistakes(text: str) -> list[str]:
    """The lines of the refusal of `text`, in a file named bank.yaml."""
    with pytest.raises(CatalogueError) as caught:
        parse_catalogue(text, "bank.yaml")
    return str(caught.value).splitlines()
