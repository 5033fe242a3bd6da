"""Values at rest are small, come back as they were, and can still be read by the next version."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.journey import packing
from streams.journey.packing import UnknownPacking, pack, unpack
from streams.journey.state import Stored, encode
from tests.sinks.rows import touchpoint_row

FROZEN = "49eaaaac8adc9dd9c3a0a0d381cac58bfb278595a8e91f689c1ff1fb047746e4"


@given(st.binary(max_size=5_000))
def test_what_is_unpacked_is_what_was_packed(value: bytes) -> None:
    assert unpack(pack(value)) == value


def test_the_dictionary_is_the_one_that_states_at_rest_were_packed_with() -> None:
    assert sha256(packing.DICTIONARY).hexdigest() == FROZEN, "another dictionary needs another number"


def test_a_single_touchpoint_is_packed_to_less_than_two_thirds() -> None:
    row = touchpoint_row(7)
    value = encode([Stored(row.touchpoint, row.received_at, row.origin)])
    assert len(pack(value)) < len(value) * 2 / 3


@pytest.mark.parametrize("value", [b"", b"\x03abc"])
def test_another_packing_is_refused(value: bytes) -> None:
    with pytest.raises(UnknownPacking, match="is not known to this version"):
        unpack(value)


def test_a_damaged_size_asks_for_no_memory() -> None:
    packed = pack(b"head")
    with pytest.raises(UnknownPacking, match="larger than any that was packed"):
        unpack(packed[:1] + (2**31 - 1).to_bytes(4, "little") + packed[5:])
