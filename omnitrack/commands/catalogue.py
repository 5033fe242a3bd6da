"""`omnitrack catalogue`: an example to start from."""

from __future__ import annotations

import typer

from omnitrack.example import EXAMPLE_CATALOGUE


def catalogue_command() -> None:
    """Print the example catalogue, that of the demo's bank: `omnitrack catalogue > catalogue.yaml`, then make it yours.

    OMNITRACK_CATALOGUE=catalogue.yaml puts it to use; `omnitrack rules check catalogue.yaml` tells what its rules say.
    """
    typer.echo(EXAMPLE_CATALOGUE.read_text(encoding="utf-8"), nl=False)
