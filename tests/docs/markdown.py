"""What the documents of this repository say to a machine: their links, headings and commands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.support.tracked import ROOT, tracked_files

PARSER = MarkdownIt("commonmark").enable("table")
ANYWHERE_ELSE = ("http://", "https://", "mailto:")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: the word after its fence, and its text."""

    language: str
    text: str


def documents() -> list[Path]:
    """Every Markdown file that is tracked."""
    return tracked_files("*.md")


def links_of(text: str) -> list[str]:
    """Where links and pictures lead, in order, as they are written."""
    tokens = (child for token in PARSER.parse(text) for child in token.children or ())
    found = (token.attrGet("href") or token.attrGet("src") for token in tokens)
    return [str(link) for link in found if link]


def blocks_of(text: str) -> list[Block]:
    """The fenced blocks, in order."""
    return [Block(token.info, token.content) for token in PARSER.parse(text) if token.type == "fence"]


def anchors_of(text: str) -> list[str]:
    """The anchors that GitHub gives the headings: in small letters, without punctuation, with hyphens for spaces."""
    seen: Counter[str] = Counter()
    anchors = []
    for title in _headings(PARSER.parse(text)):
        anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        anchors.append(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return anchors


def dead_links(document: Path) -> list[str]:
    """The links of `document` that lead to no tracked place of this repository, each with what is wrong."""
    return [wrong for link in links_of(document.read_text()) if (wrong := what_is_wrong(document, link))]


def what_is_wrong(document: Path, link: str) -> str | None:
    """Why `link` in `document` leads nowhere; None if it leads somewhere, or out of this repository."""
    if link.startswith(ANYWHERE_ELSE):
        return None
    path, _, anchor = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    if not target.is_relative_to(ROOT) or not target.exists():
        return f"{link}: there is no such file"
    if anchor and unquote(anchor) not in anchors_of(target.read_text()):
        return f"{link}: {target.name} has no such heading"
    return None


def _headings(tokens: list[Token]) -> Iterator[str]:
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            yield "".join(child.content for child in inline.children or () if child.type in ("text", "code_inline"))
