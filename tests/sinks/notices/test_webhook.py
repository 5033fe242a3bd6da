"""What a webhook gets: a body that tells all but the customer, with a signature that its libraries accept."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook as Judge
from standardwebhooks import WebhookVerificationError

from sinks.notices import notice_of
from sinks.webhook.receiver import body_of
from sinks.webhook.signature import SecretError, read_secrets, sign
from tests.sinks.notices.alerts import alert

OLD, NEW = ("whsec_" + base64.b64encode(letter * 32).decode() for letter in (b"o", b"n"))


def now() -> int:
    """Receivers refuse what is older than five minutes."""
    return int(datetime.now(UTC).timestamp())


@pytest.fixture
def secrets(tmp_path: Path) -> tuple[bytes, ...]:
    (tmp_path / "secrets").write_text(f"{NEW}\n{OLD}\n")
    return read_secrets(tmp_path / "secrets")


def test_the_body_tells_what_happened_and_how_it_stands() -> None:
    told = json.loads(body_of(notice_of(alert(status="retracted", version=3))))
    assert told["type"] == "alert.retracted"
    assert told["timestamp"] == told["data"]["updated_at"] == "2026-11-24T12:00:03.000Z"
    assert told["data"]["rule"] == "handoff_failed"
    assert told["data"]["resolved_at"] is None
    assert "customer_id" not in told["data"]


@pytest.mark.parametrize("known", [OLD, NEW])
def test_receivers_that_know_either_secret_accept_the_signature(secrets: tuple[bytes, ...], known: str) -> None:
    body = body_of(notice_of(alert()))
    assert Judge(known).verify(body, sign(secrets, "id:1", now(), body))


@pytest.mark.parametrize("what", ["body", "key", "time"])
def test_whatever_is_changed_on_the_way_they_refuse_it(secrets: tuple[bytes, ...], what: str) -> None:
    body = body_of(notice_of(alert()))
    signed_at = now()
    headers = sign(secrets, "id:1", signed_at, body)
    changed = {"body": {}, "key": {"webhook-id": "id:2"}, "time": {"webhook-timestamp": str(signed_at + 1)}}
    with pytest.raises(WebhookVerificationError):
        Judge(NEW).verify(body + b" " * (what == "body"), headers | changed[what])


@pytest.mark.parametrize(
    ("text", "where"), [("", ": is empty"), ("whsec_c2hvcnQ=", ":1: "), (f"{NEW}\nsecret!", ":2: "), ("plain", ":1: ")]
)
def test_a_file_without_good_secrets_is_refused_without_showing_it(tmp_path: Path, text: str, where: str) -> None:
    file = tmp_path / "secrets"
    file.write_text(text)
    with pytest.raises(SecretError, match=f"^{file}{where}") as refused:
        read_secrets(file)
    assert "openssl rand" in str(refused.value)
    assert not text or text.rsplit(maxsplit=1)[-1] not in str(refused.value)


def test_a_file_that_cannot_be_read_is_told_as_all_files_of_secrets_are(tmp_path: Path) -> None:
    file = tmp_path / "secrets"
    with pytest.raises(SecretError, match=f"^{file}: No such file or directory"):
        read_secrets(file)
    file.write_bytes(b"whsec_\xff")
    with pytest.raises(SecretError, match=f"^{file}: is not UTF-8") as refused:
        read_secrets(file)
    assert "0xff" not in str(refused.value)


def test_empty_lines_hold_no_secret_and_count_as_lines(tmp_path: Path) -> None:
    file = tmp_path / "secrets"
    file.write_bytes(f"{NEW}\r\n\r\n{OLD}\r\n".encode())
    assert len(read_secrets(file)) == 2
    file.write_text(f"{NEW}\n\nwhsec_c2hvcnQ=\n")
    with pytest.raises(SecretError, match=f"^{file}:3: "):
        read_secrets(file)
