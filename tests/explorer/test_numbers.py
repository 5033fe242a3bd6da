"""The numbers on the pages are those of the views."""

from __future__ import annotations

from collections import Counter
from typing import get_args

from playwright.sync_api import Page

from schemas.rows import AlertStatus
from tests.explorer.asking import DAYS, WORDS, answer, in_days
from tests.explorer.conftest import Site, Tour, Visit

RATES = {"success": "handoff_success", "promises": "promise_kept", "waits": "wait", "one_visit": "one_visit"}


def lines(page: Page, table: str) -> list[list[str]]:
    """The texts of a table's body, row by row."""
    rows: list[list[str]] = page.eval_on_selector_all(
        f"{table} tbody tr", "rows => rows.map(row => [...row.children].map(cell => cell.innerText.trim()))"
    )
    return [[" ".join(cell.split()) for cell in row] for row in rows]


def plain(text: str) -> str:
    return " ".join(text.split())


def rated(row: dict[str, float], n: str = "n") -> str:
    return plain(f"{WORDS.share(row['rate'])} {WORDS.interval(row['low'], row['high'])} n = {WORDS.count(row[n])}")


def test_tiles_tell_rate_interval_and_n(tour: Tour, site: Site) -> None:
    page = tour.at("overview")
    for tile, metric in RATES.items():
        [row] = answer(site.settings, metric)
        shown = plain(page.locator(f"#tile-{tile}").inner_text())
        assert plain(WORDS.share(row["rate"])) in shown
        assert plain(f"{WORDS.interval(row['low'], row['high'])} · n = {row['n']:,}") in shown
    [row] = answer(site.settings, "journeys")
    assert row["journeys"] == len(
        [it for it in site.played.bank.journeys if in_days(it.started_at) and not it.customer_id.startswith("anon:")]
    )
    assert f"{row['journeys']:,}" in page.locator("#tile-journeys").inner_text()


def test_the_index_stands_beside_its_five_components(tour: Tour, site: Site) -> None:
    page = tour.at("overview")
    [row] = answer(site.settings, "consistency_index")
    assert f"{row['score']:.1f}" in page.locator("#tile-index").inner_text()
    shown = page.locator(".component .value").all_inner_texts()
    names = ("completion_parity", "wait_parity", "context_carry", "handoff_success", "answer_agreement")
    assert shown == [f"{row[name]:.2f}" for name in names]


def test_the_matrix_has_a_cell_per_pair_of_channels(tour: Tour, site: Site) -> None:
    page = tour.at("handoffs")
    cells = page.locator("#section-matrix td.heat")
    rows = answer(site.settings, "handoff_matrix")
    assert cells.count() == len(rows)
    shown = {plain(text) for text in cells.all_inner_texts()}
    for row in rows:
        share = f"{plain(WORDS.share(row['rate'], 0))} n = {row['n']:,}"
        assert any(text.startswith(share) for text in shown), share


def test_heat_maps_have_completion_waits_and_satisfaction_by_channel_and_intent(tour: Tour, site: Site) -> None:
    page = tour.at("consistency")
    both = ("channel", "intent")
    for section, metric in (("completion", "journeys"), ("waiting", "wait")):
        expected = sorted(
            f"{plain(WORDS.share(row['rate'], 0))} n = {row['n']:,}"
            for row in answer(site.settings, metric, both)
            if row["rate"] is not None
        )
        shown = page.locator(f"#section-{section} td.heat").all_inner_texts()
        assert sorted(map(plain, shown)) == expected
    scores = [row for row in answer(site.settings, "satisfaction", both) if row["csat_mean"] is not None]
    shown = page.locator("#section-satisfaction td.heat").all_inner_texts()
    assert sorted(map(plain, shown)) == sorted(f"{row['csat_mean']:.2f} n = {row['csat_n']}" for row in scores)


def test_contradictions_are_ranked_and_add_up_to_those_of_the_handoffs(tour: Tour, site: Site) -> None:
    page = tour.at("consistency")
    counts = [int(line[3]) for line in lines(page, "#section-contradictions")]
    assert counts == sorted(counts, reverse=True)
    handoffs = [it for it in site.played.bank.handoffs if in_days(it.left_at)]
    assert sum(counts) == sum(len(it.contradictions) for it in handoffs if not it.customer_id.startswith("anon:"))


