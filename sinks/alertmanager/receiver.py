"""The receiver Alertmanager: its API v2, to which an alert is told again and again for as long as it fires.

https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from sinks.notices import Notice, rfc3339
from sinks.notices.http import Poster

HOLD = 4
"""After so many refreshes that did not come Alertmanager takes an alert for ended; Prometheus, too, takes four."""

PATH = "/api/v2/alerts"
OWN_LABELS = ("alertname", "source", "kind", "severity", "fingerprint")
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_]")

encode_json = msgspec.json.Encoder().encode


class Alertmanager:
    """`url` is Alertmanager's own, without the path of the API; `now` tells the time in s.

    What fires has to be told again every `refresh` seconds: Alertmanager keeps alerts in memory only.
    """

    name = "alertmanager"
    most = 500
    calls = 1
    attempts: int | None = None

    def __init__(self, url: str, refresh: float, now: Callable[[], float] = time.time) -> None:
        self._poster = Poster(url.rstrip("/") + PATH)
        self._hold = HOLD * refresh
        self._now = now

    async def tell(self, notices: Sequence[Notice]) -> None:
        """Post all notices at once, as Alertmanager's API v2 wants them. Raises what `Poster.post` raises."""
        now = self._now()
        body = encode_json([post_of(notice, now, self._hold) for notice in notices])
        await self._poster.post(body, {"Content-Type": "application/json"})

    def is_news(self, told: Notice, now: Notice) -> bool:
        """Always: what fires is told again and again, or Alertmanager takes it for resolved."""
        return True

    async def close(self) -> None:
        """End the connections."""
        await self._poster.close()


def post_of(notice: Notice, now: float, hold: float) -> dict[str, Any]:
    """A `postableAlert` at `now` (s), which fires for `hold` seconds unless it is told again.

    Its labels are all that Alertmanager knows an alert by, so they tell its kind and
    its fingerprint, and nothing that changes while it fires; that stands in the annotations."""
    began = notice.raised_at / 1000
    ends = now + hold if notice.is_firing else max(began, min(now, notice.updated_at / 1000))
    return {
        "labels": labels_of(notice),
        "annotations": annotations_of(notice),
        "startsAt": rfc3339(began),
        "endsAt": rfc3339(ends),
    }


def labels_of(notice: Notice) -> dict[str, str]:
    """Those of the rule and of what it found, and our own; characters that no label's name may have become `_`."""
    own = ("omnitrack", notice.kind, notice.severity, notice.fingerprint)
    given = {_label_name(name): value for name, value in notice.labels.items()}
    return given | dict(zip(OWN_LABELS, (notice.rule, *own), strict=True))


def annotations_of(notice: Notice) -> dict[str, str]:
    """What an alert says to people, as text; what is not known is left out. It tells no customer."""
    told = {
        "summary": notice.summary,
        "subject": notice.subject,
        "journey_id": notice.journey_id,
        "event_time": rfc3339(notice.event_time / 1000),
        "value": notice.value,
        "threshold": notice.threshold,
        "count": notice.count,
        "ended": _how_it_ended(notice),
    }
    return {name: str(value) for name, value in told.items() if value is not None}


def _how_it_ended(notice: Notice) -> str | None:
    if notice.status == "retracted":
        return "retracted: a correction showed that it never was right"
    if notice.status == "silenced":
        return f"silenced by {notice.silenced_by}"
    return "resolved" if notice.status == "resolved" else None


def _label_name(name: str) -> str:
    clean = _NOT_IN_NAMES.sub("_", name)
    return clean if not clean[:1].isdigit() else f"_{clean}"
