"""YAML read as plain values that remember their lines, so that an error can name one."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Path = tuple[str | int, ...]
Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]

_SCALARS: Mapping[str | None, type[bool | int | float]] = {
    "tag:yaml.org,2002:bool": bool,
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:float": float,
}
_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at a line (from 1) of the document; `path` is empty for the document as a whole."""

    line: int
    path: Path
    text: str


@dataclass(slots=True)
class LinedYaml:
    """The document's `value`, the line of each of its parts by path, and what made it unreadable."""

    value: Value = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place_of(self, loc: Iterable[str | int]) -> Path:
        """`loc` without what no line has: what a model adds to it (tags of alternatives, `[key]`), missing keys."""
        path: Path = ()
        for part in loc:
            if (*path, part) in self.lines:
                path = (*path, part)
        return path


def text_of(file: pathlib.Path) -> str:
    """The text of a file of YAML. Raises `ValueError` with one line that names the file, and why it cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ValueError(f"{file}: no such file") from error
    except OSError as error:
        raise ValueError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}:1: cannot be read as UTF-8 text: {error}") from error


def read_yaml(text: str) -> LinedYaml:
    """Read one YAML document; never raises.

    Dates, other tagged scalars and numbers that are none stay text. Duplicate keys, keys that are not text,
    aliases and merge keys are problems: a configuration says each thing once, where it is looked for.
    """
    document = LinedYaml(lines={(): 1})
    loader = YAML(typ="safe", pure=True)
    try:
        root = loader.compose(text)
        if root is not None:
            document.value = _value_of(root, (), document, loader, set())
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        what = ", ".join(part for part in (error.context, error.problem) if part)
        document.problems.append(Problem(line, (), f"not YAML: {what}"))
    except (YAMLError, RecursionError) as error:
        what = str(error).partition("\n")[0] or "nested too deeply"
        document.problems.append(Problem(1, (), f"not YAML: {what}"))
    return document


def _value_of(node: Node, path: Path, document: LinedYaml, loader: YAML, seen: set[int]) -> Value:
    document.lines.setdefault(path, node.start_mark.line + 1)
    if id(node) in seen:
        document.problems.append(Problem(document.lines[path], path, "aliases are not allowed: write the value out"))
        return None
    seen.add(id(node))
    if isinstance(node, MappingNode):
        return _mapping_of(node, path, document, loader, seen)
    if isinstance(node, SequenceNode):
        return [_value_of(item, (*path, index), document, loader, seen) for index, item in enumerate(node.value)]
    return _scalar_of(node, loader)


def _mapping_of(node: MappingNode, path: Path, document: LinedYaml, loader: YAML, seen: set[int]) -> dict[str, Value]:
    mapping: dict[str, Value] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, ScalarNode) or key_node.tag == _MERGE:
            document.problems.append(Problem(line, path, "a key must be plain text"))
            continue
        key = str(key_node.value)
        if key in mapping:
            first = document.lines[(*path, key)]
            document.problems.append(Problem(line, (*path, key), f"given twice, first on line {first}: keep one"))
            continue
        document.lines[(*path, key)] = line
        mapping[key] = _value_of(value_node, (*path, key), document, loader, seen)
    return mapping


def _scalar_of(node: Node, loader: YAML) -> Value:
    if node.tag == _NULL:
        return None
    if node.tag not in _SCALARS:
        return str(node.value)
    try:
        return _SCALARS[node.tag](loader.constructor.construct_object(node))
    except ValueError:
        return str(node.value)
