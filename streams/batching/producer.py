"""The producer of a batch app: every write is acknowledged by all replicas, and idempotent where the broker can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiokafka.errors import UnknownError, UnsupportedVersionError
from faust.transport.drivers import aiokafka as driver
from mode import get_logger

logger = get_logger(__name__)


class BatchProducer(driver.Producer):
    """Faust's aiokafka producer with `acks=all` and idempotence."""

    _idempotent = True

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": self._idempotent}

    async def on_start(self) -> None:
        """Start; raises the driver's error if the broker cannot be reached."""
        try:
            await super().on_start()
        except (UnknownError, UnsupportedVersionError):
            # So the embedded broker answers. Effects are idempotent by key, so a retry that writes twice does no harm.
            logger.warning("The broker gives out no producer ids: writing without producer idempotence")
            await self._start_without_idempotence()

    async def _start_without_idempotence(self) -> None:
        refused, self._producer = self._producer, None
        if refused is not None:
            await refused.stop()
        self._idempotent = False
        await super().on_start()
