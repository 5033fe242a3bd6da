"""`omnitrack explore`: the explorer's pages, in a browser."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated

import typer

from explorer.access.accounts import AccountsError
from explorer.access.settings import AccessError, read_access
from explorer.meters import shown
from explorer.serve import DEFAULT_PORT, DEFAULT_SECONDS, serve
from omnitrack.commands.options import ClickHouse, DataDir
from omnitrack.ports import LOOPBACK, port_obstacle
from omnitrack.settings import resolve_endpoints
from sinks.clickhouse.settings import ClickHouseSettings

OPEN = "note: there is no login: whoever works on this machine can read what is shown (docs/security.md)"


def explore_command(
    clickhouse: ClickHouse = None,
    data_dir: DataDir = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the pages are served.")] = DEFAULT_PORT,
    host: Annotated[str, typer.Option(help="Address to listen on; others than 127.0.0.1 need a login.")] = LOOPBACK,
    seconds: Annotated[float, typer.Option(min=0.001, help="What one query may take.")] = DEFAULT_SECONDS,
    metrics_port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, envvar="OMNITRACK_METRICS_PORT", help="Where Prometheus finds /metrics; 0: nowhere."
        ),
    ] = 0,
    metrics_host: Annotated[
        str, typer.Option(envvar="OMNITRACK_METRICS_HOST", help="Address of that; it has no login.")
    ] = LOOPBACK,
) -> None:
    """Serve the analysts' pages until Ctrl-C. ClickHouse may be away: the pages say so, and go on when it is back.

    Exit code 2: a wrong setting, or the port is busy.
    """
    settings = ClickHouseSettings.of(resolve_endpoints(clickhouse=clickhouse, data_dir=data_dir).clickhouse)
    try:
        access = read_access(host)
    except AccessError as error:
        typer.echo(f"explore: {error}", err=True)
        raise typer.Exit(2) from error
    obstacle = port_obstacle(port) if host == LOOPBACK else None
    if obstacle:
        typer.echo(f"explore: {obstacle}: stop what listens there, or choose another with --port", err=True)
        raise typer.Exit(2)
    if not access.has_login:
        typer.echo(OPEN, err=True)
    typer.echo(f"explorer    {access.url or f'http://{host}:{port}/'} on ClickHouse {settings.masked}")
    try:
        with ExitStack() as stack:
            _show_metrics(stack, metrics_host, metrics_port)
            serve(settings, port, host, seconds, access)
    except (AccessError, AccountsError) as error:
        typer.echo(f"explore: {error}", err=True)
        raise typer.Exit(2) from error
    except OSError as error:
        typer.echo(f"explore: cannot listen on {host}:{port}: {error.strerror}", err=True)
        raise typer.Exit(2) from error


def _show_metrics(stack: ExitStack, host: str, port: int) -> None:
    try:
        stack.enter_context(shown(host, port))
    except OSError as error:
        typer.echo(
            f"explore: OMNITRACK_METRICS_HOST, OMNITRACK_METRICS_PORT: nothing can listen on {host}:{port}"
            f" ({error.strerror}): stop what does, or choose another",
            err=True,
        )
        raise typer.Exit(2) from error
