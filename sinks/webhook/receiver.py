"""The receiver of a webhook: one signed POST for each alert that begins, changes its severity or ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from sinks.notices import Notice, rfc3339
from sinks.notices.http import SECONDS, Poster
from sinks.webhook.signature import sign

ATTEMPTS = 8
"""With the pauses in between about two minutes, should it refuse each at once."""

TIMES = ("raised_at", "updated_at", "resolved_at", "event_time")

encode_json = msgspec.json.Encoder().encode


class Webhook:
    """`secrets` sign what is posted to `url`; `now` tells the time in s, `seconds` is how long an answer may take."""

    name = "webhook"
    most = 1
    calls = 16

    def __init__(
        self,
        url: str,
        secrets: Sequence[bytes],
        *,
        attempts: int = ATTEMPTS,
        seconds: float = SECONDS,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.attempts: int | None = attempts
        self._poster = Poster(url, seconds)
        self._secrets = secrets
        self._now = now

    async def tell(self, notices: Sequence[Notice]) -> None:
        """Post the one notice, signed as Standard Webhooks 1.0 are. Raises what `Poster.post` raises."""
        [notice] = notices
        body = body_of(notice)
        # Signed anew at each attempt: receivers refuse what was signed long ago.
        signed = sign(self._secrets, notice.key, int(self._now()), body)
        await self._poster.post(body, {"Content-Type": "application/json", **signed})

    def is_news(self, told: Notice, now: Notice) -> bool:
        """The value of a rate changes with each touchpoint: that is no news."""
        return (told.alert_id, told.severity) != (now.alert_id, now.severity)

    async def close(self) -> None:
        """End the connections."""
        await self._poster.close()


def body_of(notice: Notice) -> bytes:
    """`{"type": "alert.firing", "timestamp": …, "data": {…}}`; data are the notice's fields, times as RFC 3339."""
    data: dict[str, Any] = msgspec.structs.asdict(notice)
    data |= {name: rfc3339(data[name] / 1000) for name in TIMES if data[name] is not None}
    return encode_json({"type": f"alert.{notice.status}", "timestamp": data["updated_at"], "data": data})
