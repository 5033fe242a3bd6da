"""Login at the bank's own identity provider: OpenID Connect, authorization code with PKCE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask
from joserfc.errors import JoseError
from requests import RequestException
from werkzeug.wrappers import Response as AnyResponse

from explorer.access.roles import Role
from explorer.access.settings import PREFIX, AccessSettings
from explorer.access.visitor import Visitor

CALLBACK = "/login/callback"


class LoginFailed(Exception):
    """The provider did not say who it is, or nobody who may look; one line for whom it concerns."""


class Provider:
    """One provider, found by its issuer's address. Nothing is asked of it before somebody logs in."""

    def __init__(self, server: Flask, access: AccessSettings) -> None:
        """Raises `AccessError`."""
        self._access = access
        issuer = (access.oidc_issuer or "").rstrip("/")
        options: dict[str, Any] = {"scope": "openid profile", "code_challenge_method": "S256"}
        if access.oidc_ca_file is not None:
            options["verify"] = str(access.oidc_ca_file)
        self._client: Any = OAuth(server).register(
            "provider",
            client_id=access.oidc_client_id,
            client_secret=access.client_secret(),
            server_metadata_url=f"{issuer}/.well-known/openid-configuration",
            client_kwargs=options,
        )

    def send_there(self) -> AnyResponse:
        """The way to the provider. Raises `LoginFailed`."""
        back = f"{(self._access.url or '').rstrip('/')}{CALLBACK}"
        try:
            self._check_issuer()
            sent: AnyResponse = self._client.authorize_redirect(back)
        except (OAuthError, RequestException, ValueError, RuntimeError) as error:
            raise self._failed(error) from error
        return sent

    def receive(self) -> Visitor:
        """Who comes back from there: state, nonce, signature, issuer, audience and time are checked.

        Raises `LoginFailed`.
        """
        try:
            self._check_issuer()
            claims = self._client.authorize_access_token().get("userinfo")
        except (OAuthError, JoseError, RequestException, ValueError, RuntimeError) as error:
            raise self._failed(error) from error
        if not claims:
            raise LoginFailed("the provider gave no identity token")
        name = str(claims.get("preferred_username") or claims.get("email") or claims["sub"])
        role = role_of(claims, self._access)
        if role is None:
            raise LoginFailed(
                f"{name} has none of the roles {self._access.oidc_analyst} and {self._access.oidc_operator}"
                f" in the claim {self._access.oidc_role_claim}"
            )
        return Visitor(name, role)

    def _check_issuer(self) -> None:
        told = self._client.load_server_metadata().get("issuer")
        if str(told).rstrip("/") != (self._access.oidc_issuer or "").rstrip("/"):
            raise ValueError(f"the provider calls itself {told}, and not as {PREFIX}OIDC_ISSUER says")

    def _failed(self, error: Exception) -> LoginFailed:
        return LoginFailed(f"login at {self._access.oidc_issuer} failed: {str(error) or type(error).__name__}")


def role_of(claims: Mapping[str, Any], access: AccessSettings) -> Role | None:
    """The greatest role that the claims give, if any. The claim may lie within another: `realm_access.roles`."""
    found: Any = claims
    for part in access.oidc_role_claim.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    held = {found} if isinstance(found, str) else set(found) if isinstance(found, list) else set()
    if access.oidc_operator in held:
        return "operator"
    return "analyst" if access.oidc_analyst in held else None
