"""Every output topic has a feed, and rows come through it as they were sent."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.topics import Topics
from sinks.feeds import feeds_of
from sinks.port import Table
from tests.sinks.rows import ROWS

TOPICS = Topics()
FEEDS = feeds_of(TOPICS)
MSGPACK = {TOPICS.stitched, TOPICS.duplicates}


def test_each_output_topic_has_one_feed_and_each_feed_its_own_table() -> None:
    assert set(FEEDS) == set(TOPICS.outputs)
    assert {feed.table for feed in FEEDS.values()} == set(ROWS)


@pytest.mark.parametrize("topic", TOPICS.outputs)
@given(data=st.data())
def test_rows_come_as_they_were_sent(topic: str, data: st.DataObject) -> None:
    feed = FEEDS[topic]
    table: Table = feed.table
    row = data.draw(ROWS[table])
    encode = msgspec.msgpack.encode if topic in MSGPACK else msgspec.json.encode
    assert feed.decode(encode(row)) == row


@pytest.mark.parametrize("topic", TOPICS.outputs)
@given(payload=st.binary(max_size=64))
def test_bytes_that_are_no_row_raise_only_decode_errors(topic: str, payload: bytes) -> None:
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        FEEDS[topic].decode(payload)
