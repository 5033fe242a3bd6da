"""One URL says where ClickHouse is; its secrets are shown nowhere, and mistakes in it are told at once."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sinks.clickhouse.settings import ClickHouseSettings

URL = "clickhouse://ana:p%40ss@ch.bank:9001/tracker?compression=lz4&connect_timeout=3"


def test_the_environment_is_read_and_an_option_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNITRACK_CLICKHOUSE", URL)
    assert ClickHouseSettings.of(None).address == "ch.bank:9001"
    assert ClickHouseSettings.of("clickhouse://other").address == "other:9000"


def test_without_anything_it_is_the_local_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMNITRACK_CLICKHOUSE", raising=False)
    settings = ClickHouseSettings()
    assert (settings.address, settings.database) == ("127.0.0.1:9000", "omnitrack")


def test_the_driver_gets_user_password_and_parameters() -> None:
    host, options = ClickHouseSettings.of(URL).client_options()
    assert host == "ch.bank"
    assert options == {
        "port": 9001,
        "database": "tracker",
        "user": "ana",
        "password": "p@ss",
        "compression": "lz4",
        "connect_timeout": 3.0,
    }


def test_tls_has_its_own_scheme_and_port() -> None:
    settings = ClickHouseSettings.of("clickhouses://ch.bank/omnitrack")
    assert settings.address == "ch.bank:9440"
    assert settings.client_options()[1]["secure"] is True


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        (URL, "clickhouse://ana:***@ch.bank:9001/tracker?compression=lz4&connect_timeout=3"),
        ("clickhouse://ana@ch.bank/t", "clickhouse://ana@ch.bank/t"),
        ("clickhouse://ch.bank/t?keypass=s3cret", "clickhouse://ch.bank/t?keypass=***"),
    ],
)
def test_secrets_are_masked(url: str, masked: str) -> None:
    assert ClickHouseSettings.of(url).masked == masked


def test_no_secret_is_in_the_text_of_the_settings() -> None:
    assert "p%40ss" not in repr(ClickHouseSettings.of(URL)) + str(ClickHouseSettings.of(URL))


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "scheme"),
        ("http://ana:s3cret@ch.bank:8123/t", "scheme"),
        ("clickhouse:///t", "host"),
        ("clickhouse://ana:s3cret@ch.bank:port/t", "port"),
        ("clickhouse://ana:s3cret@ch.bank:99999/t", "port"),
        ("clickhouse://ana:s3cret@ch.bank/t;DROP", "database"),
        ("clickhouse://ana:s3cret@ch.bank/t?connect_timeout=soon", "parameter"),
        ("clickhouse://ana:s3cret@ch.bank/t?secure=perhaps", "parameter"),
    ],
)
def test_a_wrong_url_is_refused_by_what_is_wrong_and_without_its_secret(url: str, problem: str) -> None:
    with pytest.raises(ValidationError, match=f"OMNITRACK_CLICKHOUSE: .*{problem}") as caught:
        ClickHouseSettings.of(url)
    assert "s3cret" not in str(caught.value)
