"""What a reader must see of identity: claims, ambiguity, public identities, what is held and what is forgotten."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import Catalogue
from schemas.identity import Held, IdentityRecord, Told, identities_of, profile_key
from schemas.touchpoint import Arrival, Origin
from streams.identity import MOST_CUSTOMERS, advance_identity
from streams.identity.resolve import decide
from tests.streams.identity.world import NOW, PARTITIONS, TOPICS, World, payload, read

MINUTE = 60_000
DAY = 86_400_000


def world(horizon: int | None = None) -> World:
    return World(Catalogue(horizon=horizon))


def test_what_was_done_before_the_login_is_claimed_by_it() -> None:
    bank = world()
    bank.publish(payload("mobile_app", "before", NOW - 9 * MINUTE, session_id="s"))
    bank.drain()
    assert bank.customers() == {("mobile_app", "before"): "anon:session:mobile_app:s"}
    bank.publish(payload("mobile_app", "login", NOW - 8 * MINUTE, session_id="s", identities={"customer_no": "C1"}))
    bank.drain()
    assert set(bank.customers().values()) == {"C1"}
    assert [row.touchpoints for row in bank.rows(TOPICS.journeys).values()] == [2]


def test_nothing_passes_through_the_anonymous_customer_once_the_link_is_known() -> None:
    bank = world()
    bank.publish(payload("mobile_app", "login", NOW - 8 * MINUTE, session_id="s", identities={"customer_no": "C1"}))
    bank.drain()
    bank.publish(payload("mobile_app", "after", NOW - 7 * MINUTE, session_id="s"))
    bank.drain()
    customers = {one.key for (topic, _), log in bank.logs.items() if topic == TOPICS.customer for one in log}
    assert customers == {b"C1"}


def test_a_device_that_a_second_customer_uses_gives_back_what_the_first_one_had_claimed() -> None:
    bank = world()
    bank.publish(payload("wechat", "1", NOW - 9 * MINUTE, identities={"device": "d"}))
    bank.publish(payload("wechat", "2", NOW - 8 * MINUTE, identities={"device": "d", "customer_no": "C1"}))
    bank.drain()
    assert bank.customers()["wechat", "1"] == "C1"
    bank.publish(payload("wechat", "3", NOW - 7 * MINUTE, identities={"device": "d", "customer_no": "C2"}))
    bank.drain()
    assert bank.customers() == {("wechat", "1"): "anon:device:d", ("wechat", "2"): "C1", ("wechat", "3"): "C2"}


def test_a_session_tells_which_of_those_who_share_a_card_it_was() -> None:
    bank = world()
    for number in ("C1", "C2"):
        bank.publish(payload("atm", number, NOW - 9 * MINUTE, identities={"card": "k", "customer_no": number}))
    bank.publish(payload("atm", "x", NOW - 8 * MINUTE, identities={"card": "k"}, session_id="s"))
    bank.publish(payload("atm", "y", NOW - 7 * MINUTE, identities={"customer_no": "C2"}, session_id="s"))
    bank.drain()
    assert bank.customers()["atm", "x"] == "C2"


def test_a_touchpoint_whose_name_its_new_customer_has_already_is_a_dead_letter_until_it_moves_on() -> None:
    bank = world()
    own = payload("wechat", "e", NOW - 9 * MINUTE, identities={"customer_no": "C1"})
    other = payload("wechat", "e", NOW - 8 * MINUTE, identities={"device": "d"})
    bank.publish(own)
    bank.publish(other)
    bank.drain()
    assert [row.customer_id for row in bank.stored()] == ["C1", "anon:device:d"]
    bank.publish(payload("wechat", "f", NOW - 7 * MINUTE, identities={"device": "d", "customer_no": "C1"}))
    bank.drain()
    assert [row.customer_id for row in bank.stored()] == ["C1", "C1"]
    assert [letter.reason for letter in bank.rows(TOPICS.dead).values()] == ["conflict"]
    bank.publish(payload("wechat", "g", NOW - 6 * MINUTE, identities={"device": "d", "customer_no": "C2"}))
    bank.drain()
    assert bank.rows(TOPICS.dead) == {}
    assert sorted(row.customer_id for row in bank.stored()) == ["C1", "C1", "C2", "anon:device:d"]


def test_a_device_of_very_many_customers_is_public_and_costs_no_more_than_a_flag() -> None:
    bank = world()
    for number in range(20_000):
        borne = {"device": "atm-7", "customer_no": f"C{number}"}
        bank.publish(payload("atm", f"e{number}", NOW - 9 * MINUTE, identities=borne, session_id=f"s{number}"))
        bank.publish(payload("atm", f"x{number}", NOW - 8 * MINUTE, identities={"device": "atm-7"}))
    bank.drain()
    assert all(owner == "anon:device:atm-7" for (_, name), owner in bank.customers().items() if name.startswith("x"))
    of_device = {
        key: value
        for state in bank.states["identity"].partitions.values()
        for key, value in state.items()
        if not key.startswith(b"session:")
    }
    assert sum(len(key) + len(value) for key, value in of_device.items()) < 300


def test_behind_a_public_device_the_session_still_tells() -> None:
    bank = world()
    for number in range(MOST_CUSTOMERS + 1):
        borne = {"device": "atm-7", "customer_no": f"C{number}"}
        bank.publish(payload("atm", f"e{number}", NOW - 9 * MINUTE, identities=borne, session_id=f"s{number}"))
    bank.publish(payload("atm", "x", NOW - 8 * MINUTE, identities={"device": "atm-7"}, session_id="s3"))
    bank.publish(payload("atm", "y", NOW - 8 * MINUTE, identities={"device": "atm-7"}, session_id="s99"))
    bank.drain()
    assert bank.customers()["atm", "x"] == "C3"
    assert bank.customers()["atm", "y"] == "anon:device:atm-7"


def test_a_duplicate_is_counted_once_though_the_touchpoint_moves() -> None:
    bank = world()
    once = payload("mobile_app", "before", NOW - 9 * MINUTE, session_id="s")
    bank.publish(once)
    bank.publish(once, partition=1)
    bank.drain()
    bank.publish(payload("mobile_app", "login", NOW - 8 * MINUTE, session_id="s", identities={"customer_no": "C1"}))
    bank.drain()
    assert len(bank.duplicates()) == 1
    assert set(bank.customers().values()) == {"C1"}


def test_a_conflict_with_a_touchpoint_that_moves_away_stays_one_when_both_are_replayed() -> None:
    bank = world()
    bank.publish(payload("atm", "1", NOW - 9 * MINUTE, session_id="s"))
    bank.publish(payload("atm", "login", NOW - 8 * MINUTE, session_id="s", identities={"customer_no": "C1"}))
    bank.drain()
    bank.publish(payload("atm", "1", NOW - 7 * MINUTE, identities={"customer_no": "C1"}))
    bank.publish(payload("atm", "other", NOW - 6 * MINUTE, session_id="s", identities={"customer_no": "C2"}))
    while any(bank.work(stage, partition) for stage in ("ingest", "identity") for partition in range(PARTITIONS)):
        pass
    for partition in range(PARTITIONS):
        bank.work("stitch", partition, crash="before the commit")
    bank.drain()
    assert bank.customers()["atm", "1"] == "anon:session:atm:s"
    assert [letter.reason for letter in bank.rows(TOPICS.dead).values()] == ["conflict"]
    assert len(bank.stored()) + len(bank.rows(TOPICS.dead)) == len(bank.published)


def test_a_record_that_no_agent_wrote_is_a_dead_letter_and_holds_nothing_up() -> None:
    bank = world()
    bank.publish(payload("mobile_app", "before", NOW - 9 * MINUTE, session_id="s"))
    while bank.work("ingest", 0):
        pass
    bank.write(TOPICS.identity, 0, b"key", b"junk")
    bank.drain()
    assert [letter.reason for letter in bank.rows(TOPICS.dead).values()] == ["schema"]
    assert len(bank.stored()) == 1


def test_what_is_older_than_the_horizon_is_held_no_longer_and_a_session_is_forgotten() -> None:
    bank = world(horizon=45 * DAY)
    then = NOW - 200 * DAY
    bank.publish(payload("mobile_app", "old", then, session_id="s"))
    bank.publish(payload("mobile_app", "login", then, session_id="t", identities={"customer_no": "C1", "phone": "p"}))
    bank.drain()
    assert _kinds(bank) == {"profile", "session", "phone"}
    for days in range(199, 0, -1):
        for one in range(6):
            identities = {"customer_no": "C1", "phone": f"p{one}-{days}"}
            bank.publish(payload("mobile_app", f"e{days}-{one}", NOW - days * DAY, identities=identities))
        bank.drain()
    assert _kinds(bank) == {"phone"}


def test_what_waits_for_an_answer_is_held_however_far_the_clock_leaps_meanwhile() -> None:
    old = read(payload("mobile_app", "old", NOW - 90 * DAY, session_id="s"))
    identities = identities_of(old)
    state: dict[bytes, bytes | None] = {}

    def advance(records: Sequence[IdentityRecord], clock: int) -> list[str]:
        change = advance_identity(profile_key(identities), state.get, records, clock, 45 * DAY, 0)
        state.update(change.writes)
        return [customer_id for customer_id, _ in change.customer]

    advance([Held(identities, Arrival(old, Origin("mobile_app", 0, 0), NOW, None, b""))], NOW - 3 * DAY)
    advance([], NOW)
    assert advance([Told(identities[0], ("C1",))], NOW) == ["C1"]
    advance([], NOW + 2 * DAY)
    assert not any(state.values())


@given(st.lists(st.none() | st.sets(st.sampled_from("ABC"), max_size=3), max_size=4))
def test_who_is_told_is_borne_out_by_every_identity_that_is_stronger_and_not_public(
    linked: list[set[str] | None],
) -> None:
    told = decide(linked)
    first = next((index for index, known in enumerate(linked) if known is not None and len(known) == 1), None)
    if told is not None:
        assert first is not None
        assert all(told in known for known in linked[: first + 1] if known)
    elif first is not None:
        assert any(not linked[first] & known for known in linked[:first] if known)  # type: ignore[operator]


def _kinds(bank: World) -> set[str]:
    states = bank.states["identity"].partitions.values()
    return {key.decode().split(":")[0] for state in states for key in state if b"\x00" not in key}
