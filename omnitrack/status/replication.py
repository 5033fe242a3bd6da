"""What the status report says of topics that too few brokers have, and what is to be done. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from omnitrack.replication import TopicTrouble

GUIDE = "docs/operations.md#replicas-of-the-topics"


def problems_of(troubled: Sequence[TopicTrouble]) -> tuple[str, ...]:
    """A line for each topic that cannot be read, or not be written to."""
    return (
        *(
            f"topic {one.topic}: {_numbers(one.offline)} offline, no broker that is there has what it holds: start the"
            " brokers that are away"
            for one in troubled
            if one.offline
        ),
        *(
            f"topic {one.topic}: {_numbers(one.read_only)} without writes, fewer brokers than min.insync.replicas are"
            " in sync: start the brokers that are away, or see in their logs why they do not catch up"
            for one in troubled
            if one.read_only
        ),
    )


def warnings_of(troubled: Sequence[TopicTrouble]) -> tuple[str, ...]:
    """A line for each kind of risk, with the topics that run it."""
    lagging = [one for one in troubled if len(one.under_replicated) > len(one.offline) + len(one.read_only)]
    thin = [one for one in troubled if one.replicas < one.wanted]
    lines = []
    if lagging:
        lines.append(
            f"under-replicated, {_topics(lagging)}: a broker is away or behind, and the loss of another may stop or"
            " lose them: start it, or see in its log why it does not catch up"
        )
    if thin:
        lines.append(
            f"fewer replicas than OMNITRACK_REPLICATION wants, {_topics(thin)}: `omnitrack replicas` prints where more"
            f" can go, {GUIDE} says how"
        )
    return tuple(lines)


def _numbers(partitions: Sequence[int]) -> str:
    return f"partition{'s' if len(partitions) > 1 else ''} {', '.join(map(str, partitions))}"


def _topics(troubled: Sequence[TopicTrouble]) -> str:
    return f"{len(troubled)} topic{'s' if len(troubled) > 1 else ''} ({', '.join(one.topic for one in troubled)})"
