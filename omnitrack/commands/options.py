"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Kafka = Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Kafka; else that of the running `up`.")]
ClickHouse = Annotated[str | None, typer.Option(metavar="URL", help="ClickHouse; else that of the running `up`.")]
Catalogue = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The catalogue (YAML); else OMNITRACK_CATALOGUE, else that of the running `up`."),
]
DataDir = Annotated[Path | None, typer.Option(help="Data directory of the running `up`.")]
