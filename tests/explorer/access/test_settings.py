"""Who may look is settled before the explorer listens: beyond loopback nobody without a login, nor by one in clear."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer.access.settings import AccessError, AccessSettings, read_access
from explorer.access.throttle import PER_ADDRESS, PER_NAME, WINDOW_SECONDS, Throttle

pytestmark = pytest.mark.usefixtures("bare_environment")

SAFE = {"USERS": "/users", "URL": "https://explorer.bank.example"}
OIDC = {"OIDC_ISSUER": "https://login.bank.example", "OIDC_CLIENT_ID": "explorer"}


def give(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"OMNITRACK_EXPLORER_{name}", value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_on_loopback_nothing_is_needed(host: str) -> None:
    assert not read_access(host).has_login


@pytest.mark.parametrize(
    "settings", [SAFE, OIDC | {"URL": "https://explorer.bank.example"}, {"USERS": "/u", "ALLOW_HTTP": "1"}]
)
def test_with_a_login_and_tls_it_may_be_served_elsewhere(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]
) -> None:
    give(monkeypatch, settings)
    assert read_access("10.0.0.5").has_login


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "there is no login"),
        ({"USERS": "/users"}, "OMNITRACK_EXPLORER_URL must be the https:// address"),
        (
            {"USERS": "/users", "URL": "http://explorer.bank.example"},
            "OMNITRACK_EXPLORER_URL must be the https:// address",
        ),
        (SAFE | {"URL": "explorer.bank.example"}, "OMNITRACK_EXPLORER_URL is not like https://"),
        (SAFE | {"URL": "https://bank.example/explorer"}, "OMNITRACK_EXPLORER_URL is not like https://"),
        (SAFE | {"OIDC_ISSUER": "https://login.bank.example"}, "OMNITRACK_EXPLORER_OIDC_CLIENT_ID is missing"),
        (OIDC, "OMNITRACK_EXPLORER_URL is missing"),
        (SAFE | OIDC | {"OIDC_ISSUER": "http://login.bank.example"}, "OMNITRACK_EXPLORER_OIDC_ISSUER is not https://"),
        (SAFE | {"SESSION_HOURS": "-1"}, "OMNITRACK_EXPLORER_SESSION_HOURS: "),
    ],
)
def test_what_is_not_safe_is_refused(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], said: str) -> None:
    give(monkeypatch, settings)
    with pytest.raises(AccessError) as refused:
        read_access("10.0.0.5")
    assert said in str(refused.value)


def test_a_short_signing_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("guess me")
    with pytest.raises(AccessError, match="shorter than 32 characters"):
        AccessSettings.model_validate({"secret_file": tmp_path / "key"}).signing_key()
    with pytest.raises(AccessError, match="OMNITRACK_EXPLORER_SECRET_FILE=/nowhere"):
        AccessSettings.model_validate({"secret_file": "/nowhere"}).signing_key()


@pytest.mark.parametrize("content", [b"", b"\nsecret", b"\xffsecret"])
def test_a_file_without_a_client_secret_is_refused_without_showing_it(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    settings = AccessSettings.model_validate({"oidc_client_secret_file": file})
    with pytest.raises(AccessError, match=f"OMNITRACK_EXPLORER_OIDC_CLIENT_SECRET_FILE={file}: ") as refused:
        settings.client_secret()
    assert "0xff" not in str(refused.value)


def test_failures_are_forgotten_after_a_while() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    for _ in range(PER_NAME):
        assert throttle.wait_seconds("ana", "10.0.0.1") == 0
        throttle.note_failure("ana", "10.0.0.1")
    assert throttle.wait_seconds("ana", "10.0.0.2") == WINDOW_SECONDS + 1
    assert throttle.wait_seconds("otto", "10.0.0.1") == 0
    now[0] = WINDOW_SECONDS
    assert throttle.wait_seconds("ana", "10.0.0.2") == 0


def test_an_address_that_tries_many_names_is_held_up_as_well() -> None:
    throttle = Throttle(lambda: 0.0)
    for number in range(PER_ADDRESS):
        throttle.note_failure(f"user-{number}", "10.0.0.1")
    assert throttle.wait_seconds("ana", "10.0.0.1") > 0
    assert throttle.wait_seconds("ana", "10.0.0.2") == 0
