"""Faust's recovery, which a rebalance in its midst sends back to its start."""

from __future__ import annotations

import inspect
from typing import Any

from faust.tables.manager import TableManager
from faust.tables.recovery import RebalanceAgain, Recovery


class BatchRecovery(Recovery):
    """Begins again when partitions were assigned anew.

    Faust swallows that news while it waits for the end of the changelogs, and goes on with what it knew of the
    assignment before: it seeks new standby partitions to offsets that nobody looked up, and the process ends of it.
    """

    async def _wait(self, coro: Any, timeout: Any = None) -> None:  # noqa: ASYNC109 - as in Faust
        if self.signal_recovery_start.is_set():
            if inspect.iscoroutine(coro):
                coro.close()
            raise RebalanceAgain
        await super()._wait(coro, timeout)


class BatchTableManager(TableManager):
    """Faust's, with that recovery."""

    @property
    def recovery(self) -> Recovery:
        """Faust's hook: the recovery that reads changelogs in batches."""
        if self._recovery is None:
            self._recovery = BatchRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
