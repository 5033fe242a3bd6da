"""Who may look at the explorer is asked at its door, and again with every request."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from explorer.access.accounts import make_account, write_accounts
from explorer.access.settings import AccessSettings
from explorer.access.throttle import PER_NAME
from explorer.access.visitor import visitor_may_see
from explorer.app import create_app
from explorer.store import Facts, Store
from sinks.clickhouse.settings import ClickHouseSettings

AWAY = ClickHouseSettings.of("clickhouse://default@127.0.0.1:1/omnitrack")
RIGHT = {"ana": "numbers are enough", "otto": "all of it, please"}
ANA, OTTO = make_account("ana", "analyst", RIGHT["ana"]), make_account("otto", "operator", RIGHT["otto"])
BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def users(tmp_path: Path) -> Path:
    write_accounts(tmp_path / "users", [ANA, OTTO])
    return tmp_path / "users"


@pytest.fixture
def site(users: Path) -> Callable[..., FlaskClient]:
    def start(**settings: object) -> FlaskClient:
        access = AccessSettings.model_validate({"users": users, **settings})
        return create_app(Store(AWAY, 1, visitor_may_see), access=access).test_client()

    return start


@pytest.fixture
def client(site: Callable[..., FlaskClient]) -> FlaskClient:
    return site()


def log_in(client: FlaskClient, name: str = "ana", password: str = RIGHT["ana"]) -> int:
    return client.post("/login", data={"name": name, "password": password}, headers=BROWSER).status_code


def test_without_a_session_a_page_leads_to_the_login_and_all_else_is_refused(client: FlaskClient) -> None:
    page = client.get("/handoffs?span=7d", headers=BROWSER)
    assert (page.status_code, page.headers["Location"]) == (302, "/login?next=/handoffs%3Fspan%3D7d")
    assert client.get("/export/paths/paths.csv").status_code == 401
    assert client.post("/_dash-update-component", json={}, headers=BROWSER).status_code == 401
    assert client.get("/_dash-layout").status_code == 401


def test_health_is_for_anybody(client: FlaskClient) -> None:
    assert client.get("/health").status_code == 200


def test_a_user_gets_in_and_to_where_it_wanted_and_out_again(client: FlaskClient) -> None:
    form = {"name": "ana", "password": RIGHT["ana"], "next": "/handoffs?span=7d"}
    answer = client.post("/login", data=form, headers=BROWSER)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/handoffs?span=7d")
    assert client.get("/", headers=BROWSER).status_code == 200
    client.get("/logout", headers=BROWSER)
    assert client.get("/", headers=BROWSER).status_code == 302


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere(client: FlaskClient, there: str) -> None:
    form = {"name": "ana", "password": RIGHT["ana"], "next": there}
    assert client.post("/login", data=form, headers=BROWSER).headers["Location"] == "/"


@pytest.mark.parametrize(("name", "password"), [("ana", "wrong"), ("nobody", "numbers are enough"), ("", "")])
def test_a_wrong_name_and_a_wrong_password_look_alike(client: FlaskClient, name: str, password: str) -> None:
    answer = client.post("/login", data={"name": name, "password": password}, headers=BROWSER)
    assert answer.status_code == 401
    assert "Name or password is wrong." in answer.get_data(as_text=True)


def test_guessing_ends_after_some_failures_even_for_the_right_password(client: FlaskClient) -> None:
    assert [log_in(client, "ana", "a guess") for _ in range(PER_NAME)] == [401] * PER_NAME
    assert log_in(client) == 429
    assert log_in(client, "otto", RIGHT["otto"]) == 302


def test_who_is_removed_or_has_another_password_is_out_at_once(client: FlaskClient, users: Path) -> None:
    log_in(client)
    write_accounts(users, [make_account("ana", "analyst", "another password"), OTTO])
    assert client.get("/", headers=BROWSER).status_code == 302
    log_in(client, "otto", RIGHT["otto"])
    write_accounts(users, [ANA])
    assert client.get("/", headers=BROWSER).status_code == 302


def test_without_its_file_of_users_nobody_gets_in(client: FlaskClient, users: Path) -> None:
    log_in(client)
    users.write_text("ana:analyst:in clear\n")
    assert client.get("/", headers=BROWSER).status_code == 503
    assert log_in(client) == 503


def test_a_session_ends_by_itself(site: Callable[..., FlaskClient], monkeypatch: pytest.MonkeyPatch) -> None:
    client = site(session_hours=1)
    log_in(client)
    later = time.time() + 3_601
    monkeypatch.setattr("explorer.access.visitor.time.time", lambda: later)
    assert client.get("/export/paths/paths.csv").status_code == 401


def test_a_session_of_another_key_is_none(site: Callable[..., FlaskClient]) -> None:
    one, other = site(), site()
    log_in(one)
    stolen = one.get_cookie("omnitrack")
    assert stolen is not None
    other.set_cookie("omnitrack", stolen.value)
    assert other.get("/", headers=BROWSER).status_code == 302


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}]
)
@pytest.mark.parametrize("path", ["/login", "/_dash-update-component"])
def test_another_site_can_send_nothing(client: FlaskClient, headers: dict[str, str], path: str) -> None:
    log_in(client)
    assert client.post(path, data={}, headers=headers).status_code == 403


def test_another_site_logs_nobody_out(client: FlaskClient) -> None:
    log_in(client)
    assert client.get("/logout", headers=BROWSER | {"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get("/", headers=BROWSER).status_code == 200


def test_that_holds_where_there_is_no_login_as_well() -> None:
    client = create_app(Store(AWAY, 1)).test_client()
    assert (
        client.post("/_dash-update-component", json={}, headers={"Origin": "https://evil.example"}).status_code == 403
    )


def test_the_cookie_is_for_this_site_over_tls_only(site: Callable[..., FlaskClient]) -> None:
    client = site(url="https://explorer.bank.example")
    form = {"name": "ana", "password": RIGHT["ana"]}
    answer = client.post("/login", data=form, headers=BROWSER, base_url="https://explorer.bank.example")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-omnitrack=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_what_was_shown_stays_in_no_cache(client: FlaskClient) -> None:
    log_in(client)
    assert client.get("/", headers=BROWSER).headers["Cache-Control"] == "no-store"
    assert client.get("/", headers=BROWSER).headers["X-Frame-Options"] == "DENY"


def test_the_login_needs_no_script_and_says_nothing_of_who_there_is(client: FlaskClient) -> None:
    page = client.get("/login?next=/handoffs").get_data(as_text=True)
    assert "<script" not in page
    assert re.search('name="next" value="/handoffs"', page)
    assert "ana" not in re.findall(r"\w+", page)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/export/journeys/found.csv", 403),
        ("/export/quality/letters.csv", 403),
        ("/export/handoffs/handoffs.parquet", 403),
        ("/export/paths/paths.csv", 503),
    ],
)
def test_an_analyst_gets_numbers_and_no_customers(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, path: str, status: int
) -> None:
    monkeypatch.setattr(Store, "facts", lambda _self: Facts())
    log_in(client)
    assert client.get(path).status_code == status
    log_in(client, "otto", RIGHT["otto"])
    assert client.get(path).status_code == 503
