"""The `omnitrack` command. Each command lives in `omnitrack/commands/`, and is imported when it is called."""

from __future__ import annotations

import errno
import logging
import os
import re
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from inspect import cleandoc
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from omnitrack.commands import COMMANDS
from omnitrack.settings_error import SettingsError
from omnitrack.starting import ends_quietly

PASSWORD_IN_URL = re.compile(r"clickhouses?://[^/@]*:[^/@]+@")
TOO_OPEN = (
    "everybody on this machine can read a password among the arguments: take it out of the URL, and set"
    " OMNITRACK_CLICKHOUSE_PASSWORD_FILE, or give the whole URL as OMNITRACK_CLICKHOUSE"
)

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
STANDARD_OUTPUT = 1

# Kafka's driver logs every attempt at a broker that is away; one line of the command says it.
logging.getLogger("kafka").setLevel(logging.CRITICAL)


class CommandsOnCall(TyperGroup):
    """A group that lists commands by what stands for them, and imports the one that is called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The name, the command itself, and its arguments."""
        name, stands_for_it, rest = super().resolve_command(ctx, args)
        if name not in COMMANDS:
            return name, stands_for_it, rest
        with ends_quietly():
            return name, command(name), rest


app = typer.Typer(
    name="omnitrack",
    cls=CommandsOnCall,
    help="Omnichannel experience tracker for banks.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)


def command(name: str) -> Any:
    """The command or group of commands of `COMMANDS`, with its options."""
    module, _, attribute = COMMANDS[name][0].partition(".")
    found: typer.Typer | Callable[..., None] = getattr(import_module(f"omnitrack.commands.{module}"), attribute)
    alone = typer.Typer(add_completion=False, callback=lambda: None)
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name)
    else:
        alone.command(name)(found)
    group: Any = typer.main.get_command(alone)
    made = group.commands[name]
    for one in (made, *getattr(made, "commands", {}).values()):
        one.help = _flowing(one.help or "")
    return made


def _flowing(text: str) -> str:
    """A docstring whose lines end where the terminal's do; its paragraphs, and lines of a list, stay apart."""
    return re.sub(r"(?<!\n)\n(?![\n\s*-])", " ", cleandoc(text))


for listed, (_, words) in COMMANDS.items():
    app.command(listed, help=words)(lambda: None)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"omnitrack {version('omnitrack')}")
        raise typer.Exit


@app.callback()
def omnitrack(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Omnichannel experience tracker for banks."""


def main() -> None:
    """Run the command line; a wrong setting, or no room to write to, is told in one line, with exit code 2."""
    if isinstance(sys.stdout, TextIOWrapper):
        # A terminal that does not know a character gets its number, as it does on standard error.
        sys.stdout.reconfigure(errors="backslashreplace")
    if any(PASSWORD_IN_URL.search(argument) for argument in sys.argv[1:]):
        typer.echo(f"omnitrack: {TOO_OPEN}", err=True)
        raise SystemExit(2)
    try:
        app()
    except SettingsError as error:
        typer.echo(f"omnitrack: {error}", err=True)
        raise SystemExit(2) from error
    except OSError as error:
        if error.filename is None and error.errno not in NO_ROOM:
            raise
        typer.echo(f"omnitrack: {error.filename or 'what it prints'}: {error.strerror}", err=True)
        # What is still to be printed would be tried once more when the interpreter ends, and be complained of again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), STANDARD_OUTPUT)
        raise SystemExit(2) from error
