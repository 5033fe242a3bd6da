"""One erasure from beginning to end; whatever interrupts it, the same once more completes it.

First the streams forget the customer and refuse what comes. Only when all that they sent before is stored are the rows
looked for, given a fate that tells nothing, and removed: nothing that is under way can bring one back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import msgspec
from clickhouse_driver import Client

from omnitrack.broker_reader import BrokerReader
from omnitrack.drain import Drained, Stage, TopicsMissing, drain, drain_stages
from omnitrack.erasure.expiry import Expiry, expiries, in_memory
from omnitrack.erasure.marks import find_marks, marks_of
from omnitrack.erasure.receipt import Receipt
from omnitrack.erasure.rows import count_rows, erased_letters, remove_rows
from omnitrack.erasure.subject import Subject, with_identities
from omnitrack.offsets import Partition
from omnitrack.sending import RecordSender
from omnitrack.settings import Endpoints
from schemas.durations import DAY
from schemas.identity import FORGETTING, Forget, encode_identity_record
from schemas.topics import Topics
from schemas.touchpoint import Erasure, encode_customer_record
from sinks.clickhouse.cluster import Storage
from streams.now import now_ms
from streams.pseudonym import Pseudonyms

_SEGMENT = 7 * DAY
"""How long a broker writes to a segment unless it is told otherwise (ms)."""

_encode = msgspec.json.Encoder().encode


class NotErased(Exception):
    """One line: why, and what to do."""


@dataclass(frozen=True, slots=True)
class Eraser:
    """Erases customers of one deployment; `timeout` (s) bounds each wait for the stream, `say` tells the steps."""

    endpoints: Endpoints
    topics: Topics
    client: Client
    storage: Storage
    reader: BrokerReader
    sender: RecordSender
    pseudonyms: Pseudonyms | None
    timeout: float
    say: Callable[[str], None]

    def erase(self, customer: Subject, who: str) -> Receipt:
        """Forget the customer, and tell what was removed.

        Raises `NotErased`, `NotSentError`, `CannotOpen`, `BrokerUnavailableError` or `ClickHouseError`.
        """
        asked_at = now_ms()
        self._drain("waiting until what was received is stored")
        subject, unreadable = self._forget_in_streams(with_identities(customer, self.client, self.pseudonyms), asked_at)
        self._forget_alerts(subject)
        records = self._send_letters(subject)
        self._drain("waiting until no record is without a fate")
        self.say("removing rows")
        removed = remove_rows(self.client, subject, self.storage)
        left = count_rows(self.client, subject, self.storage)
        finished_at = now_ms()
        return Receipt(
            customer_digest=subject.digest,
            asked_at=asked_at,
            finished_at=finished_at,
            asked_by=who,
            removed=removed,
            records=records,
            left=left,
            topics=self._expiries(finished_at),
            unreadable=unreadable,
        )

    def _forget_in_streams(self, subject: Subject, at: int) -> tuple[Subject, dict[str, int]]:
        """Have stitching and links forget the subject.

        Returns it with the identities that it bore until they had, and how many values of links cannot be read.
        """
        changelogs = (self.topics.state, self.topics.identity_state)
        partitions = len(self.reader.end_offsets([self.topics.identity]))
        while True:
            begins = self.reader.end_offsets(changelogs)
            self._send_forgetting(subject, at)
            self._drain("waiting until the streams have forgotten")
            wanted, ends = marks_of(subject, self.topics, partitions), self.reader.end_offsets(changelogs)
            found = find_marks(self.endpoints.kafka, wanted, begins, ends, at)
            if found.missing:
                raise NotErased(_not_forgotten(found.missing))
            known = with_identities(subject, self.client, self.pseudonyms)
            if known.identities <= subject.identities:
                return subject, {str(partition): count for partition, count in sorted(found.unreadable.items())}
            subject = replace(subject, identities=subject.identities | known.identities)

    def _send_forgetting(self, subject: Subject, at: int) -> None:
        for customer_id in subject.customer_ids:
            self.sender.send(self.topics.customer, customer_id.encode(), encode_customer_record(Erasure(at)))
        forget = encode_identity_record(Forget(subject.customer_id, at))
        for place in self.reader.end_offsets([self.topics.identity]):
            self.sender.send(place.topic, FORGETTING.encode(), forget, place.number)
        self.sender.flush()

    def _forget_alerts(self, subject: Subject) -> None:
        """Have alerting take back the customer's alerts, once it knows all rows that it will ever know of the customer.

        Where it never ran there is nothing to forget.
        """
        group, topics = self.endpoints.alerts_group, self.topics
        if not self.reader.committed(group):
            return
        self._wait([Stage("alerts", group, topics.stitched_rows)], "waiting until alerting knows all rows")
        for customer_id in subject.customer_ids:
            self.sender.send(topics.alerting, customer_id.encode(), b"")
        self.sender.flush()
        self._wait([Stage("alerts", group, (topics.alerting,))], "waiting until alerting has forgotten")

    def _send_letters(self, subject: Subject) -> int:
        letters = {
            letter.dead_letter_id: letter
            for letter in erased_letters(self.client, subject, self.topics, self.pseudonyms)
        }
        for letter in letters.values():
            self.sender.send(self.topics.dead, None, _encode(letter))
        self.sender.flush()
        return len(letters)

    def _drain(self, why: str) -> None:
        stages = drain_stages(self.endpoints, self.reader.topics())
        if isinstance(stages, TopicsMissing):
            raise NotErased(str(stages))
        self._wait(stages, why)

    def _wait(self, stages: Sequence[Stage], why: str) -> None:
        def show(stage: Stage, records: int) -> None:
            self.say(f"{why}: {stage.name}, {records:,} records to go")

        outcome = drain(self.reader, stages, self.timeout, show)
        if not isinstance(outcome, Drained):
            raise NotErased(
                f"after {self.timeout:g} s {outcome}: all workers and the sink have to run; then run it again"
            )

    def _expiries(self, now: int) -> tuple[Expiry, ...]:
        specs = self.topics.all
        if self.endpoints.runtime is not None and self.endpoints.runtime.kafka_in_memory:
            return in_memory(specs)
        return expiries(specs, self.reader.configs([spec.name for spec in specs]), _SEGMENT, now)


def _not_forgotten(partitions: Collection[Partition]) -> str:
    places = ", ".join(map(str, sorted(partitions)))
    return (
        f"the customer is not forgotten yet, as no mark of it is in {places}, and no row was removed: the workers' logs"
        " and `omnitrack dead list` tell why; then run it again"
    )