def test_waits_by_channel_and_intent_stand_the_worst_first(tour: Tour, site: Site) -> None:
    page = tour.at("waits")
    rows = sorted(answer(site.settings, "wait", ("channel", "intent")), key=lambda row: row["rate"])
    assert [line[2] for line in lines(page, "#section-intents")] == [rated(row) for row in rows]
    groups = lines(page, "#section-groups")
    assert {line[1] for line in groups} == {"elderly", "disabled", "others"}
    [total] = answer(site.settings, "wait")
    assert sum(int(line[2].rpartition("n = ")[2].replace(",", "")) for line in groups) == total["n"]


def test_branches_add_up_to_the_waits_at_branches_and_the_surely_worst_stands_first(tour: Tour, site: Site) -> None:
    shown = lines(tour.at("waits"), "#section-branches")
    counts = {line[0]: int(line[1].rpartition("n = ")[2]) for line in shown}
    [total] = answer(site.settings, "wait", channels=("branch",))
    assert sum(counts.values()) == total["n"]
    highs = [(counts[line[0]] < 10, float(line[1].split("–")[1].split()[0])) for line in shown]
    assert highs == sorted(highs)


def test_paths_add_up_to_the_journeys(tour: Tour, site: Site) -> None:
    page = tour.at("paths")
    shown = lines(page, "#section-paths")
    rows = answer(site.settings, "journey_paths")
    assert [int(line[1].replace(",", "")) for line in shown] == [row["n"] for row in rows][: len(shown)]
    [journeys] = answer(site.settings, "journeys")
    foot = page.locator("#section-paths tfoot td").all_inner_texts()
    assert int(foot[1].replace(",", "")) == journeys["journeys"] == sum(row["n"] for row in rows)
    others = sum(row["n"] for row in rows[len(shown) :])
    assert f"{others:,} on other paths" in foot[0]


def test_promises_by_how_they_ended(tab: Visit, site: Site) -> None:
    page = tab.open(f"promises{DAYS}&status=overdue")
    [row] = answer(site.settings, "promise_kept")
    assert f"{row['overdue']:,}" in page.locator("#tile-overdue").inner_text()
    assert f"{row['kept_late']:,}" in page.locator("#tile-kept_late").inner_text()
    statuses = [line[4] for line in lines(page, "#section-list")]
    assert statuses == ["✕ overdue"] * min(row["overdue"], 50)


def test_alerts_are_counted_by_what_became_of_them_retracted_ones_too(tour: Tour, site: Site) -> None:
    page = tour.at("alerts")
    alerts = [it for it in site.played.alerts if in_days(it.event_time) and not it.customer_id.startswith("anon:")]
    counts = Counter(it.status for it in alerts)
    assert counts.keys() == set(get_args(AlertStatus))
    for status, n in counts.items():
        assert page.locator(f"#tile-{status} .value").inner_text() == str(n)
    rules = {line[0].split()[0]: [int(cell) for cell in line[1:5]] for line in lines(page, "#section-rules")}
    assert rules["failures_between_two_channels"] == [1, 0, 0, 0]
    assert sum(map(sum, rules.values())) == len(alerts)
    assert len(lines(page, "#section-alerts")) == min(50, len(alerts))


def test_every_record_received_is_accounted_for(tour: Tour, site: Site) -> None:
    page = tour.at("quality")
    rows = answer(site.settings, "data_quality", ("channel",))
    foot = [int(text.replace(",", "")) for text in page.locator("#section-account tfoot td").all_inner_texts()[1:5]]
    assert foot == [sum(row[name] for row in rows) for name in ("n", "stored", "duplicate", "dead")]
    assert foot[0] == sum(foot[1:])
    dead = [it for it in site.played.dead if in_days(it.received_at)]
    assert foot[3] == len(dead)
    reasons = {line[0]: int(line[2]) for line in lines(page, "#section-reasons")}
    assert sum(reasons.values()) == len(dead)
    assert reasons["not JSON"] == len([it for it in dead if it.reason == "not_json"])
