"""Where ClickHouse is: one URL from the environment, checked once, its secrets never shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from clickhouse_driver.util.helpers import parse_url
from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.secret_file import NoSecret, first_line
from sinks.clickhouse.cluster import Cluster, Storage

DEFAULT_URL = "clickhouse://default@127.0.0.1:9000/omnitrack"
DEFAULT_DATABASE = "omnitrack"
SHAPE = "clickhouse://user:password@host:port/database (clickhouses:// for TLS)"
SECRET_PARAMETERS = frozenset({"password", "keypass"})


_ClusterName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$")]


class NoPassword(ValueError):
    """The file that should hold ClickHouse's password does not."""


class ClickHouseSettings(BaseSettings):
    """The ClickHouse of a deployment, from `OMNITRACK_CLICKHOUSE`.

    The URL is `clickhouse://user:password@host:port/database?parameters`; parameters are those of
    `clickhouse_driver.Client.from_url` (`secure`, `verify`, `ca_certs`, `compression`, `alt_hosts`, time-outs in
    seconds) and settings of ClickHouse. No database means `omnitrack`. A file may hold the password instead, and
    another the authority that signed the server's certificate. Raises pydantic's `ValidationError`.
    """

    model_config = SettingsConfigDict(env_prefix="OMNITRACK_", frozen=True, hide_input_in_errors=True, extra="ignore")

    clickhouse: SecretStr = SecretStr(DEFAULT_URL)
    clickhouse_cluster: Annotated[_ClusterName | None, BeforeValidator(lambda name: name or None)] = None
    """The cluster of the server's configuration (`system.clusters`) that keeps the rows; None: the server itself."""
    clickhouse_password_file: Path | None = None
    clickhouse_ca_file: Path | None = None

    @field_validator("clickhouse")
    @classmethod
    def _check(cls, value: SecretStr) -> SecretStr:
        problem = problem_of(value.get_secret_value())
        if problem:
            raise ValueError(f"OMNITRACK_CLICKHOUSE: {problem}; expected {SHAPE}")
        return value

    @model_validator(mode="after")
    def _check_files(self) -> Self:
        _, options = parse_url(self.clickhouse.get_secret_value())
        if self.clickhouse_password_file is not None and options.get("password"):
            raise ValueError(
                "OMNITRACK_CLICKHOUSE holds a password, and OMNITRACK_CLICKHOUSE_PASSWORD_FILE is set: keep one"
            )
        if self.clickhouse_ca_file is not None and not options.get("secure"):
            raise ValueError(
                "OMNITRACK_CLICKHOUSE_CA_FILE would be without effect: OMNITRACK_CLICKHOUSE must be clickhouses://"
            )
        return self

    @classmethod
    def of(cls, url: str | None) -> ClickHouseSettings:
        """The settings for `url`, an option of a command; None: from the environment."""
        return cls() if url is None else cls(clickhouse=SecretStr(url))

    @property
    def database(self) -> str:
        """The database that the URL names, or the default one."""
        return urlsplit(self.clickhouse.get_secret_value()).path.strip("/") or DEFAULT_DATABASE

    @property
    def storage(self) -> Storage:
        """Where the rows lie."""
        name = self.clickhouse_cluster
        return Storage(self.database, Cluster(name, self.database) if name else None)

    @property
    def address(self) -> str:
        """Host and port, for messages."""
        host, options = parse_url(self.clickhouse.get_secret_value())
        default_port = 9440 if options.get("secure") else 9000
        return f"{host}:{options.get('port', default_port)}"

    @property
    def masked(self) -> str:
        """The URL with its secrets replaced, for logs."""
        parts = urlsplit(self.clickhouse.get_secret_value())
        user, password_follows, _ = parts.netloc.rpartition("@")[0].partition(":")
        host = parts.netloc.rpartition("@")[2]
        account = f"{user}:***@" if password_follows else f"{user}@" if user else ""
        query = [(key, "***" if key in SECRET_PARAMETERS else value) for key, value in parse_qsl(parts.query)]
        return urlunsplit(parts._replace(netloc=account + host, query=urlencode(query, safe="*")))

    def client_options(self) -> tuple[str, dict[str, Any]]:
        """Host and keyword arguments of `clickhouse_driver.Client`; reads the password's file. Raises `NoPassword`."""
        host, options = parse_url(self.clickhouse.get_secret_value())
        if self.clickhouse_password_file is not None:
            options["password"] = _password(self.clickhouse_password_file)
        if self.clickhouse_ca_file is not None:
            options["ca_certs"] = str(self.clickhouse_ca_file)
        return host, {**options, "database": self.database}


def _password(file: Path) -> str:
    try:
        return first_line(file)
    except NoSecret as error:
        raise NoPassword(f"OMNITRACK_CLICKHOUSE_PASSWORD_FILE={file}: {error}") from error


def problem_of(url: str) -> str | None:
    """What is wrong with a ClickHouse URL, without quoting it; None: nothing."""
    parts = urlsplit(url)
    if parts.scheme not in ("clickhouse", "clickhouses"):
        return "the scheme is not clickhouse:// or clickhouses://"
    if not parts.hostname:
        return "the host is missing"
    if not _has_valid_port(url):
        return "the port is not a number from 1 to 65535"
    database = parts.path.strip("/")
    if database and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", database):
        return "the database is not a plain identifier (letters, digits and _)"
    try:
        parse_url(url)
    except (ValueError, IndexError, AttributeError):
        return "a parameter after ? has a value of the wrong type"
    return None


def _has_valid_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False
