"""Login at an OpenID Connect provider, a real one on loopback: only what it signed for this client, now, lets in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from explorer.access.oidc import role_of
from explorer.access.settings import AccessSettings
from explorer.access.visitor import visitor_may_see
from explorer.app import create_app
from explorer.store import Store
from sinks.clickhouse.settings import ClickHouseSettings
from tests.explorer.access.provider import CLIENT, SECRET, Provider, serving

AWAY = ClickHouseSettings.of("clickhouse://default@127.0.0.1:1/omnitrack")
BROWSER = {"Accept": "text/html"}
ANA = {"sub": "17", "preferred_username": "ana", "roles": ["staff", "omnitrack-analyst"]}


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serving(Provider(claims=dict(ANA))) as running:
        yield running


def settings(issuer: str) -> AccessSettings:
    given = {"oidc_issuer": issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET, "url": "http://localhost"}
    return AccessSettings.model_validate(given)


@pytest.fixture
def client(provider: Provider) -> FlaskClient:
    return create_app(Store(AWAY, 1, visitor_may_see), access=settings(provider.issuer)).test_client()


def back_from_there(client: FlaskClient) -> str:
    """Where the provider sends the visitor back to."""
    sent = client.get("/login/provider?next=/waits", headers=BROWSER)
    assert sent.status_code == 302, sent.get_data(as_text=True)
    answer = requests.get(sent.headers["Location"], allow_redirects=False, timeout=10)
    there = urlsplit(answer.headers["Location"])
    assert there.path == "/login/callback"
    return f"{there.path}?{there.query}"


def log_in(client: FlaskClient) -> TestResponse:
    return client.get(back_from_there(client), headers=BROWSER)


def assert_refused(client: FlaskClient, why: str) -> None:
    answer = log_in(client)
    assert answer.status_code == 403
    assert why in answer.get_data(as_text=True)
    assert client.get("/", headers=BROWSER).status_code == 302


def test_whom_the_provider_knows_gets_in_and_to_where_they_wanted(client: FlaskClient) -> None:
    answer = log_in(client)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/waits")
    assert client.get("/", headers=BROWSER).status_code == 200


def test_without_one_of_our_roles_nobody_gets_in(client: FlaskClient, provider: Provider) -> None:
    provider.claims["roles"] = ["staff"]
    assert_refused(client, "ana has none of the roles omnitrack-analyst and omnitrack-operator")


@pytest.mark.parametrize(
    "forged",
    [{"nonce": "of another login"}, {"aud": "another client"}, {"iss": "https://evil.example"}, {"exp": 1}],
    ids=["nonce", "audience", "issuer", "time"],
)
def test_a_token_that_is_not_for_this_login_is_refused(
    client: FlaskClient, provider: Provider, forged: dict[str, Any]
) -> None:
    provider.claims.update(forged)
    assert_refused(client, "failed")


def test_a_token_that_somebody_else_signed_is_refused(client: FlaskClient, provider: Provider) -> None:
    provider.shown_key = RSAKey.generate_key(2048, {"kid": "1"})
    assert_refused(client, "failed")


def test_a_way_back_that_another_browser_began_is_refused(client: FlaskClient, provider: Provider) -> None:
    begun_elsewhere = back_from_there(client.application.test_client())
    assert client.get(begun_elsewhere, headers=BROWSER).status_code == 403


def test_a_provider_that_calls_itself_otherwise_is_refused(provider: Provider) -> None:
    client = create_app(Store(AWAY, 1), access=settings(provider.issuer)).test_client()
    provider.issuer = "https://evil.example"
    answer = client.get("/login/provider")
    assert answer.status_code == 403
    assert "calls itself https://evil.example" in answer.get_data(as_text=True)


def test_a_provider_that_is_away_is_told_of() -> None:
    client = create_app(Store(AWAY, 1), access=settings("http://127.0.0.1:1")).test_client()
    assert "login at http://127.0.0.1:1 failed" in client.get("/login/provider").get_data(as_text=True)
    assert SECRET not in client.get("/login/provider").get_data(as_text=True)


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"roles": "omnitrack-operator"}, "operator"),
        ({"roles": ["omnitrack-analyst", "omnitrack-operator"]}, "operator"),
        ({"roles": {"omnitrack-analyst": True}}, None),
        ({"roles": 7}, None),
        ({}, None),
    ],
)
def test_the_role_is_in_a_claim(claims: dict[str, Any], role: str | None) -> None:
    assert role_of(claims, AccessSettings()) == role


def test_a_claim_may_lie_within_another() -> None:
    access = AccessSettings.model_validate({"oidc_role_claim": "realm_access.roles", "oidc_analyst": "looker"})
    assert role_of({"realm_access": {"roles": ["looker"]}}, access) == "analyst"


def test_time_is_what_ends_a_session_here_as_well(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(client)
    later = time.time() + 9 * 3600
    monkeypatch.setattr("explorer.access.visitor.time.time", lambda: later)
    assert client.get("/", headers=BROWSER).status_code == 302
