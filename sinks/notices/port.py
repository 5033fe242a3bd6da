"""The port through which notices leave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sinks.notices.notice import Notice


class ReceiverAway(Exception):
    """The receiver does not answer, or is not able to take anything now: to be tried again."""


class NoticeRefused(Exception):
    """The receiver does not take these notices, however often they are told."""


class Receiver(Protocol):
    """Somebody who is told. To be told the same twice, or what was true a moment ago, does no harm.

    `name` is what settings and meters call it; `most` how many notices it takes at once, `calls` how many calls it may
    get side by side; `attempts` how often it is tried before a notice is given up, None: until it answers.
    """

    name: str
    most: int
    calls: int
    attempts: int | None

    async def tell(self, notices: Sequence[Notice]) -> None:
        """Return once it has taken all of at most `most` notices.

        Raises `ReceiverAway` or `NoticeRefused`; some of them may then have been taken.
        """

    def is_news(self, told: Notice, now: Notice) -> bool:
        """Whether an alert that fires is worth telling again."""

    async def close(self) -> None:
        """Close its connections."""
