"""ClickHouse over TLS: the embedded server behind a proxy that ends it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from omnitrack.ports import LOOPBACK
from omnitrack.settings import check_endpoints
from omnitrack.settings_error import SettingsError
from sinks.clickhouse.client import connect, connected
from sinks.clickhouse.errors import ClickHouseUnavailable
from sinks.clickhouse.settings import ClickHouseSettings
from tests.support.certificates import Certificates, make_certificates
from tests.support.tls_proxy import tls_proxy

PASSWORD = "from-a-file"  # noqa: S105 -- made up here


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def plain_port(clickhouse_url: str) -> int:
    return int(ClickHouseSettings.of(clickhouse_url).address.rpartition(":")[2])


@pytest.fixture
def behind_tls(certificates: Certificates, plain_port: int) -> Iterator[tuple[str, bytearray]]:
    """The URL of the server over TLS, and what clients say to it."""
    with tls_proxy(certificates.broker, plain_port) as (port, said):
        yield f"clickhouses://writer@{LOOPBACK}:{port}/default", said


@pytest.fixture
def environment(plain_port: int, certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The authority is known, once the server itself was asked without TLS."""
    monkeypatch.setenv("OMNITRACK_CLICKHOUSE_CA_FILE", str(certificates.ca))
    return monkeypatch


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("more", ["", "?compression=lz4"])
def test_with_its_authority_known_it_answers(behind_tls: tuple[str, bytearray], more: str) -> None:
    with connected(ClickHouseSettings.of(behind_tls[0] + more)) as client:
        assert client.execute("SELECT sum(number) FROM numbers(1000)") == [(499_500,)]


def test_user_and_password_reach_it_from_a_file(
    behind_tls: tuple[str, bytearray], environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url, said = behind_tls
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    environment.setenv("OMNITRACK_CLICKHOUSE_PASSWORD_FILE", str(tmp_path / "password"))
    settings = ClickHouseSettings.of(url)
    connect(settings).disconnect()
    assert b"writer" in said
    assert PASSWORD.encode() in said
    assert PASSWORD not in f"{settings!r} {settings.masked}"


def test_an_unknown_authority_is_told_with_what_to_do(
    behind_tls: tuple[str, bytearray], environment: pytest.MonkeyPatch, certificates: Certificates
) -> None:
    environment.setenv("OMNITRACK_CLICKHOUSE_CA_FILE", str(certificates.strange_ca))
    with pytest.raises(ClickHouseUnavailable, match=r"does OMNITRACK_CLICKHOUSE_CA_FILE hold the authority"):
        connect(ClickHouseSettings.of(behind_tls[0]))


@pytest.mark.usefixtures("environment")
def test_an_expired_certificate_is_told(certificates: Certificates, plain_port: int) -> None:
    with (
        tls_proxy(certificates.expired, plain_port) as (port, _),
        pytest.raises(ClickHouseUnavailable, match="certificate has expired"),
    ):
        connect(ClickHouseSettings.of(f"clickhouses://{LOOPBACK}:{port}/default"))


@pytest.mark.usefixtures("environment")
def test_a_server_without_tls_is_told_of(plain_port: int) -> None:
    with pytest.raises(ClickHouseUnavailable, match="is it the secure port"):
        connect(ClickHouseSettings.of(f"clickhouses://{LOOPBACK}:{plain_port}/default?connect_timeout=5"))


@pytest.mark.usefixtures("environment")
def test_an_authority_without_tls_is_refused() -> None:
    with pytest.raises(ValidationError, match="OMNITRACK_CLICKHOUSE must be clickhouses://"):
        ClickHouseSettings.of("clickhouse://ch.bank/omnitrack")


def test_two_passwords_are_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNITRACK_CLICKHOUSE_PASSWORD_FILE", "/password")
    with pytest.raises(SettingsError, match=r"OMNITRACK_CLICKHOUSE holds a password, and .* keep one") as refused:
        check_endpoints("127.0.0.1:1", "clickhouse://ana:s3cret@ch.bank/omnitrack", Path(), "omnitrack.")
    assert "s3cret" not in str(refused.value)


def test_a_password_file_that_is_not_there_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNITRACK_CLICKHOUSE_PASSWORD_FILE", "/nowhere/password")
    with pytest.raises(SettingsError, match=r"OMNITRACK_CLICKHOUSE_PASSWORD_FILE=/nowhere/password: .*No such file"):
        check_endpoints("127.0.0.1:1", "clickhouse://ch.bank/omnitrack", Path(), "omnitrack.")
    with pytest.raises(ClickHouseUnavailable, match="No such file"):
        connect(ClickHouseSettings.of("clickhouse://ch.bank/omnitrack"))
