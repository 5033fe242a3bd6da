"""A request written in one go has the bytes that the driver would write."""

from __future__ import annotations

from aiokafka.protocol.produce import ProduceRequest
from hypothesis import given
from hypothesis import strategies as st

from streams.batching.flat import FlatRequest

partitions = st.lists(st.tuples(st.integers(0, 2**31 - 1), st.none() | st.binary()), max_size=3)
topics = st.lists(st.tuples(st.text(max_size=20), partitions), max_size=3)


@given(topics, st.none() | st.text(max_size=20), st.integers(0, 7))
def test_of_every_version(topics: list[tuple[str, list[tuple[int, bytes]]]], sender: str | None, version: int) -> None:
    request = ProduceRequest(sender if version >= 3 else None, -1, 30_000, topics)
    versions = {ProduceRequest.API_KEY: (version, version)}
    assert FlatRequest(request).prepare(versions).encode() == request.prepare(versions).encode()
