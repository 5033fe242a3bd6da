"""The examples of docs/contract.md, out of the document."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"
GUIDE = DOCS / "contract.md"
ASYNCAPI = DOCS / "asyncapi.yaml"

_BLOCK = re.compile(r"^```(?P<language>json|python) (?P<name>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def example(name: str) -> str:
    """The text of the block of this name."""
    [found] = [block["text"] for block in _BLOCK.finditer(GUIDE.read_text(encoding="utf-8")) if block["name"] == name]
    return found
