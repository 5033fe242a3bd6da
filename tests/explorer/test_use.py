"""What someone does on the pages: filter, look closer, take files along, change the language, wait."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from uuid import uuid4

import msgspec
import pyarrow.parquet as pq
from playwright.sync_api import expect

from explorer.pages.registry import PAGES
from sinks.clickhouse.client import connected
from sinks.clickhouse.writer import Writer
from tests.explorer.asking import DAYS, WORDS, answer
from tests.explorer.conftest import Site, Tour, Visit
from tests.explorer.test_numbers import lines, plain
from tests.sinks.rows import entry


def test_what_is_chosen_goes_into_the_address_and_the_numbers_follow(tab: Visit, site: Site) -> None:
    page = tab.open(f"handoffs{DAYS}")
    page.locator("#intents").click()
    page.get_by_role("option", name="Transfer").click()
    page.keyboard.press("Escape")
    page.wait_for_url("**intent=transfer**")
    [row] = answer(site.settings, "handoff_success", intents=("transfer",))
    expect(page.locator("#tile-success .value")).to_have_text(WORDS.share(row["rate"]))
    page.go_back()
    [row] = answer(site.settings, "handoff_success")
    expect(page.locator("#tile-success .value")).to_have_text(WORDS.share(row["rate"]))


def test_an_address_says_all_filters_and_they_go_along_to_other_pages(tab: Visit, site: Site) -> None:
    page = tab.open(f"overview{DAYS}&channel=branch&care=elderly&anonymous=1")
    [row] = answer(site.settings, "wait", channels=("branch",), care=("elderly",), anonymous=True)
    assert plain(f"n = {row['n']:,}") in plain(page.locator("#tile-waits").inner_text())
    page.locator("#tile-waits a").click()
    page.wait_for_url("**/waits?**channel=branch&care=elderly&anonymous=1")
    page.wait_for_selector("h1:text-is('Waits')")
    expect(page.locator("#tile-waits .value")).to_have_text(WORDS.share(row["rate"]))


def test_what_an_address_says_in_vain_is_told(tab: Visit) -> None:
    page = tab.open("paths?span=fortnight&colour=blue")
    expect(page.locator(".hint")).to_contain_text("span=fortnight, colour=blue")


def test_a_period_without_data_leads_to_where_there_are_some(tab: Visit) -> None:
    page = tab.open("paths?from=2020-01-01&to=2020-01-31")
    expect(page.locator(".hint")).to_contain_text("Nothing is stored for this period")
    expect(page.locator("#section-paths")).to_contain_text("Nothing was observed")
    page.get_by_role("link", name="Show that period").click()
    expect(page.locator("#section-paths tbody tr").first).to_be_visible()


def test_a_cell_leads_to_its_handoffs_and_on_to_a_journey_and_its_touchpoints(tab: Visit, site: Site) -> None:
    page = tab.open(f"handoffs{DAYS}&failure=contradicted")
    row = max(answer(site.settings, "handoff_matrix"), key=lambda it: it["contradicted"])
    names = [WORDS.name("channel", row[side]) for side in ("from_channel", "to_channel")]
    page.locator(
        f"#section-matrix a[href*='from_channel={row['from_channel']}'][href*='to_channel={row['to_channel']}']"
    ).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**from_channel={row['from_channel']}**")
    expect(page.locator("#section-handoffs tbody tr")).to_have_count(row["contradicted"])
    for line in lines(page, "#section-handoffs"):
        assert line[3] == " → ".join(names)
        assert "✕ contradicted" in line[4]
        assert "told otherwise: " in line[5]
    page.locator("#section-handoffs tbody a").first.click()
    page.wait_for_url("**/journeys?**journey=**")
    expect(page.locator("#section-touchpoints .touchpoints li").first).to_be_visible()
    expect(page.locator("#section-handoffs")).to_contain_text("contradicted")


def test_a_contradiction_leads_to_the_handoffs_at_which_customers_were_told_otherwise(tab: Visit) -> None:
    page = tab.open(f"consistency{DAYS}")
    link = page.locator("#section-contradictions tbody a").first
    between = link.inner_text()
    link.click()
    page.wait_for_url("**/handoffs?**failure=contradicted**")
    expect(page.locator("#section-handoffs .note").first).to_contain_text(between.replace(" → ", " · "))
    told = lines(page, "#section-handoffs")
    assert told
    assert all(line[3] == between and "told otherwise" in line[5] for line in told)


def test_a_mark_in_the_lane_opens_the_fields_of_its_touchpoint(tab: Visit, site: Site) -> None:
    journey = max(site.played.bank.journeys, key=lambda it: it.visits)
    page = tab.open(f"journeys?of={journey.customer_id}&journey={journey.journey_id}")
    stored = [it for it in site.played.bank.touchpoints if it.journey_id == journey.journey_id]
    points = page.locator("#section-touchpoints .touchpoints li")
    expect(points).to_have_count(len(stored))
    assert page.locator("#section-handoffs tbody tr").count() == journey.handoffs
    mark = page.locator("#section-touchpoints .scatterlayer .points path").last
    mark.hover(force=True)
    # Plotly clicks what it has found to be below the pointer.
    expect(page.locator(".hoverlayer .hovertext")).to_have_count(1)
    mark.click(force=True)
    opened = page.locator(".touchpoints details[open]")
    expect(opened).to_have_count(1)
    expect(opened).to_contain_text("event_id")


def test_an_address_of_a_journey_that_is_not_there_says_why_that_may_be(tab: Visit) -> None:
    page = tab.open("journeys?of=C-0&journey=00000000-0000-0000-0000-000000000000")
    expect(page.locator("#section-journey h2")).to_have_text("No such journey")
    expect(page.locator("#section-journey .nothing")).to_contain_text("Search for the customer")
    expect(page.locator("main section")).to_have_count(1)


def test_a_customer_leads_to_all_of_their_journeys(tab: Visit, site: Site) -> None:
    journeys = site.played.bank.journeys
    journey = max(journeys, key=lambda it: sum(other.customer_id == it.customer_id for other in journeys))
    page = tab.open(f"journeys{DAYS}&of={journey.customer_id}&journey={journey.journey_id}")
    page.locator("#section-journey dd a").click()
    page.wait_for_url(f"**customer={journey.customer_id}")
    expect(page.locator("#section-found .note").first).to_contain_text(journey.customer_id)
    found = lines(page, "#section-found")
    assert len(found) > 1
    assert {line[1] for line in found} == {journey.customer_id}


def test_a_journey_on_one_channel_says_so_instead_of_blaming_filters(tab: Visit, site: Site) -> None:
    bank = site.played.bank
    promised = {it.journey_id for it in bank.promises}
    journey = next(it for it in bank.journeys if it.handoffs == 0 and it.journey_id not in promised)
    page = tab.open(f"journeys?of={journey.customer_id}&journey={journey.journey_id}")
    expect(page.locator("#section-handoffs .nothing")).to_have_text("The customer stayed on one channel.")
    expect(page.locator("#section-promises .nothing")).to_have_text("Nothing was promised.")


def test_journeys_are_found_by_customer_status_and_failure(tab: Visit, site: Site) -> None:
    page = tab.open(f"journeys{DAYS}")
    customer = site.played.bank.journeys[0].customer_id
    page.get_by_label("Customer (beginning)").fill(customer)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**customer={customer}")
    expect(page.locator("#section-found .note").first).to_contain_text(customer)
    assert {line[1] for line in lines(page, "#section-found")} <= {customer}
    tab.open(f"journeys{DAYS}&status=abandoned&failure=lost")
    found = lines(page, "#section-found")
    assert found
    assert {line[3] for line in found} == {"✕ abandoned"}


def test_a_branch_leads_to_its_own_week(tab: Visit) -> None:
    page = tab.open(f"waits{DAYS}&channel=branch")
    [branch, measured, *_] = lines(page, "#section-branches")[0]
    page.locator("#section-branches tbody a").first.click()
    page.wait_for_url(f"**branch={branch}**")
    expect(page.locator("#section-hours .note").first).to_contain_text(f"Only branch {branch}.")
    groups = lines(page, "#section-groups")
    assert sum(int(line[2].rpartition("n = ")[2]) for line in groups) == int(measured.rpartition("n = ")[2])


def test_an_alert_leads_to_its_journey_or_to_the_handoffs_that_it_counts(tab: Visit, site: Site) -> None:
    page = tab.open(f"alerts{DAYS}&status=silenced")
    [first, *_] = lines(page, "#section-alerts")
    assert first[1] == "○ silenced maintenance:move"
    page.locator("#section-alerts tbody a").first.click()
    page.wait_for_url("**/journeys?**journey=**")
    expect(page.locator("#section-touchpoints .touchpoints li").first).to_be_visible()
    tab.open("alerts?span=365d&rule=fail&severity=critical")
    [share] = lines(page, "#section-alerts")
    assert share[6] == "31.0 % of 58, allowed 20 %"
    page.locator("#section-alerts tbody a").click()
    page.wait_for_url("**/handoffs?**result=failed**")
    names = [WORDS.name("channel", name) for name in site.played.alerts[-1].labels.values()]
    expect(page.locator("#section-handoffs tbody tr").first).to_contain_text(" → ".join(names))


def test_a_dead_letter_can_be_looked_into(tab: Visit) -> None:
    page = tab.open(f"quality{DAYS}&reason=schema")
    inside = page.locator("#section-letters details.inside").first
    inside.locator("summary").click()
    expect(inside.locator("pre")).to_contain_text('"schema_version"')


def test_a_table_goes_along_as_csv_and_parquet_with_all_of_its_rows(tab: Visit, site: Site, tmp_path: Path) -> None:
    page = tab.open(f"paths{DAYS}")
    rows = answer(site.settings, "journey_paths")
    files = {}
    for form in ("CSV", "Parquet"):
        with page.expect_download() as download:
            page.locator("#section-paths .exports").get_by_text(form).click()
        files[form] = tmp_path / form
        download.value.save_as(files[form])
        assert download.value.suggested_filename == f"omnitrack-paths-paths.{form.lower()}"
    table = pq.read_table(files["Parquet"]).to_pylist()
    assert table == rows
    read = list(csv.DictReader(io.StringIO(files["CSV"].read_text(encoding="utf-8-sig"))))
    assert [(line["path"], int(line["n"])) for line in read] == [(row["path"], row["n"]) for row in rows]


def test_every_figure_shows_its_definition(tour: Tour) -> None:
    for name in PAGES:
        page = tour.at(name)
        assert page.locator(".card, .tile").count() == page.locator(".about .sql").count() > 0


def test_the_sql_of_a_number_can_be_copied(tab: Visit, site: Site) -> None:
    page = tab.open(f"handoffs{DAYS}")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    about = page.locator("#tile-success .about")
    about.locator("summary").click()
    expect(about).to_contain_text("smooth ÷ (smooth + failed)")
    about.get_by_role("button").click()
    expect(about.get_by_role("button")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    with connected(site.settings) as client:
        [row] = answer(site.settings, "handoff_success")
        assert client.execute(copied)[0][5] == row["n"]


def test_the_language_is_changed_and_stays(tab: Visit) -> None:
    page = tab.open("waits")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("h1")).to_have_text("等候")
    page.reload()
    expect(page.locator("h1")).to_have_text("等候")
    page.locator("#tile-waits summary").click()
    expect(page.locator("#tile-waits .about")).to_contain_text("未超标的等候 ÷ 等候")


def test_all_of_it_can_be_reached_with_the_keyboard(tab: Visit) -> None:
    page = tab.open("overview")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("To the content")
    for _ in range(4):
        page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Handoffs")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Handoffs")
    page.reload()
    tab.settle()
    reached = set()
    for _ in range(100):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.closest('td.heat, summary, .exports, .field, .tile-link')?.className")
        )
    assert {"heat", "exports", "field", "tile-link"} <= {name.split()[0] for name in reached if name}


def test_a_live_page_asks_anew_and_keeps_ones_place(tab: Visit) -> None:
    page = tab.open("consistency")
    summary = page.locator("#section-contradictions .about summary")
    summary.click()
    summary.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    assert before > 500
    since = page.locator("#section-contradictions .sql").inner_text()
    tab.tick(1)
    expect(page.locator("#section-contradictions .sql")).not_to_have_text(since)
    assert page.evaluate("scrollY") == before
    expect(page.locator("#section-contradictions .about")).to_have_attribute("open", "")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_a_live_page_shows_what_has_come_meanwhile(tab: Visit, site: Site) -> None:
    page = tab.open("overview?span=365d&care=other")
    expect(page.locator("#tile-journeys .value")).to_have_text("0")
    journey = next(it for it in site.played.bank.journeys if it.status == "completed")
    later = msgspec.structs.replace(journey, journey_id=str(uuid4()), care=("other",), customer_id="C-late")
    row = site.played.bank.touchpoints[0]
    told = msgspec.structs.replace(
        row, customer_id="C-late", touchpoint=msgspec.structs.replace(row.touchpoint, care=("other",))
    )
    writer = Writer(site.settings)
    writer.write("touchpoints", [entry(told)])
    writer.write("journeys", [entry(later)])
    tab.tick(1)
    expect(page.locator("#tile-journeys .value")).to_have_text("1")
    expect(page.locator("#section-journeys_trend .js-plotly-plot")).to_be_visible()
    gone = msgspec.structs.replace(later, version=2, is_deleted=1)
    writer.write("journeys", [entry(gone)])
    writer.write("touchpoints", [entry(msgspec.structs.replace(told, version=told.version + 1, is_deleted=1))])
