"""Every view that shows a customer, or what a channel sent, is for operators."""

from __future__ import annotations

from explorer.access.roles import may_see
from explorer.queries import Query
from explorer.store import Failure, Store
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.view_calls import Call
from sinks.clickhouse.views import load_views

SINGLE = ("customer_id", "payload")
COUNTED_BY_CUSTOMER = {
    "explorer_alert_counts",
    "metric_first_contact_resolution",
    "metric_priority_parity",
    "metric_repeat_contact",
}


def test_an_analyst_sees_all_views_but_those_of_single_customers() -> None:
    shown = [view for view in load_views("omnitrack") if view.name.startswith(("explorer_", "metric_"))]
    single = {view.name for view in shown if any(word in view.statement for word in SINGLE)} - COUNTED_BY_CUSTOMER
    assert {view.name for view in shown if may_see("analyst", view.name)} == {view.name for view in shown} - single


def test_an_analyst_does_not_see_a_view_of_which_nobody_has_said_so() -> None:
    assert not may_see("analyst", "explorer_made_tomorrow")


def test_an_analyst_sees_numbers_but_no_customers() -> None:
    assert may_see("analyst", "metric_handoff_matrix")
    assert not may_see("analyst", "explorer_journey")
    assert may_see("operator", "explorer_journey")


def test_what_a_visitor_may_not_see_is_not_asked() -> None:
    store = Store(ClickHouseSettings.of("clickhouse://default@127.0.0.1:1/omnitrack"), 1, lambda view: view == "open")
    call = Call("SELECT 1", {}, "SELECT 1")
    answers = store.read({"one": Query("open", call), "other": Query("explorer_journey", call)})
    assert isinstance(answers["one"], Failure)
    assert answers["one"].kind == "away"
    assert isinstance(answers["other"], Failure)
    assert answers["other"].kind == "forbidden"
