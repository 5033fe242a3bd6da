"""Whatever a record's bytes are, decoding gives a touchpoint or a refusal that says why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example as given_example
from hypothesis import given
from hypothesis import strategies as st

from schemas.decode import Decoder, check, decode, encode_touchpoint
from schemas.refusal import MAX_ERROR_LENGTH, MAX_ERRORS, Refusal
from schemas.rows import DeadReason
from schemas.touchpoint import Touchpoint
from tests.schemas.examples import CHANNELS, RECEIVED_AT, example, json_values, to_json, touchpoints

DECODER = Decoder(CHANNELS)


def refusal(payload: bytes | None, channel: str = "mobile_app", received_at: int = RECEIVED_AT) -> Refusal:
    decoded = DECODER.decode(payload, channel, received_at)
    assert isinstance(decoded, Refusal)
    return decoded


def with_raw(field: str, raw: bytes) -> bytes:
    """The example with `raw` JSON as the value of `field`."""
    return to_json(example(**{field: "@"})).replace(b'"@"', raw)


class TestNotJson:
    @pytest.mark.parametrize(
        "payload",
        [
            pytest.param(None, id="no value"),
            pytest.param(b"", id="empty"),
            pytest.param(b" \n", id="blank"),
            pytest.param(b"null", id="null"),
            pytest.param(b"[]", id="array"),
            pytest.param(b'"touchpoint"', id="string"),
            pytest.param(b"7", id="number"),
            pytest.param(b"{", id="cut off"),
            pytest.param(b"\xef\xbb\xbf{}", id="byte order mark"),
            pytest.param(b"\x00\x01\x02", id="binary"),
            pytest.param(to_json(example())[:-1], id="without its last byte"),
            pytest.param(to_json(example()) + b"{}", id="two objects"),
            pytest.param(to_json(example()).decode().encode("utf-16"), id="UTF-16"),
            pytest.param(with_raw("event_id", b'"\xff"'), id="invalid UTF-8"),
            pytest.param(with_raw("event_id", b'"\xed\xa0\x80"'), id="surrogate in UTF-8"),
            pytest.param(with_raw("event_id", b'"\\ud800"'), id="lone surrogate"),
            pytest.param(with_raw("event_id", b'"\x00"'), id="NUL in a string"),
            pytest.param(with_raw("wait_seconds", b"NaN"), id="NaN"),
            pytest.param(with_raw("wait_seconds", b"-Infinity"), id="Infinity"),
            pytest.param(with_raw("wait_seconds", b"01"), id="leading zero"),
            pytest.param(with_raw("wait_seconds", b"1" * 5_000), id="number of 5,000 digits"),
            pytest.param(b"[" * 60_000, id="60,000 brackets"),
            pytest.param(with_raw("details", b'{"a":' * 10_000), id="10,000 objects"),
        ],
    )
    def test_it_is_refused_as_such(self, payload: bytes | None) -> None:
        assert refusal(payload).reason == "not_json"
        assert refusal(payload, "mail").reason == "not_json"

    @pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "latin-1"])
    def test_another_encoding_is_called_that(self, encoding: str) -> None:
        text = to_json(example()).decode().replace("mobile", "é")
        [error] = refusal(text.encode(encoding)).errors
        assert error.startswith("the value must be JSON: it is not UTF-8 from byte ")
        assert "have to be converted" in error
        assert len(error) <= MAX_ERROR_LENGTH

    def test_nan_in_free_form_details_is_not_json_either(self) -> None:
        payload = to_json(example("mail")).replace(b"null", b"NaN")
        assert refusal(payload, "mail").reason == "not_json"


class TestTooLarge:
    def test_64_kib_are_allowed_and_one_byte_more_is_not(self) -> None:
        payload = to_json(example())
        most = payload + b" " * (64 * 1024 - len(payload))
        assert isinstance(DECODER.decode(most, "mobile_app", RECEIVED_AT), Touchpoint)
        assert refusal(most + b" ") == Refusal("too_large", ("the value has 65537 bytes: at most 65536 are allowed",))

    def test_size_comes_before_form(self) -> None:
        assert refusal(b"[" * 100_000).reason == "too_large"


class TestReasons:
    @pytest.mark.parametrize("version", [0, 2, -1, 10**30])
    def test_another_version_is_unknown_whatever_its_fields(self, version: int) -> None:
        assert refusal(to_json({"schema_version": version, "other": 1})).reason == "unknown_version"

    @pytest.mark.parametrize("version", ["1", 1.0, True, None, [1]])
    def test_a_version_that_is_no_integer_breaks_the_schema(self, version: object) -> None:
        assert refusal(to_json(example(schema_version=version))).errors[0].startswith("schema_version: must be")

    def test_a_touchpoint_on_another_channels_topic_is_a_mismatch(self) -> None:
        expected = Refusal("channel_mismatch", ("channel: must be atm, the channel of the topic",))
        assert refusal(to_json(example("branch")), "atm") == expected

    def test_a_topic_of_a_channel_outside_the_catalogue_says_what_to_do(self) -> None:
        decoded = refusal(to_json(example(channel="mail") | {"channel": "fax"}), "fax")
        assert decoded == Refusal("schema", ("channel: fax is not in the catalogue: add it to its channels",))

    @pytest.mark.parametrize(("late", "refused"), [(0, False), (1, True)])
    def test_a_clock_may_be_five_minutes_ahead_of_receipt_and_no_more(self, late: int, refused: bool) -> None:
        payload = to_json(example(occurred_at=f"2026-03-02T09:00:00.{late:03}Z"))
        decoded = DECODER.decode(payload, "mobile_app", 1_772_442_000_000 - 300_000)
        reason = decoded.reason if isinstance(decoded, Refusal) else None
        assert reason == ("clock_ahead" if refused else None)

    def test_every_failing_field_is_named_with_its_path(self) -> None:
        broken = example(stage="applied", surprise=1, referral={"due_at": "tomorrow"}, answers={"Fee": "1", "fee": 2})
        decoded = refusal(to_json(broken))
        assert decoded.reason == "schema"
        paths = {error.partition(":")[0] for error in decoded.errors}
        expected = {"stage", "surprise", "referral.to_channel", "referral.due_at", "answers.Fee", "answers.fee"}
        assert paths == expected

    def test_no_value_of_the_customer_is_quoted(self) -> None:
        broken = example(identities={"customer_no": "\x076222-0000"}, stage="6222-1111", occurred_at="6222-2222")
        assert not any("6222" in error for error in refusal(to_json(broken)).errors)


class TestErrorsAreBounded:
    def test_in_number(self) -> None:
        errors = refusal(to_json(example() | {f"x{index}": 1 for index in range(500)})).errors
        assert len(errors) == MAX_ERRORS
        assert errors[-1] == f"and {500 - MAX_ERRORS + 1} more"

    def test_in_size_and_to_what_can_be_printed(self) -> None:
        (error,) = refusal(to_json(example() | {"\n\u202e" + "x" * 5_000: 1})).errors
        assert len(error) == MAX_ERROR_LENGTH
        assert error.isprintable()
        assert error.endswith("remove it")


class TestNeverRaises:
    @given(st.none() | st.binary(max_size=300), st.sampled_from(CHANNELS))
    @given_example(b'{"channel": "mail"}', "mail")
    def test_on_any_bytes(self, payload: bytes | None, channel: str) -> None:
        assert isinstance(DECODER.decode(payload, channel, RECEIVED_AT), Refusal)
        assert isinstance(DECODER.check(payload, RECEIVED_AT), Refusal)

    @given(touchpoints(), st.data())
    def test_on_a_touchpoint_with_bytes_changed(self, touchpoint: dict[str, Any], data: st.DataObject) -> None:
        payload = bytearray(to_json(touchpoint))
        for _ in range(data.draw(st.integers(1, 4))):
            start = data.draw(st.integers(0, len(payload)))
            payload[start : start + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        decoded = DECODER.decode(bytes(payload), touchpoint["channel"], RECEIVED_AT)
        assert isinstance(decoded, Touchpoint | Refusal)

    @given(touchpoints(), json_values, st.data())
    def test_on_a_touchpoint_with_any_value_in_any_field(
        self, touchpoint: dict[str, Any], value: object, data: st.DataObject
    ) -> None:
        field = data.draw(st.sampled_from(sorted(touchpoint)))
        decoded = DECODER.decode(to_json({**touchpoint, field: value}), touchpoint["channel"], RECEIVED_AT)
        assert isinstance(decoded, Touchpoint | Refusal)
        assert isinstance(decoded, Touchpoint) or decoded.errors


class TestCheck:
    @given(touchpoints())
    def test_it_is_decoding_on_the_topic_of_the_touchpoints_own_channel(self, touchpoint: dict[str, Any]) -> None:
        payload = to_json(touchpoint)
        decoded = decode(payload, touchpoint["channel"], RECEIVED_AT, CHANNELS)
        assert isinstance(decoded, Touchpoint)
        assert check(payload, CHANNELS, RECEIVED_AT) == decoded

    @pytest.mark.parametrize(
        ("payload", "reason"),
        [
            (to_json(example() | {"channel": "fax"}), "schema"),
            (to_json(example() | {"channel": 3}), "schema"),
            (b"{}", "schema"),
            (b"[]", "not_json"),
            (b"{" * 70_000, "too_large"),
            (to_json(example(occurred_at="2026-05-01T00:00:00Z")), "clock_ahead"),
        ],
    )
    def test_it_refuses_as_decoding_does(self, payload: bytes, reason: DeadReason) -> None:
        checked = check(payload, CHANNELS, RECEIVED_AT)
        assert isinstance(checked, Refusal)
        assert checked.reason == reason


class TestEncode:
    @given(touchpoints())
    def test_what_a_mapping_says_comes_back(self, touchpoint: dict[str, Any]) -> None:
        encoded = encode_touchpoint(touchpoint)
        assert isinstance(encoded, bytes)
        assert json.loads(encoded) == touchpoint

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"bytes", "\ud800"])
    def test_what_json_cannot_say_is_refused(self, value: object) -> None:
        encoded = encode_touchpoint(example(wait_seconds=value))
        assert isinstance(encoded, Refusal)
        assert encoded.reason == "not_json"
