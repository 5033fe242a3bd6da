"""Pseudonyms are those of the specification, and the key file is checked."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.pseudonym import PseudonymKeyError, Pseudonyms, read_pseudonyms

KEY = b"0123456789abcdef"
PSEUDONYMS = Pseudonyms(KEY)


def test_a_pseudonym_is_half_of_the_hmac_of_kind_and_value() -> None:
    expected = hmac.new(KEY, b"customer_no:C-1", hashlib.sha256).hexdigest()[:32]
    assert PSEUDONYMS.of("customer_no", "C-1") == expected


@given(st.text(max_size=20), st.text(max_size=20))
def test_kinds_do_not_share_pseudonyms(one: str, other: str) -> None:
    assert PSEUDONYMS.of("phone", one) != PSEUDONYMS.of("device", other)


@given(st.binary(max_size=200))
def test_any_bytes_may_be_a_payload_or_a_key(data: bytes) -> None:
    assert isinstance(PSEUDONYMS.payload(data), bytes)
    assert PSEUDONYMS.record_key(data, data) != data


def test_what_is_no_identity_stays_as_it_is() -> None:
    message = {"identities": {"phone": "1"}, "details": {"x": [1, 2.5, None]}, "touchpoint": "a.b"}
    hashed = json.loads(PSEUDONYMS.payload(json.dumps(message).encode()))
    assert hashed == message | {"identities": {"phone": PSEUDONYMS.of("phone", "1")}}


def test_a_key_that_is_an_identity_of_the_payload_gets_that_identitys_pseudonym() -> None:
    payload = b'{"identities": {"customer_no": "C-1"}}'
    assert PSEUDONYMS.record_key(b"C-1", payload) == PSEUDONYMS.of("customer_no", "C-1").encode()
    assert PSEUDONYMS.record_key(b"else", payload) == PSEUDONYMS.of("key", "else").encode()
    assert PSEUDONYMS.record_key(None, payload) is None


def test_the_key_does_not_show_in_logs() -> None:
    assert KEY.decode() not in repr(PSEUDONYMS)


def test_without_a_key_file_identities_stay_in_clear() -> None:
    assert read_pseudonyms(None) is None


def test_the_key_is_the_files_content_without_surrounding_blanks(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(KEY + b"\n")
    assert read_pseudonyms(file) == PSEUDONYMS


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"short")
    with pytest.raises(PseudonymKeyError, match="5 bytes, 16 are needed"):
        read_pseudonyms(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PseudonymKeyError, match="nowhere cannot be read"):
        read_pseudonyms(tmp_path / "nowhere")
