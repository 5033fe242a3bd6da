"""Shows what a drain waits for, while it does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from omnitrack.drain import Progress, Stage


@contextmanager
def drain_status(console: Console) -> Iterator[Progress]:
    """Within, a line of a terminal tells the stage that was last reported, and how many records it still has."""
    with console.status("reading offsets") as status:

        def show(stage: Stage, records: int) -> None:
            status.update(f"{stage.name}: {records:,} records to go")

        yield show
