"""Pseudonyms are those of the specification, and the key file is checked."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.keys import PseudonymKeyError, PseudonymSettings, read_pseudonyms
from streams.pseudonym import OldKey, Pseudonyms, identities_in
from streams.roster import Roster, RosterError, write_roster
from streams.sealing import CannotOpen, is_sealed

KEY = b"0123456789abcdef"
PSEUDONYMS = Pseudonyms(KEY)


def test_a_pseudonym_is_half_of_the_hmac_of_kind_and_value() -> None:
    expected = hmac.new(KEY, b"customer_no:C-1", hashlib.sha256).hexdigest()[:32]
    assert PSEUDONYMS.of("customer_no", "C-1") == expected


@given(st.text(max_size=20), st.text(max_size=20))
def test_kinds_do_not_share_pseudonyms(one: str, other: str) -> None:
    assert PSEUDONYMS.of("phone", one) != PSEUDONYMS.of("device", other)


def test_what_is_no_identity_is_shown_as_it_is() -> None:
    message = {"identities": {"phone": "1"}, "details": {"x": [1, 2.5, None]}, "touchpoint": "a.b"}
    assert PSEUDONYMS.masked(message) == message | {"identities": {"phone": PSEUDONYMS.of("phone", "1")}}


@given(st.binary(max_size=200))
def test_any_bytes_may_be_a_payload_or_a_key(data: bytes) -> None:
    assert PSEUDONYMS.record_key(data, identities_in(data)) != data
    sealed = PSEUDONYMS.seal(data)
    assert is_sealed(sealed) == bool(data)
    assert sealed == PSEUDONYMS.seal(data)
    assert PSEUDONYMS.unseal(sealed) == data


def test_a_key_that_is_an_identity_gets_that_identitys_pseudonym() -> None:
    identities = {"customer_no": "C-1"}
    assert PSEUDONYMS.record_key(b"C-1", identities) == PSEUDONYMS.of("customer_no", "C-1").encode()
    assert PSEUDONYMS.record_key(b"else", identities) == PSEUDONYMS.of("key", "else").encode()
    assert PSEUDONYMS.record_key(None, identities) is None


def test_what_is_sealed_opens_with_its_key_alone() -> None:
    sealed = Pseudonyms(b"another key, as long").seal(b'{"identities": {"phone": "SECRET"}}')
    assert b"SECRET" not in sealed
    with pytest.raises(CannotOpen, match="OMNITRACK_PSEUDONYM_OLD_KEY_FILE"):
        PSEUDONYMS.unseal(sealed)


def test_the_key_does_not_show_in_logs() -> None:
    assert KEY.decode() not in repr(Pseudonyms(KEY, OldKey(KEY, frozenset())))


def settings(**values: object) -> PseudonymSettings:
    return PseudonymSettings.model_validate({f"pseudonym_{name}": value for name, value in values.items()})


def test_without_a_key_identities_stay_in_clear() -> None:
    assert read_pseudonyms(settings()) is None


def test_the_key_is_the_files_content_or_the_variables_without_surrounding_blanks(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(KEY + b"\n")
    assert read_pseudonyms(settings(key_file=file)) == PSEUDONYMS
    assert read_pseudonyms(settings(key=f" {KEY.decode()} ")) == PSEUDONYMS


def test_a_key_in_the_environment_is_not_shown() -> None:
    assert KEY.decode() not in repr(settings(key=KEY.decode()))


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"key": "short"}, "OMNITRACK_PSEUDONYM_KEY holds a key of 5 bytes, 16 are needed"),
        ({"key_file": "/nowhere"}, "OMNITRACK_PSEUDONYM_KEY_FILE: /nowhere cannot be read"),
        ({"key": "k" * 16, "key_file": "/nowhere"}, "both set: keep one"),
        ({"old_key": "k" * 16}, "no OMNITRACK_PSEUDONYM_KEY"),
        ({"key": "k" * 16, "old_key": "o" * 16}, "it needs OMNITRACK_PSEUDONYM_ROSTER"),
        ({"key": "k" * 16, "roster": "/nowhere"}, "it needs OMNITRACK_PSEUDONYM_OLD_KEY"),
        ({"key": "k" * 16, "old_key": "k" * 16, "roster": "/nowhere"}, "the same as"),
        ({"key": "k" * 16, "old_key": "o" * 16, "roster": "/nowhere"}, "/nowhere cannot be read"),
    ],
)
def test_keys_that_cannot_be_used_are_named_with_what_to_do(values: dict[str, str], why: str) -> None:
    with pytest.raises(PseudonymKeyError) as error:
        read_pseudonyms(settings(**values))
    assert why in str(error.value)


values = st.text(max_size=8)


@given(st.sets(values), st.sets(values))
def test_a_new_key_splits_and_merges_nobody(known: set[str], later: set[str]) -> None:
    """Whoever was known keeps the pseudonym; nobody else has one of the old key; all of them differ."""
    before, alone = Pseudonyms(b"the key before it"), Pseudonyms(KEY)
    roster = frozenset(before.of("phone", value) for value in known)
    after = Pseudonyms(KEY, OldKey(before.key, roster))
    for value in known | later:
        assert after.of("phone", value) == (before if value in known else alone).of("phone", value)
    assert len({after.of("phone", value) for value in known | later}) == len(known | later)


@given(st.sets(st.binary(min_size=16, max_size=16), max_size=50), st.binary(min_size=16, max_size=16))
def test_a_roster_holds_what_was_written_to_it_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, entries: set[bytes], other: bytes
) -> None:
    file = tmp_path_factory.mktemp("roster") / "roster"
    assert write_roster(file, sorted(entries)) == len(entries)
    assert file.stat().st_mode & 0o077 == 0
    roster = Roster(file)
    assert len(roster) == len(entries)
    assert all(entry.hex() in roster for entry in entries)
    assert (other.hex() in roster) == (other in entries)


@pytest.mark.parametrize("content", [b"", b"something else", b"omnitrack roster 1\n" + b"x" * 17])
def test_a_file_that_is_no_roster_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "roster"
    file.write_bytes(content)
    with pytest.raises(RosterError, match="roster"):
        Roster(file)


def test_what_the_old_key_sealed_opens_after_it_was_replaced() -> None:
    sealed = Pseudonyms(b"the key before it").seal(b"received")
    assert Pseudonyms(KEY, OldKey(b"the key before it", frozenset())).unseal(sealed) == b"received"
