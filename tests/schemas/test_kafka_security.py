"""How Kafka is to be reached is checked at once, and what is wrong is said with the name of its variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.kafka_security import KafkaSecurityError, client_options, read_kafka_security

pytestmark = pytest.mark.usefixtures("bare_environment")

KAFKA = "127.0.0.1:9092"
ACCOUNT = {"USER": "tracker", "PASSWORD": "s3cret"}
NO_PEM = "that is no PEM"


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    return monkeypatch


def give(given: pytest.MonkeyPatch, **settings: str) -> None:
    for name, value in settings.items():
        given.setenv(f"OMNITRACK_KAFKA_{name}", value)


def refusal() -> str:
    with pytest.raises(KafkaSecurityError) as refused:
        client_options(KAFKA)
    return str(refused.value)


def test_with_nothing_given_it_is_reached_in_clear() -> None:
    options = client_options("one:9092, two:9092")
    assert options == {
        "bootstrap_servers": ["one:9092", "two:9092"],
        "security_protocol": "PLAINTEXT",
        "ssl_context": None,
    }


def test_tls_checks_the_name_and_the_authority_always(given: pytest.MonkeyPatch) -> None:
    give(given, SECURITY="SSL")
    context = client_options(KAFKA)["ssl_context"]
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"


def test_a_password_comes_from_the_first_line_of_its_file(given: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from a file\n")
    give(given, SECURITY="SASL_SSL", USER="tracker", PASSWORD_FILE=str(tmp_path / "password"))
    options = client_options(KAFKA)
    assert options["sasl_plain_password"] == "from a file"  # noqa: S105 -- made up here
    assert options["sasl_mechanism"] == "SCRAM-SHA-512"


def test_sasl_in_clear_is_refused_unless_told(given: pytest.MonkeyPatch) -> None:
    give(given, SECURITY="SASL_PLAINTEXT", **ACCOUNT)
    assert "use SASL_SSL" in refusal()
    give(given, ALLOW_PLAINTEXT_SASL="1")
    assert client_options(KAFKA)["security_protocol"] == "SASL_PLAINTEXT"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"SECURITY": "TLS"}, "OMNITRACK_KAFKA_SECURITY: Input should be 'PLAINTEXT', 'SSL'"),
        ({"CA_FILE": "/ca.pem"}, "OMNITRACK_KAFKA_CA_FILE: would be without effect"),
        ({"USER": "tracker"}, "OMNITRACK_KAFKA_USER: would be without effect"),
        ({"SECURITY": "SSL", "PASSWORD": "s3cret"}, "OMNITRACK_KAFKA_PASSWORD: would be without effect"),
        ({"SECURITY": "SASL_SSL"}, "OMNITRACK_KAFKA_USER is missing"),
        ({"SECURITY": "SASL_SSL", "USER": "tracker"}, "OMNITRACK_KAFKA_PASSWORD_FILE is missing"),
        ({"SECURITY": "SASL_SSL", "PASSWORD_FILE": "/p", **ACCOUNT}, "both set: keep one"),
        ({"SECURITY": "SSL", "KEY_FILE": "/key.pem"}, "OMNITRACK_KAFKA_CERT_FILE is missing"),
        ({"SECURITY": "SASL_SSL", "MECHANISM": "GSSAPI", **ACCOUNT}, "OMNITRACK_KAFKA_MECHANISM: Input should be"),
        ({"SECURITY": "SSL", "CA_FILE": "/nowhere.pem"}, "OMNITRACK_KAFKA_CA_FILE=/nowhere.pem: No such file"),
        ({"SECURITY": "SSL", "CERT_FILE": "/nowhere.pem"}, "OMNITRACK_KAFKA_CERT_FILE=/nowhere.pem"),
    ],
)
def test_what_is_wrong_is_said_with_its_variable(
    given: pytest.MonkeyPatch, settings: dict[str, str], said: str
) -> None:
    give(given, **settings)
    assert said in refusal()


def test_a_file_without_certificates_is_named(given: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(NO_PEM)
    give(given, SECURITY="SSL", CA_FILE=str(tmp_path / "ca.pem"))
    assert f"OMNITRACK_KAFKA_CA_FILE={tmp_path}/ca.pem: holds no certificate in PEM" in refusal()
    given.delenv("OMNITRACK_KAFKA_CA_FILE")
    give(given, CERT_FILE=str(tmp_path / "ca.pem"))
    assert "no certificate with its key in PEM" in refusal()


def test_an_empty_password_file_is_refused(given: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("\n")
    give(given, SECURITY="SASL_SSL", USER="tracker", PASSWORD_FILE=str(tmp_path / "password"))
    assert "its first line is empty" in refusal()


def test_neither_settings_nor_errors_show_the_password(given: pytest.MonkeyPatch) -> None:
    give(given, SECURITY="SASL_SSL", **ACCOUNT)
    security = read_kafka_security()
    assert ACCOUNT["PASSWORD"] not in f"{security!r} {security} {security.model_dump_json()}"
    give(given, MECHANISM="s3cret-mechanism", CERT_FILE="/p")
    assert ACCOUNT["PASSWORD"] not in refusal()
