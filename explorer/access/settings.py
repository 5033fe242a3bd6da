"""Who may look at the explorer, from the environment; checked once, and its secrets never shown."""

from __future__ import annotations

import secrets
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.secret_file import NoSecret, first_line

PREFIX = "OMNITRACK_EXPLORER_"
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
LEAST_SECRET = 32


class AccessError(ValueError):
    """The explorer cannot be served like this; the text names the variable and says what to do."""


class AccessSettings(BaseSettings):
    """`OMNITRACK_EXPLORER_…`: a file of users, or an OpenID Connect provider, or both; neither means no login."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    users: Path | None = None
    """The file that `omnitrack explorer-user` keeps."""
    url: str | None = None
    """Where visitors find it, as `https://explorer.bank.example`: the proxy that ends TLS, or the server itself."""
    secret_file: Path | None = None
    """What sessions are signed with; without it they end with the process."""
    session_hours: float = Field(default=8.0, gt=0, le=24 * 7)
    allow_http: bool = False
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_client_secret_file: Path | None = None
    oidc_ca_file: Path | None = None
    oidc_role_claim: str = "roles"
    """The claim of the identity token that holds the roles, a text or a list of texts."""
    oidc_analyst: str = "omnitrack-analyst"
    oidc_operator: str = "omnitrack-operator"

    @property
    def has_login(self) -> bool:
        """Whether visitors have to say who they are."""
        return self.users is not None or self.oidc_issuer is not None

    @property
    def is_secure(self) -> bool:
        """Whether visitors come over TLS: cookies are then sent over nothing else."""
        return (self.url or "").startswith("https://")

    @property
    def hostname(self) -> str | None:
        """The name under which the explorer is reached from outside; None: not told."""
        return urlsplit(self.url or "").hostname

    def signing_key(self) -> str:
        """What sessions are signed with. Raises `AccessError`."""
        if self.secret_file is None:
            return secrets.token_urlsafe(LEAST_SECRET)
        key = _read("SECRET_FILE", self.secret_file)
        if len(key) < LEAST_SECRET:
            raise AccessError(
                f"{PREFIX}SECRET_FILE={self.secret_file}: shorter than {LEAST_SECRET} characters;"
                " `openssl rand -hex 32` makes one"
            )
        return key

    def client_secret(self) -> str | None:
        """What the OpenID provider knows this client by; None: a public client. Raises `AccessError`."""
        if self.oidc_client_secret_file is not None:
            return _read("OIDC_CLIENT_SECRET_FILE", self.oidc_client_secret_file)
        return self.oidc_client_secret.get_secret_value() if self.oidc_client_secret else None

    def check(self, host: str) -> None:
        """Raise `AccessError` unless this may be served on the address `host`."""
        problems = [text for wrong, text in self._problems(host) if wrong]
        if problems:
            raise AccessError("\n".join(problems))

    def _problems(self, host: str) -> list[tuple[bool, str]]:
        loopback = host in LOOPBACK_HOSTS
        parts = urlsplit(self.url or "http://localhost")
        issuer = urlsplit(self.oidc_issuer or "https://none")
        no_login = (
            f"{host} can be reached from elsewhere, and there is no login: make users with `omnitrack explorer-user"
            f" add` and set {PREFIX}USERS to their file, or set {PREFIX}OIDC_ISSUER; or listen on 127.0.0.1"
        )
        no_tls = (
            f"{PREFIX}URL must be the https:// address under which visitors find it, for passwords and customers' data"
            f" cross the network: put a proxy that ends TLS before it, or set {PREFIX}ALLOW_HTTP=1"
        )
        return [
            (not loopback and not self.has_login, no_login),
            (not loopback and self.has_login and not self.is_secure and not self.allow_http, no_tls),
            (
                parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") != "",
                f"{PREFIX}URL is not like https://explorer.bank.example",
            ),
            (
                self.oidc_issuer is not None and self.oidc_client_id is None,
                f"{PREFIX}OIDC_CLIENT_ID is missing: the provider knows this client by it",
            ),
            (
                self.oidc_issuer is not None and self.url is None,
                f"{PREFIX}URL is missing: the provider sends visitors back there",
            ),
            (
                issuer.scheme != "https" and issuer.hostname not in LOOPBACK_HOSTS,
                f"{PREFIX}OIDC_ISSUER is not https://: whoever is between could be anybody",
            ),
        ]


def read_access(host: str) -> AccessSettings:
    """The environment's, checked for being served on `host`. Raises `AccessError`."""
    try:
        access = AccessSettings()
    except ValidationError as error:
        lines = [f"{PREFIX}{str(detail['loc'][0]).upper()}: {detail['msg']}" for detail in error.errors()]
        raise AccessError("\n".join(lines)) from None
    access.check(host)
    return access


def _read(name: str, file: Path) -> str:
    try:
        return first_line(file)
    except NoSecret as error:
        raise AccessError(f"{PREFIX}{name}={file}: {error}") from error
