"""A value of a type with every field filled, no two alike, and the types that it is made of."""

from __future__ import annotations

import types
from collections.abc import Iterator
from itertools import count
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec


class Sampler:
    """Makes samples; its numbers and texts go up from one to the next, so that no field can stand for another."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def of(self, kind: Any) -> Any:
        """A sample: of a union its first member that is not None, of a collection one element."""
        number = next(self._numbers)
        arguments = get_args(kind)
        if is_record(kind):
            return kind(*(self.of(field) for field in fields_of(kind).values()))
        origin = get_origin(kind)
        if origin in (types.UnionType, Union):
            return self.of(next(one for one in arguments if one is not types.NoneType))
        if origin is Literal:
            return arguments[0]
        if origin is tuple:
            return tuple(self.of(one) for one in arguments if one is not Ellipsis)
        if origin is list:
            return [self.of(arguments[0])]
        if origin is dict:
            return {self.of(arguments[0]): self.of(arguments[1])}
        simple = {int: number, float: number + 0.5, str: f"text {number}", bytes: b"%d" % number, bool: True}
        return simple[kind]


def is_record(kind: Any) -> bool:
    """Whether it has named fields: a struct or a named tuple."""
    return isinstance(kind, type) and (issubclass(kind, msgspec.Struct) or hasattr(kind, "_fields"))


def is_positional(record: Any) -> bool:
    """Whether its fields are told by their place, not by their name."""
    return not issubclass(record, msgspec.Struct) or bool(record.__struct_config__.array_like)


def name_of(record: Any) -> str:
    """Its name, told from others."""
    return f"{record.__module__}.{record.__qualname__}"


def fields_of(record: Any) -> dict[str, Any]:
    """The types of its fields, in the order in which they are written."""
    hints = get_type_hints(record)
    names = record.__struct_fields__ if issubclass(record, msgspec.Struct) else record._fields
    return {name: hints[name] for name in names}


def records_in(kind: Any) -> Iterator[Any]:
    """All records that a value of the type may hold, itself among them."""
    found: set[Any] = set()
    open_kinds = [kind]
    while open_kinds:
        one = open_kinds.pop()
        if is_record(one) and one not in found:
            found.add(one)
            yield one
            open_kinds += fields_of(one).values()
        open_kinds += get_args(one)


def spelled(kind: Any) -> str:
    """A type as text, the same for every version of Python."""
    arguments = [
        repr(one) if isinstance(one, str) else "…" if one is Ellipsis else spelled(one) for one in get_args(kind)
    ]
    origin = get_origin(kind)
    if origin in (types.UnionType, Union):
        return " | ".join(arguments)
    name = (origin or kind).__name__ if origin is not Literal else "Literal"
    return f"{name}[{', '.join(arguments)}]" if arguments else str(name)


def named(value: Any) -> Any:
    """The value with its records as dicts, in plain types."""
    if is_record(type(value)):
        return {name: named(getattr(value, name)) for name in fields_of(type(value))}
    match value:
        case dict():
            return {str(key): named(one) for key, one in value.items()}
        case list() | tuple():
            return [named(one) for one in value]
        case bytes():
            return value.hex()
    return value
