"""`omnitrack explore`: the explorer's pages, in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from explorer.serve import DEFAULT_PORT, DEFAULT_SECONDS, serve
from omnitrack.ports import LOOPBACK, port_obstacle
from omnitrack.settings import resolve_endpoints
from sinks.clickhouse.settings import ClickHouseSettings

OPEN_TO_ALL = (
    "note: whoever reaches {host}:{port} reads customers' data: there is no login; put a proxy before it that has one"
)


def explore_command(
    clickhouse: Annotated[
        str | None, typer.Option(metavar="URL", help="ClickHouse; else that of the running `up`.")
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Data directory of the running `up`.")] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the pages are served.")] = DEFAULT_PORT,
    host: Annotated[str, typer.Option(help="Address to listen on; it has no login.")] = LOOPBACK,
    seconds: Annotated[float, typer.Option(min=0.001, help="What one query may take.")] = DEFAULT_SECONDS,
) -> None:
    """Serve the analysts' pages until Ctrl-C. ClickHouse may be away: the pages say so, and go on when it is back.

    Exit code 2: a wrong setting, or the port is busy.
    """
    settings = ClickHouseSettings.of(resolve_endpoints(clickhouse=clickhouse, data_dir=data_dir).clickhouse)
    obstacle = port_obstacle(port) if host == LOOPBACK else None
    if obstacle:
        typer.echo(f"explore: {obstacle}: stop what listens there, or choose another with --port", err=True)
        raise typer.Exit(2)
    if host != LOOPBACK:
        typer.echo(OPEN_TO_ALL.format(host=host, port=port), err=True)
    typer.echo(f"explorer    http://{host}:{port}/ on ClickHouse {settings.masked}")
    try:
        serve(settings, port, host, seconds)
    except OSError as error:
        typer.echo(f"explore: cannot listen on {host}:{port}: {error.strerror}", err=True)
        raise typer.Exit(2) from error
