"""What is to be copied from where, and whether there is a place for it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from omnitrack.offsets import Offsets, Partition
from schemas.topics import Topics


class CannotCopy(Exception):
    """One line: why, and what to do."""


@dataclass(frozen=True, slots=True)
class Span:
    """The offsets of a partition from `first` to before `end`; of those before, `lost` left Kafka without a copy."""

    first: int
    end: int
    lost: int = 0

    def __len__(self) -> int:
        return max(0, self.end - self.first)


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where touchpoints are: `kafka` as the user named it, `cluster` as it names itself."""

    kafka: str
    cluster: str
    prefix: str
    topics: frozenset[str] = field(repr=False)

    @property
    def inputs(self) -> dict[str, str]:
        """The touchpoints topics that are there, by channel."""
        names = Topics(self.prefix)
        channels = ((names.channel_of(name), name) for name in sorted(self.topics))
        return {channel: name for channel, name in channels if name == names.touchpoints(channel)}

    def __str__(self) -> str:
        return f"{self.prefix}* at {self.kafka}"


def topics_to_copy(source: Deployment, target: Deployment, channels: Collection[str]) -> dict[str, str]:
    """Each topic of the source with that of the target; of `channels`, or of all there are. Raises `CannotCopy`."""
    if (source.cluster, source.prefix) == (target.cluster, target.prefix):
        raise CannotCopy(
            f"{source} would be copied into itself: --from-prefix names the deployment to copy from,"
            " OMNITRACK_TOPIC_PREFIX the one to copy into"
        )
    if not source.inputs:
        raise CannotCopy(
            f"there are no topics {Topics(source.prefix).touchpoints('*')} at {source.kafka}: see --from-prefix"
        )
    for channel in channels:
        if channel not in source.inputs:
            raise CannotCopy(f"there is no channel {channel} in {source}, only {', '.join(source.inputs)}")
    goals = Topics(target.prefix)
    found = {name: goals.touchpoints(channel) for channel, name in source.inputs.items()}
    wanted = {name: found[name] for channel, name in source.inputs.items() if not channels or channel in channels}
    for name, goal in wanted.items():
        if goal not in target.topics:
            raise CannotCopy(
                f"{name} has nowhere to go: there is no topic {goal} at {target.kafka}. Start a worker of the"
                " deployment to copy into first, with a catalogue that has this channel"
            )
    return wanted


def spans(begins: Offsets, ends: Offsets, copied: Offsets) -> dict[Partition, Span]:
    """What is to be copied of each partition of `ends`, where the offsets before `copied` were copied before.

    A partition that ends before what was copied of it was made anew since, and is copied from its begin.
    """
    found: dict[Partition, Span] = {}
    for place, end in ends.items():
        begin, before = begins.get(place, 0), copied.get(place)
        if before is None or before > end:
            found[place] = Span(begin, end)
        else:
            found[place] = Span(max(begin, before), end, lost=max(0, begin - before))
    return found


def lost(planned: Mapping[Partition, Span]) -> list[str]:
    """A line for each partition that lost records between two copies."""
    return [
        f"{place}: {span.lost:,} offsets ({span.first - span.lost} to {span.first - 1}) left Kafka by retention before"
        " they were copied"
        for place, span in planned.items()
        if span.lost
    ]
