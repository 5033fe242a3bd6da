"""Workers of two versions run side by side while a new one is rolled out: each reads what the other one writes.

`forms.json` has the bytes of every form that any version wrote. What to do when a test here fails is said in
docs/releases.md.
"""

from __future__ import annotations

from base64 import b64encode

import pytest

from schemas.touchpoint import Erasure
from tests.wire.forms import FORMS, KEYS, Form
from tests.wire.record import Recorded, Written, changed_records, grown, misread, recorded, today
from tests.wire.samples import Sampler

ASK = "docs/releases.md, “States and messages”, says what to do"
WRITTEN = [(name, one) for name, written in recorded().forms.items() for one in written]


@pytest.mark.parametrize(("name", "written"), WRITTEN, ids=lambda one: one if isinstance(one, str) else "")
def test_what_any_version_wrote_is_read_and_written_so_that_it_can_read_it(name: str, written: Written) -> None:
    assert name in FORMS, f"{name}: nothing reads it any more; {ASK}"
    assert misread(name, written) is None, ASK


def test_no_field_has_gone_or_moved_or_got_another_type() -> None:
    assert changed_records(recorded(), today()) == [], ASK


def test_keys_are_where_every_version_looks_for_them() -> None:
    assert recorded().keys == today().keys, ASK
    assert len(set(KEYS.values())) == len(KEYS)


def test_the_file_has_all_that_this_version_writes() -> None:
    assert grown(recorded(), today()) == recorded(), "python -m tests.wire adds it, and the changelog tells of it"


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_what_is_written_is_read_as_the_same(form: Form) -> None:
    value = Sampler().of(form.kind)
    assert form.read(form.write(value)) == value


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        (["a: int"], ["a: int", "b: str"], []),
        (["a: int", "b: int"], ["b: int", "a: int"], ["a: int", "b: int"]),
        (["a: int", "b: str"], ["a: int"], ["b: str"]),
        (["a: int"], ["b: str", "a: int"], ["a: int"]),
        (["a: int"], ["a: int | NoneType"], ["a: int"]),
    ],
)
def test_of_a_record_told_by_places_fields_come_at_the_end_only(
    before: list[str], now: list[str], found: list[str]
) -> None:
    origin = "schemas.touchpoint.Origin"
    changed = changed_records(Recorded({origin: before}, {}, {}), Recorded({origin: now}, {}, {}))
    assert changed == [f"{origin}: {field} has gone, moved, or another type" for field in found]


def test_of_a_record_told_by_names_fields_may_come_anywhere() -> None:
    row = "schemas.rows.JourneyRow"
    before = Recorded({row: ["a: int"]}, {}, {})
    assert changed_records(before, Recorded({row: ["b: int", "a: int"]}, {}, {})) == []
    assert changed_records(before, Recorded({row: ["b: int"]}, {}, {})) != []


def test_a_form_that_is_not_read_as_it_was_meant_is_told_with_its_place() -> None:
    form, erasure = FORMS["customer: erasure"], Erasure(at=5)
    meant = Written(b64encode(form.write(erasure)).decode(), {"at": 6})
    assert misread("customer: erasure", meant) == "customer: erasure: is read as something else: .at was 6, is 5"
    broken = misread("customer: erasure", Written(b64encode(b"\x90").decode(), {}))
    assert broken is not None
    assert broken.startswith("customer: erasure: cannot be read any more: ValidationError")
