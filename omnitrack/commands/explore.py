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
from omnitrack.commands.telling import FAILED, complain, complaining
from omnitrack.ports import LOOPBACK, port_obstacle
from omnitrack.settings import resolve_endpoints

OPEN = "note: there is no login: whoever works on this machine can read what is shown (docs/security.md)"


class CannotListen(Exception):
    """An address to serve at cannot be had. One line: which, why, what to do."""


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
    settings = resolve_endpoints(clickhouse=clickhouse, data_dir=data_dir).clickhouse_settings
    with complaining("explore", AccessError):
        access = read_access(host)
    obstacle = port_obstacle(port) if host == LOOPBACK else None
    if obstacle:
        complain("explore", f"{obstacle}: stop what listens there, or choose another with --port")
        raise typer.Exit(FAILED)
    if not access.has_login:
        typer.echo(OPEN, err=True)
    typer.echo(f"explorer    {access.url or f'http://{host}:{port}/'} on ClickHouse {settings.masked}")
    with complaining("explore", AccessError, AccountsError, CannotListen), ExitStack() as stack:
        _show_metrics(stack, metrics_host, metrics_port)
        try:
            serve(settings, port, host, seconds, access)
        except OSError as error:
            raise CannotListen(f"cannot listen on {host}:{port}: {error.strerror}") from error


def _show_metrics(stack: ExitStack, host: str, port: int) -> None:
    try:
        stack.enter_context(shown(host, port))
    except OSError as error:
        raise CannotListen(
            f"OMNITRACK_METRICS_HOST, OMNITRACK_METRICS_PORT: nothing can listen on {host}:{port}"
            f" ({error.strerror}): stop what does, or choose another"
        ) from error
