"""A partition's states, wherever they are kept: those of the compiled core are a mapping as a dictionary is."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams.batching import Batch, WorkerSettings, create_app
from streams.batching.built import core
from streams.batching.sender import Outgoing
from streams.batching.table import States
from tests.streams.agents.fake_record import FakeRecord
from tests.support.compiled import compiled_only

Writes = list[tuple[bytes | None, bytes | None]]
New = Callable[[], States]

kinds = pytest.mark.parametrize(
    "new",
    [
        pytest.param(dict, id="dictionary"),
        pytest.param(getattr(core, "States", None), id="compiled", marks=compiled_only),
    ],
)
keys = st.sampled_from([b"", b"C-1", b"C-1\x00\x00\x00\x00\x01", b"\x00attempts", "客".encode()]) | st.binary(
    max_size=300
)
batches_of_writes = st.lists(st.lists(st.tuples(st.none() | keys, st.none() | st.binary(max_size=300))), max_size=5)


def after(state: Mapping[bytes, bytes], writes: Writes) -> dict[bytes, bytes]:
    """What the state is to be after the writes: those without a key are nothing, those without a value delete."""
    expected: dict[bytes, bytes | None] = dict(state)
    expected |= {key: value for key, value in writes if key is not None}
    return {key: value for key, value in expected.items() if value is not None}


def assert_same(kept: Mapping[bytes, bytes], expected: Mapping[bytes, bytes]) -> None:
    assert dict(kept) == expected
    assert sorted(kept) == sorted(kept.keys()) == sorted(expected)
    assert sorted(kept.items()) == sorted(expected.items())
    assert sorted(kept.values()) == sorted(expected.values())
    assert len(kept) == len(expected)


@compiled_only
@given(batches_of_writes)
def test_they_hold_what_was_written_last(batches: list[Writes]) -> None:
    kept, expected = core.States(), dict[bytes, bytes]()
    for writes in batches:
        groups = core.Grouped()
        for key, value in writes:
            groups.push(key, value)
        groups.apply_to(kept)
        expected = after(expected, writes)
        assert_same(kept, expected)
        assert kept.size == sum(map(len, expected.values()))
        for key in {key for key, _ in writes if key is not None}:
            assert (key in kept, kept.get(key), kept.get(key, b"?")) == (
                key in expected,
                expected.get(key),
                expected.get(key, b"?"),
            )


@kinds
def test_one_key_is_asked_for_put_and_deleted(new: New) -> None:
    kept = new()
    kept[b"a"] = b"1"
    kept[b"a"] = b"22"
    kept[b"b"] = b""
    assert (kept[b"a"], kept[b"b"], len(kept)) == (b"22", b"", 2)
    del kept[b"a"]
    assert_same(kept, {b"b": b""})
    for absent in (lambda: kept[b"a"], lambda: kept.__delitem__(b"a")):
        with pytest.raises(KeyError) as raised:
            absent()
        assert raised.value.args == (b"a",)


@kinds
def test_who_iterates_sees_the_keys_of_the_beginning(new: New) -> None:
    kept = new()
    for number in range(100):
        kept[b"%d" % number] = b"x"
    for key in list(kept):
        del kept[key]
    assert_same(kept, {})


@compiled_only
def test_who_writes_need_not_wait_for_the_objects_of_who_reads_all() -> None:
    """A collection within the reading lets the writer have the interpreter, and waits until it has written."""
    program = """
import gc, threading
from streams._core import States

states = States()
for number in range(10_000):
    states[str(number).encode()] = b"value"
reading, written = threading.Event(), threading.Event()

def write():
    reading.wait()
    states[b"0"] = b"another"
    written.set()

def collects(phase, _):
    reading.set()
    written.wait()

threading.Thread(target=write).start()
gc.callbacks.append(collects)
gc.set_threshold(100)
items = states.items()
gc.callbacks.clear()
reading.set()
assert len(items) == 10_000
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@kinds
def test_a_table_keeps_partitions_until_they_go_to_another_process(new: New) -> None:
    app = create_app(WorkerSettings("states", "127.0.0.1:1", session_timeout=6))
    table = app.state_table("state", "changelog", 4, new)
    recovered: Writes = [(b"a", b"1"), (b"b", b"2"), (None, b"3"), (b"a", None), (b"c", None)]
    records = [FakeRecord(offset, key, value) for offset, (key, value) in enumerate(recovered)]
    for partition in (0, 3):
        event: Any = type("Event", (), {"value": Batch("changelog", partition, records, 5)})
        table.apply_changelog_batch([event])
    assert_same(table.partition(3), {b"b": b"2"})
    assert sorted(table.sizes()) == [(0, 1, 1), (3, 1, 1)]
    kept = TP("changelog", 3)
    asyncio.run(table.on_rebalance({kept}, {TP("changelog", 0)}, set()))
    assert list(table.sizes()) == [(3, 1, 1)]
    assert (table.persisted_offset(kept), table.partition(0)) == (4, {})


@kinds
@pytest.mark.parametrize("grouped", [False, pytest.param(True, marks=compiled_only)])
def test_a_write_is_in_memory_once_the_changelog_has_it(
    new: New, grouped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(WorkerSettings("states", "127.0.0.1:1", session_timeout=6))
    table = app.state_table("state", "changelog", 4, new)
    seen: list[dict[bytes, bytes]] = []

    async def send(_outgoing: list[Outgoing]) -> dict[object, int]:
        seen.append(dict(table.partition(2)))
        return {TP("changelog", 2): len(seen)}

    monkeypatch.setattr(app.sender, "send", send)
    for value in (b"1", b"2", None):
        groups: Any = core.Grouped() if grouped else []
        groups.append([(b"a", value), (b"a\x00", b"part")])
        asyncio.run(table.write_batch(2, groups))
    assert seen == [{}, {b"a": b"1", b"a\x00": b"part"}, {b"a": b"2", b"a\x00": b"part"}]
    assert_same(table.partition(2), {b"a\x00": b"part"})
    assert table.persisted_offset(TP("changelog", 2)) == 3
