"""How Kafka is reached: in clear, over TLS, with a name and a password. The arguments of every client are made here."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.kafka_address import servers_of
from schemas.secret_file import NoSecret, first_line

Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
PREFIX = "OMNITRACK_KAFKA_"
FILES = ("ca_file", "cert_file", "key_file", "key_password_file")
ACCOUNT = ("user", "password", "password_file")


class KafkaSecurityError(ValueError):
    """How Kafka is to be reached is wrong or not safe; one line per setting names it and says what to do."""


class KafkaSecurity(BaseSettings):
    """From `OMNITRACK_KAFKA_SECURITY` and its companions; the protocols have the names that Kafka gives them.

    Host names are checked against the broker's certificate, always. Without `ca_file` the system's authorities count;
    `cert_file` and `key_file` (PEM, may be one file) are what a broker asks for with mutual TLS.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    key_password_file: Path | None = None
    mechanism: Mechanism = "SCRAM-SHA-512"
    user: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    allow_plaintext_sasl: bool = False

    @property
    def tls(self) -> bool:
        """Whether connections are encrypted."""
        return self.security in ("SSL", "SASL_SSL")

    @property
    def sasl(self) -> bool:
        """Whether clients log in with a name and a password."""
        return self.security in ("SASL_PLAINTEXT", "SASL_SSL")

    def secret(self) -> str:
        """The password, from its variable or its file. Raises `KafkaSecurityError`."""
        if self.password_file is not None:
            return _password("PASSWORD_FILE", self.password_file)
        return self.password.get_secret_value() if self.password is not None else ""

    def context(self) -> ssl.SSLContext | None:
        """What a TLS connection is made with; None in clear. Raises `KafkaSecurityError`."""
        if not self.tls:
            return None
        context = _trusting(self.ca_file)
        if self.cert_file is not None:
            _present(context, self.cert_file, self.key_file, self.key_password_file)
        return context

    def check(self) -> None:
        """Raise `KafkaSecurityError` if settings contradict each other; no file is read."""
        problems = [*self._without_effect(), *self._missing(), *self._unsafe()]
        if problems:
            raise KafkaSecurityError("\n".join(problems))

    def _without_effect(self) -> Iterator[str]:
        for fields, works, cure in ((FILES, self.tls, "SSL or SASL_SSL"), (ACCOUNT, self.sasl, "SASL_SSL")):
            given = [f"{PREFIX}{name.upper()}" for name in fields if getattr(self, name) is not None]
            if given and not works:
                names = ", ".join(given)
                yield f"{names}: would be without effect, as {PREFIX}SECURITY is {self.security}: set it to {cure}"

    def _missing(self) -> Iterator[str]:
        if self.sasl and not self.user:
            yield f"{PREFIX}USER is missing: {self.security} needs a user"
        if self.sasl and self.password is None and self.password_file is None:
            yield f"{PREFIX}PASSWORD_FILE is missing (or {PREFIX}PASSWORD): {self.security} needs a password"
        if self.cert_file is None and (self.key_file or self.key_password_file) is not None:
            yield f"{PREFIX}CERT_FILE is missing: a key without its certificate proves nothing"

    def _unsafe(self) -> Iterator[str]:
        if self.password is not None and self.password_file is not None:
            yield f"{PREFIX}PASSWORD and {PREFIX}PASSWORD_FILE are both set: keep one"
        if self.security == "SASL_PLAINTEXT" and not self.allow_plaintext_sasl:
            yield (
                f"{PREFIX}SECURITY=SASL_PLAINTEXT would let everybody on the network read what is sent, with PLAIN the"
                f" password too: use SASL_SSL, or, where the network is closed, set {PREFIX}ALLOW_PLAINTEXT_SASL=1"
            )


def read_kafka_security() -> KafkaSecurity:
    """The environment's, checked; no file is read. Raises `KafkaSecurityError`."""
    try:
        security = KafkaSecurity()
    except ValidationError as error:
        lines = [f"{PREFIX}{str(detail['loc'][0]).upper()}: {detail['msg']}" for detail in error.errors()]
        raise KafkaSecurityError("\n".join(lines)) from None
    security.check()
    return security


def client_options(kafka: str) -> dict[str, Any]:
    """The arguments with which any client of aiokafka or kafka-python reaches the brokers `kafka`, `host:port,…`.

    Reads the environment and the files that it names. Raises `KafkaSecurityError`.
    """
    security = read_kafka_security()
    options: dict[str, Any] = {
        "bootstrap_servers": servers_of(kafka),
        "security_protocol": security.security,
        "ssl_context": security.context(),
    }
    if security.sasl:
        options["sasl_mechanism"] = security.mechanism
        options["sasl_plain_username"] = security.user
        options["sasl_plain_password"] = security.secret()
    return options


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except ssl.SSLError as error:
        raise _wrong("CA_FILE", ca_file, "holds no certificate in PEM") from error
    except OSError as error:
        raise _wrong("CA_FILE", ca_file, error.strerror) from error


def _present(context: ssl.SSLContext, certificate: Path, key: Path | None, password_file: Path | None) -> None:
    # Without a password OpenSSL would ask for one at the terminal.
    password = "" if password_file is None else _password("KEY_PASSWORD_FILE", password_file)
    try:
        context.load_cert_chain(str(certificate), None if key is None else str(key), lambda: password)
    except ssl.SSLError as error:
        raise KafkaSecurityError(
            f"{PREFIX}CERT_FILE={certificate}, {PREFIX}KEY_FILE={key}: no certificate with its key in PEM"
            f" ({error.reason or 'unreadable'}): do they belong together, and is {PREFIX}KEY_PASSWORD_FILE right?"
        ) from error
    except OSError as error:
        raise KafkaSecurityError(
            f"{PREFIX}CERT_FILE={certificate}, {PREFIX}KEY_FILE={key}: {error.strerror}"
        ) from error


def _password(name: str, file: Path) -> str:
    try:
        return first_line(file)
    except NoSecret as error:
        raise _wrong(name, file, str(error)) from error


def _wrong(name: str, file: Path | None, problem: str | None) -> KafkaSecurityError:
    return KafkaSecurityError(f"{PREFIX}{name}={file}: {problem}")
