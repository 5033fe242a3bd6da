"""One way of posting: a time limit, no redirects, and what an answer means."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp

from sinks.notices.port import NoticeRefused, ReceiverAway

SECONDS = 10.0
"""How long an answer may take, from looking up the name on."""

SHOWN = 300
PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)


class Poster:
    """Posts to one URL. Its user and password, query and answers' bodies beyond a line are shown nowhere."""

    def __init__(self, url: str, seconds: float = SECONDS) -> None:
        self._url = url
        self._seconds = seconds
        self._session: aiohttp.ClientSession | None = None
        self.address = address_of(url)

    async def post(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Return on a 2xx. Raises `ReceiverAway`, or `NoticeRefused` for any other answer that will not change."""
        try:
            async with self._open().post(self._url, data=body, headers=headers, allow_redirects=False) as answer:
                if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
                    return
                text = (await answer.content.read(SHOWN)).decode(errors="replace").strip()
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ReceiverAway(f"{self.address}: {type(error).__name__}: {error}") from error
        message = f"{self.address} answered {status}: {text}"
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in PASSING:
            raise ReceiverAway(message)
        raise NoticeRefused(message)

    async def close(self) -> None:
        """End the connections."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        # Made where the event loop runs.
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._seconds))
        return self._session


def address_of(url: str) -> str:
    """The URL without user, password, query and fragment, for messages."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
