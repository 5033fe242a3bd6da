"""Which links of identities to customers ingest need not send again."""

from __future__ import annotations

from collections.abc import Iterable

REMEMBERED_LINKS = 262_144


def link_of(kind: str, value: str, customer_id: str) -> int:
    """What stands for the link of an identity to a customer, in this process only."""
    return hash((kind, value, customer_id))


class SentLinks:
    """Links that are durably sent and need not be sent again: the latest of them, for the others it does no harm."""

    def __init__(self, most: int = REMEMBERED_LINKS) -> None:
        self._most = most
        self._recent: set[int] = set()
        self._older: set[int] = set()

    def __contains__(self, link: int) -> bool:
        return link in self._recent or link in self._older

    @property
    def halves(self) -> tuple[set[int], set[int]]:
        """All of them, in two sets."""
        return self._recent, self._older

    def add(self, links: Iterable[int]) -> None:
        """Remember that these are durable; the older half is forgotten when there are too many."""
        self._recent.update(links)
        if len(self._recent) > self._most // 2:
            self._recent, self._older = set(), self._recent
