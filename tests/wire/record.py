"""The file of all forms ever written: its content, what today's code makes of it, and how it grows."""

from __future__ import annotations

from base64 import b64decode, b64encode
from itertools import zip_longest
from typing import Any

import msgspec

from tests.wire.forms import FILE, FORMS, KEYS, Form
from tests.wire.samples import Sampler, fields_of, is_positional, name_of, named, records_in, spelled

POSITIONAL = {name_of(kind) for form in FORMS.values() for kind in records_in(form.kind) if is_positional(kind)}


class Written(msgspec.Struct, frozen=True):
    """What some version wrote of a form: the bytes (base64), and the fields that it meant."""

    value: str
    fields: Any


class Recorded(msgspec.Struct, frozen=True):
    """`records` has the fields of each record as `name: type`, `forms` all that was written, `keys` those of states."""

    records: dict[str, list[str]]
    keys: dict[str, str]
    forms: dict[str, list[Written]]


def recorded() -> Recorded:
    """What the file has."""
    return msgspec.json.decode(FILE.read_bytes(), type=Recorded)


def today() -> Recorded:
    """What this version writes."""
    kinds = {kind for form in FORMS.values() for kind in records_in(form.kind)}
    records = {
        name_of(kind): [f"{name}: {spelled(one)}" for name, one in fields_of(kind).items()]
        for kind in sorted(kinds, key=name_of)
    }
    keys = {name: b64encode(key).decode() for name, key in KEYS.items()}
    return Recorded(records, keys, {name: [_sample(form)] for name, form in FORMS.items()})


def _sample(form: Form) -> Written:
    value = Sampler().of(form.kind)
    return Written(b64encode(form.write(value)).decode(), named(value))


def bytes_of(written: Written) -> bytes:
    """The bytes as they were on Kafka."""
    return b64decode(written.value)


def misread(name: str, written: Written) -> str | None:
    """Why this version cannot work with what was written, or an older one with what this one writes of it."""
    form = FORMS[name]
    try:
        value = form.read(bytes_of(written))
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is the finding
        return f"{name}: cannot be read any more: {type(error).__name__}: {error}"
    if difference := lacking(written.fields, named(value)):
        return f"{name}: is read as something else: {difference}"
    if difference := lacking(named(form.opened(bytes_of(written))), named(form.opened(form.write(value)))):
        return f"{name}: what this version writes, an older one reads as something else: {difference}"
    return None


def lacking(before: Any, now: Any, at: str = "") -> str:
    """Where `now` differs from `before` otherwise than by more fields; nothing if it does not."""
    match before, now:
        case dict(), dict():
            places = [(f"{at}.{key}", one, now.get(key, "(nothing)")) for key, one in before.items()]
        case list(), list() if len(before) <= len(now):
            places = [(f"{at}[{index}]", one, now[index]) for index, one in enumerate(before)]
        case _:
            return "" if before == now else f"{at or 'the value'} was {before!r}, is {now!r}"
    return next((found for place, one, other in places if (found := lacking(one, other, place))), "")


def changed_records(before: Recorded, now: Recorded) -> list[str]:
    """Fields that have gone, moved or another type, a line each. More fields, at the end or by name, are no change."""
    found = []
    for name, fields in before.records.items():
        kept = now.records.get(name, [])
        if name in POSITIONAL:
            gone = [one for one, other in zip_longest(fields, kept[: len(fields)]) if one != other]
        else:
            gone = [one for one in fields if one not in kept]
        found += [f"{name}: {one} has gone, moved, or another type" for one in gone]
    return found


def grown(before: Recorded, now: Recorded) -> Recorded:
    """The file with what this version writes beside what was written before, where they differ."""
    forms = {
        name: [*before.forms.get(name, []), *(one for one in now.forms[name] if one not in before.forms.get(name, []))]
        for name in now.forms
    }
    return Recorded(now.records, now.keys, forms)
