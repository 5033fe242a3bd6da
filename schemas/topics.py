"""The Kafka topics by name, and how each is kept."""

from __future__ import annotations

from dataclasses import dataclass

BUILT_IN_CHANNELS = ("mobile_app", "online_banking", "wechat", "atm", "hotline", "branch")
RECEIVERS = ("alertmanager", "webhook")
DEFAULT_PREFIX = "omnitrack."


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic to be made, and what Kafka does with what is old: `delete` it, or `compact`."""

    name: str
    cleanup: str = "delete"


@dataclass(frozen=True, slots=True)
class Topics:
    """All topics of one deployment; every keyed topic has the same partition count."""

    prefix: str = DEFAULT_PREFIX
    channels: tuple[str, ...] = BUILT_IN_CHANNELS

    def touchpoints(self, channel: str) -> str:
        """Where the records of a channel come in."""
        return f"{self.prefix}touchpoints.{channel}"

    def channel_of(self, topic: str) -> str:
        """The channel whose touchpoints `topic` carries."""
        return topic.removeprefix(f"{self.prefix}touchpoints.")

    @property
    def inputs(self) -> tuple[str, ...]:
        """All topics of touchpoints."""
        return tuple(self.touchpoints(channel) for channel in self.channels)

    @property
    def identity(self) -> str:
        """Links, and touchpoints without a customer number until it is known whose they are."""
        return f"{self.prefix}identity"

    @property
    def customer(self) -> str:
        """Arrivals and withdrawals, by customer."""
        return f"{self.prefix}customer"

    @property
    def stitched(self) -> str:
        """Touchpoints with their journeys, for ClickHouse; the spec names no topic for them."""
        return f"{self.prefix}stitched"

    @property
    def journeys(self) -> str:
        """Rows of journeys, by customer."""
        return f"{self.prefix}journeys"

    @property
    def handoffs(self) -> str:
        """Rows of handoffs, by customer."""
        return f"{self.prefix}handoffs"

    @property
    def promises(self) -> str:
        """Rows of promises, by customer."""
        return f"{self.prefix}promises"

    @property
    def alerts(self) -> str:
        """What the catalogue's rules found; keyed by customer, or by fingerprint where it is no one customer's."""
        return f"{self.prefix}alerts"

    @property
    def alerting(self) -> str:
        """What alerting tells itself: counts of a group, keyed by fingerprint, and ticks."""
        return f"{self.prefix}alerting"

    @property
    def dead(self) -> str:
        """Dead letters."""
        return f"{self.prefix}dead"

    @property
    def duplicates(self) -> str:
        """The fate of records that repeat a stored touchpoint, so that accounting adds up."""
        return f"{self.prefix}duplicates"

    @property
    def state(self) -> str:
        """Changelog of the customers' stitching state: compacted only."""
        return f"{self.prefix}state"

    @property
    def identity_state(self) -> str:
        """Changelog of the links and of the touchpoints held by their identities: compacted only."""
        return f"{self.prefix}identity-state"

    def notify_state(self, receiver: str) -> str:
        """Changelog of what a receiver of alerts was told: compacted only."""
        return f"{self.prefix}notify-{receiver}-state"

    @property
    def undelivered(self) -> str:
        """Notices of alerts that no attempt could deliver."""
        return f"{self.prefix}undelivered"

    @property
    def alerting_state(self) -> str:
        """Changelog of what alerting knows of customers and of groups: compacted only."""
        return f"{self.prefix}alerting-state"

    @property
    def stitched_rows(self) -> tuple[str, ...]:
        """What stitching says of customers, and alerting reads."""
        return (self.stitched, self.journeys, self.handoffs, self.promises)

    @property
    def outputs(self) -> tuple[str, ...]:
        """What the ClickHouse sink reads."""
        return (self.stitched, self.journeys, self.handoffs, self.promises, self.alerts, self.dead, self.duplicates)

    @property
    def all(self) -> tuple[TopicSpec, ...]:
        """Every topic that is needed, with its cleanup policy."""
        deleted = (*self.inputs, self.identity, self.customer, *self.outputs, self.alerting, self.undelivered)
        compacted = (self.identity_state, self.state, self.alerting_state, *map(self.notify_state, RECEIVERS))
        return (*map(TopicSpec, deleted), *(TopicSpec(name, cleanup="compact") for name in compacted))
