"""What the code knows: its settings, its commands and its Faust apps, to hold what is deployed against."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typer
from pydantic_settings import BaseSettings

from omnitrack.cli import app, command
from omnitrack.commands import COMMANDS

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
METRICS_PORT = 9464
"""Of the page of every process, in the image."""
FAUST_APPS = frozenset(
    {
        "streams.app",
        "omnitrack.sink",
        "streams.alerts",
        "omnitrack.notify.alertmanager",
        "omnitrack.notify.webhook",
    }
)


def known_variables() -> set[str]:
    """The names of all settings that the code reads from the environment."""
    for name in COMMANDS:
        # What each imports has its settings.
        command(name)
    return {
        f"{settings.model_config.get('env_prefix', '')}{field.upper()}"
        for settings in _settings(BaseSettings)
        for field in settings.model_fields
    }


def check_command(command: Sequence[str]) -> None:
    """Raise unless the code has such a command: its own, with these options, or a worker of one of its Faust apps."""
    program, *arguments = command
    if program == "faust":
        flag, module, worker, *options = arguments
        assert (flag, worker) == ("-A", "worker")
        assert set(options) <= {"--without-web"}
        assert module in FAUST_APPS
        assert importlib.util.find_spec(module), module
    else:
        assert program == "omnitrack", command
        _parse(typer.main.get_command(app), arguments)


def _parse(command: Any, arguments: Sequence[str]) -> None:
    """Go down to the command that is meant, and let it take its options; nothing is carried out."""
    if hasattr(command, "commands"):
        _, called, rest = command.resolve_command(command.make_context(command.name, list(arguments)), list(arguments))
        _parse(called, rest)
    else:
        command.make_context(command.name, list(arguments))


def _settings(parent: type[BaseSettings]) -> Iterator[type[BaseSettings]]:
    for child in parent.__subclasses__():
        if child.__module__.split(".")[0] in {"explorer", "omnitrack", "schemas", "sinks", "sources", "streams"}:
            yield child
        yield from _settings(child)
