"""Whatever the order, the pace and the crashes: an erased customer is in no state, and no record is without a fate."""

from __future__ import annotations

from hypothesis import settings
from hypothesis.stateful import precondition, rule

from schemas.catalogue import Catalogue
from schemas.identity import ERASED
from streams.identity.forget import forget
from streams.identity.state import Linked, Profile, decode_linked, decode_profile, encode
from streams.journey.erasure import erased_key, erased_mark, read_mark
from tests.streams.identity.erasing import ERASED_ID, keys_naming, send_erasure
from tests.streams.identity.machines import Identities
from tests.streams.identity.world import NOW, TOPICS, World, payload


class Forgetting(Identities):
    """As the machine that it is made of, with a customer who is erased once, whatever is under way of them."""

    def __init__(self) -> None:
        super().__init__()
        self.is_asked = False

    @precondition(lambda self: self.sent and not self.is_asked)
    @rule()
    def erase(self) -> None:
        self.is_asked = True
        send_erasure(self.world)

    def teardown(self) -> None:
        world = self.world
        if not self.is_asked:
            send_erasure(world)
        world.drain()
        assert keys_naming(world) == []
        stored = {str(row.origin) for row in world.stored()}
        dead = world.rows(TOPICS.dead)
        assert {letter.reason for letter in dead.values()} <= {"erased"}
        assert len(stored | world.duplicates() | dead.keys()) == len(world.published)


TestForgetting = Forgetting.TestCase
TestForgetting.settings = settings(stateful_step_count=30)


def test_an_identity_of_the_customer_alone_goes_and_one_of_several_stays_as_ambiguous_as_it_was() -> None:
    state = {
        b"phone:1": encode(Linked(customers=["C1"])),
        b"device:1": encode(Linked(customers=["C1", "C2"])),
        b"card:1": encode(Linked(customers=["C2", "C12"])),
        b"card:2": encode(Linked(customers=None)),
    }
    writes = forget("C1", NOW, state).writes
    assert writes.keys() == {erased_key("C1"), b"phone:1", b"device:1"}
    assert writes[b"phone:1"] is None
    assert decode_linked(writes[b"device:1"] or b"").customers == ["C2", ERASED]


def test_the_mark_tells_how_much_is_left_that_nobody_can_read() -> None:
    state = {b"phone:1": encode(Linked(customers=["C2"])), b"device:1": b"\xc1 junk", b"device:2": b"\xc1 C1"}
    mark = forget("C1", NOW, state).writes[erased_key("C1")]
    assert read_mark(mark or b"") == (NOW, 1)
    assert read_mark(erased_mark(NOW)) == (NOW, 0)
    assert len(erased_mark(NOW)) == 8


def test_touchpoints_that_links_gave_to_the_customer_go_with_it() -> None:
    given = Profile(identities=(("phone", "1"),), answers={0: ["C1"]}, customer_id="C1", placement=1)
    doubtful = Profile(
        identities=(("device", "1"),), answers={0: ["C1", "C2"]}, customer_id="anon:device:1", placement=1
    )
    state = {b"profile:1": encode(given), b"profile:2": encode(doubtful)}
    writes = forget("C1", NOW, state).writes
    assert writes[b"profile:1"] is None
    assert decode_profile(writes[b"profile:2"] or b"").answers == {0: ["C2", ERASED]}


def test_who_is_forgotten_together_and_bore_the_same_identity_goes_from_it_together() -> None:
    world = World(Catalogue(horizon=None))
    both = ("customer-1", "customer-2")
    for number, customer in enumerate(both):
        borne = {"customer_no": customer, "device": "d1"}
        world.publish(payload("mobile_app", f"e{number}", identities=borne))
    world.drain()
    for customer in both:
        send_erasure(world, customer)
    world.drain()
    assert [keys_naming(world, customer) for customer in both] == [[], []]


def test_what_an_identity_told_before_the_profile_forgot_is_not_learned_after_it() -> None:
    world = World(Catalogue(horizon=None))
    world.publish(payload("mobile_app", "e1", identities={"customer_no": ERASED_ID, "device": "d1"}))
    world.publish(payload("mobile_app", "e2", identities={"device": "d1"}))
    send_erasure(world)
    world.drain()
    assert keys_naming(world) == []
    assert {letter.reason for letter in world.rows(TOPICS.dead).values()} == {"erased"}
