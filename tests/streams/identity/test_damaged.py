"""Something in the state of `identity` cannot be read: nobody is held up by that, and whoever it names is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from structlog.testing import capture_logs

from schemas.catalogue import Catalogue
from schemas.identity import FORGETTING, Forget, encode_identity_record, profile_key
from streams.agents import forgetting
from streams.agents.identity import PartitionMemory
from streams.identity.forget import Forgotten, forget
from streams.identity.state import Linked, Profile, decode_linked, encode
from streams.journey.erasure import erased_key
from streams.journey.state import segment_key
from streams.placing import place
from tests.streams.identity.erasing import ERASED_ID, keys_naming, send_erasure
from tests.streams.identity.world import NOW, PARTITIONS, TOPICS, World, payload

DEVICE = "device:d1"
PROFILE = profile_key((("device", "d1"),))


def cut_off(value: bytes) -> bytes:
    return value[:-3]


def not_text(value: bytes) -> bytes:
    """The first of the customers is not UTF-8 any more; the last one is as it was."""
    return value.replace(b"customer-2", b"customer-\xff")


def junk(_: bytes) -> bytes:
    return b"\xc1 customer-1"


Damage = Callable[[bytes], bytes]
DAMAGES: list[Damage] = [cut_off, not_text, junk]


def world_with(key: str, value: bytes) -> tuple[World, dict[bytes, bytes]]:
    """A world with that value of an identity or profile, whose workers have started on it; and the state it is in."""
    world = World(Catalogue(horizon=None))
    state = world.states["identity"].partitions[place(key, PARTITIONS)[1]]
    state[key.encode()] = value
    world.identify.recover(range(PARTITIONS))
    return world, state


def of_two() -> bytes:
    return encode(Linked(customers=["customer-2", ERASED_ID]))


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_worker_starts_and_tells_of_it_and_all_others_go_on(damage: Damage) -> None:
    world, _ = world_with(DEVICE, damage(of_two()))
    world.publish(payload("mobile_app", "e1", identities={"customer_no": "C-3", "phone": "p1"}))
    world.publish(payload("mobile_app", "e2", identities={"phone": "p1"}))
    world.publish(payload("mobile_app", "e3", identities={"device": "d1"}))
    with capture_logs() as logged:
        world.drain()
    assert {customer for (_, name), customer in world.customers().items() if name in ("e1", "e2")} == {"C-3"}
    assert any("a state is at fault" in one["event"] for one in logged)
    assert "d1" not in str(logged)


def test_what_cannot_be_read_is_told_of_at_the_start_though_nothing_comes_for_it() -> None:
    memory = PartitionMemory({DEVICE.encode(): junk(b""), b"phone:1": encode(Linked(customers=["C1"]))})
    assert memory.due.due(0, 10) == [DEVICE]


def test_a_worker_starts_on_a_log_of_many_parts() -> None:
    state = {segment_key(DEVICE, number): b"" for number in (127, 128, 255, 256)}
    assert len(PartitionMemory(state).due) == 0


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_identity_that_cannot_be_read_and_names_who_is_forgotten_is_nobodys(damage: Damage) -> None:
    world, state = world_with(DEVICE, damage(of_two()))
    state[segment_key(DEVICE, 200)] = b"watchers"
    with capture_logs() as logged:
        send_erasure(world)
        world.drain()
    assert keys_naming(world) == []
    assert decode_linked(state[DEVICE.encode()]).customers is None
    assert [key for key in state if key.startswith(DEVICE.encode())] == [DEVICE.encode()]
    assert any(one.get("identities_and_profiles") == 1 for one in logged)
    world.publish(payload("mobile_app", "e1", identities={"device": "d1"}))
    world.drain()
    assert set(world.customers().values()) == {"anon:device:d1"}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_profile_that_cannot_be_read_and_names_who_is_forgotten_goes_with_all_that_it_held(damage: Damage) -> None:
    profile = Profile(
        identities=(("device", "d1"),), answers={0: ["customer-2", ERASED_ID]}, customer_id="anon:device:d1"
    )
    world, state = world_with(PROFILE, damage(encode(profile)))
    state[segment_key(PROFILE, 200)] = b"touchpoints"
    send_erasure(world)
    world.drain()
    assert [key for key in state if key.startswith(PROFILE.encode())] == []
    assert erased_key(ERASED_ID) in state


def test_who_cannot_be_forgotten_for_a_defect_stops_nobody_and_is_named_by_no_letter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(customer_id: str, at: int, state: Mapping[bytes, bytes]) -> Forgotten:
        if customer_id == ERASED_ID:
            raise KeyError(customer_id)
        return forget(customer_id, at, state)

    monkeypatch.setattr(forgetting, "forget", fail)
    world, state = world_with(DEVICE, of_two())
    partition = place(DEVICE, PARTITIONS)[1]
    for customer in (ERASED_ID, "customer-2"):
        world.write(TOPICS.identity, partition, FORGETTING.encode(), encode_identity_record(Forget(customer, NOW)))
    world.drain()
    [letter] = world.rows(TOPICS.dead).values()
    assert (letter.reason, letter.topic, letter.key, letter.payload) == ("internal", TOPICS.identity, None, "")
    assert erased_key("customer-2") in state
    assert erased_key(ERASED_ID) not in state
