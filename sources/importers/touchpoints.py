"""Touchpoints already in the contract's JSON: JSON lines, or one document of many.

A document is an array of touchpoints, an object with a list `touchpoints`, or a single touchpoint over several lines.
The bytes of each touchpoint are passed on as they are; whether it keeps the contract is the publisher's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from sources.importers.inputs import LONGEST_LINE, Line
from sources.importers.outcomes import Imported, NoTouchpoint, Outcome, Place, Used

LARGEST_DOCUMENT = LONGEST_LINE
"""Bytes: what is longer is read line by line only."""

_BOM = b"\xef\xbb\xbf"
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Bundle(msgspec.Struct):
    touchpoints: list[msgspec.Raw]


def read_touchpoints(lines: Iterable[Line], file: str) -> Iterator[Outcome]:
    """Touchpoints in the order of the file; a blank line is none. Nothing is refused here.

    In a document, each touchpoint stands for the line on which it begins; no other line has a verdict.
    """
    rest = iter(lines)
    head = _up_to_first_content(rest)
    if head and _may_begin_document(head[-1].content):
        head += _up_to_size(rest, LARGEST_DOCUMENT)
        beyond = next(rest, None)
        document = b"\n".join(line.content for line in head)
        elements = _elements(document) if beyond is None else None
        if elements is not None:
            yield from _from_document(document, elements, file)
            return
        head += [] if beyond is None else [beyond]
    yield from _from_lines(chain(head, rest), file)


def _from_lines(lines: Iterable[Line], file: str) -> Iterator[Outcome]:
    for line in lines:
        place = Place(file, line.number)
        if line.content.strip():
            yield Used(place)
            yield Imported(place, line.content)
        else:
            yield NoTouchpoint(place, "blank line")


def _from_document(document: bytes, elements: list[bytes], file: str) -> Iterator[Outcome]:
    number, position = 1, 0
    for element in elements:
        begins = document.index(element, position)
        number += document.count(b"\n", position, begins)
        yield Used(Place(file, number))
        yield Imported(Place(file, number), element)
        number += element.count(b"\n")
        position = begins + len(element)


def _up_to_first_content(lines: Iterator[Line]) -> list[Line]:
    """The lines up to and with the first that is not blank; a byte order mark is taken off."""
    head: list[Line] = []
    for line in lines:
        head.append(Line(line.number, line.content.removeprefix(_BOM)) if line.number == 1 else line)
        if head[-1].content.strip():
            break
    return head


def _up_to_size(lines: Iterator[Line], size: int) -> list[Line]:
    taken: list[Line] = []
    while size > 0 and (line := next(lines, None)) is not None:
        taken.append(line)
        size -= len(line.content) + 1
    return taken


def _may_begin_document(first: bytes) -> bool:
    """Whether a first line is more than one touchpoint, or less: JSON lines begin with a whole one."""
    if first.lstrip()[:1] not in (b"[", b"{"):
        return False
    try:
        return "touchpoints" in msgspec.json.decode(first, type=dict[str, msgspec.Raw])
    except _UNREADABLE:
        return True


def _elements(document: bytes) -> list[bytes] | None:
    """The touchpoints of a document, None if it is no document."""
    try:
        return [bytes(element) for element in msgspec.json.decode(document, type=list[msgspec.Raw])]
    except _UNREADABLE:
        pass
    try:
        return [bytes(element) for element in msgspec.json.decode(document, type=_Bundle).touchpoints]
    except _UNREADABLE:
        pass
    try:
        msgspec.json.decode(document, type=dict[str, msgspec.Raw])
    except _UNREADABLE:
        return None
    return [document.strip()]
