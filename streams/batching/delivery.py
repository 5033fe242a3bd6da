"""Which offset of a partition may be committed, given what was delivered and what was acknowledged."""

from __future__ import annotations


class DeliveryLog:
    """The batches of one partition in the order of their delivery, named by the offset that follows each.

    Only a leading run of acknowledged batches counts: an acknowledgement behind a batch that is still being worked on
    is kept until that one is acknowledged as well, so no offset is ever skipped.
    """

    __slots__ = ("_acknowledged", "_pending", "committable", "records")

    def __init__(self) -> None:
        self._pending: dict[int, int] = {}
        self._acknowledged: set[int] = set()
        self.committable: int | None = None
        """The offset to commit; None before the first acknowledged batch."""
        self.records = 0
        """How many records the batches have that were delivered and do not count as acknowledged yet."""

    def __len__(self) -> int:
        """How many batches were delivered and do not count as acknowledged yet."""
        return len(self._pending)

    def deliver(self, next_offset: int, records: int) -> None:
        """Note a delivered batch of so many records; `next_offset` is greater than that of the batch before it."""
        self._pending[next_offset] = records
        self.records += records

    def acknowledge(self, next_offset: int) -> bool:
        """Note that a delivered batch is done; False if it is not (any more) among the delivered ones."""
        if next_offset not in self._pending or next_offset in self._acknowledged:
            return False
        self._acknowledged.add(next_offset)
        while (first := next(iter(self._pending), None)) in self._acknowledged:
            self._acknowledged.discard(first)
            self.records -= self._pending.pop(first)
            self.committable = first
        return True
