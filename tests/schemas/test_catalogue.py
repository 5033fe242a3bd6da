"""The catalogue says what a deployment's intents are allowed, and every mistake in it by line and field."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import Catalogue, CatalogueError, IntentRules, load_catalogue, parse_catalogue
from schemas.catalogue_check import check_catalogue
from schemas.catalogue_file import CatalogueFile
from tests.schemas.mistakes import mistakes

ROOT = Path(__file__).parents[2]
HOUR = 3_600_000
DAY = 24 * HOUR


class TestWithoutAFile:
    def test_everything_has_the_default_of_the_specification(self) -> None:
        catalogue = load_catalogue(None)
        assert catalogue.inactivity("anything") == 72 * HOUR
        assert catalogue.handoff_window("anything") == 72 * HOUR
        assert catalogue.wait_standard("anything", "branch") == 600.0
        assert catalogue.contact_gap == 4 * HOUR
        assert catalogue.horizon == 45 * DAY
        assert catalogue.volatile_answers == {"status"}
        assert catalogue.channels == ("mobile_app", "online_banking", "wechat", "atm", "hotline", "branch")
        assert not catalogue.requires_branch("anything")
        assert catalogue.required_fields("anything") == ()
        assert catalogue.intents == ()

    @pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "{}"])
    def test_an_empty_file_is_the_same_as_none(self, text: str) -> None:
        assert parse_catalogue(text) == Catalogue()


class TestTheExample:
    @pytest.fixture
    def example(self) -> Catalogue:
        return load_catalogue(ROOT / "deploy" / "catalogue.yaml")

    def test_it_loads_with_the_intents_of_a_bank(self, example: Catalogue) -> None:
        expected = {"card_replacement", "loan_application", "transfer", "complaint", "account_opening", "limit_change"}
        assert expected <= set(example.intents)

    def test_an_intents_own_values_win_over_the_defaults(self, example: Catalogue) -> None:
        assert example.inactivity("loan_application") == 10 * DAY
        assert example.handoff_window("dormant_account_activation") == 72 * HOUR
        assert example.requires_branch("account_opening")
        assert example.required_fields("card_replacement") == ("id_number", "address")

    def test_a_wait_standard_by_channel_leaves_the_default_to_the_others(self, example: Catalogue) -> None:
        assert example.wait_standard("card_replacement", "branch") == 900.0
        assert example.wait_standard("card_replacement", "hotline") == 60.0
        assert example.wait_standard("card_replacement", "atm") == 600.0

    def test_its_calendar_is_kept_from_monday_to_sunday(self, example: Catalogue) -> None:
        calendar = example.calendar
        assert calendar is not None
        assert calendar.time_zone == "Asia/Shanghai"
        assert calendar.hours[0] == ((9 * 60, 17 * 60),)
        assert calendar.hours[6] == ()
        assert date(2026, 10, 1) in calendar.holidays


class TestValues:
    def test_one_wait_standard_holds_for_every_channel(self) -> None:
        catalogue = parse_catalogue("intents: {transfer: {wait_standard: 90}}")
        assert catalogue.wait_standard("transfer", "branch") == 90.0
        assert catalogue.wait_standard("transfer", "atm") == 90.0

    def test_changed_defaults_reach_known_and_unknown_intents(self) -> None:
        catalogue = parse_catalogue("defaults: {inactivity: 1d, wait_standard: 30}\nintents: {transfer: {}}")
        assert catalogue.inactivity("transfer") == catalogue.inactivity("unheard_of") == DAY
        assert catalogue.wait_standard("transfer", "atm") == 30.0

    def test_added_channels_follow_the_built_in_ones(self) -> None:
        assert parse_catalogue("channels: [mail]").channels[-1] == "mail"

    def test_an_unlimited_horizon_is_none(self) -> None:
        assert parse_catalogue("horizon: unlimited").horizon is None

    @given(st.integers(0, 400), st.sampled_from([("s", 1_000), ("m", 60_000), ("h", HOUR), ("d", DAY)]))
    def test_durations_are_milliseconds(self, number: int, unit: tuple[str, int]) -> None:
        catalogue = parse_catalogue(f"horizon: unlimited\ndefaults: {{inactivity: {number}{unit[0]}}}")
        assert catalogue.default == IntentRules(inactivity=number * unit[1])

    def test_the_horizon_may_be_exactly_the_longest_inactivity_and_seven_days(self) -> None:
        assert parse_catalogue("horizon: 10d\ndefaults: {inactivity: 3d}").horizon == 10 * DAY


class TestTheFingerprint:
    @pytest.mark.parametrize(
        "text",
        [
            "calendar: {time_zone: Asia/Shanghai, hours: {mon: 09:00-17:00}, holidays: [2026-10-01]}",
            "retention: {alerts: 365d}",
        ],
    )
    def test_is_the_same_where_journeys_are(self, text: str) -> None:
        assert parse_catalogue(text).fingerprint == Catalogue().fingerprint

    @pytest.mark.parametrize("text", ["horizon: 60d", "defaults: {contact_gap: 1h}", "volatile_answers: []"])
    def test_is_another_where_journeys_may_be(self, text: str) -> None:
        assert parse_catalogue(text).fingerprint != Catalogue().fingerprint


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "mistake"),
        [
            ("horizon: 45", "bank.yaml:1: horizon: must be a duration <number><s|m|h|d>"),
            ("horizon: 99999999d", "bank.yaml:1: horizon: must be at most 36500d"),
            ("\ndefaults: {contact_gap: 4 hours}", "bank.yaml:2: defaults.contact_gap: must be a duration"),
            ("defaults: {wait_standard: -1}", "bank.yaml:1: defaults.wait_standard: must be greater than"),
            ("defaults: {wait_standard: .nan}", "bank.yaml:1: defaults.wait_standard: must be a finite number"),
            ("defaults: {wait_standard: '9'}", "bank.yaml:1: defaults.wait_standard: must be a valid number"),
            ("intents: {Transfer: {}}", "bank.yaml:1: intents.Transfer: must be a slug"),
            ("intents:\n  transfer: 3", "bank.yaml:2: intents.transfer: must be a mapping"),
            ("intents:\n  transfer:\n    requires_branch: yes", "bank.yaml:3: intents.transfer.requires_branch: must"),
            ("channels: [mail, branch]", "bank.yaml:1: channels.1: is built in"),
            ("channels: [mail, mail]", "bank.yaml:1: channels.1: mail is listed twice"),
            ("calendar: {hours: {}}", "bank.yaml:1: calendar.time_zone: is missing"),
            ("calendar: {time_zone: Mars/Base, hours: {}}", "bank.yaml:1: calendar.time_zone: must be a zone"),
            ("calendar: {time_zone: UTC, hours: {mon: 17:00-09:00}}", "bank.yaml:1: calendar.hours.mon: must close"),
            (
                "calendar: {time_zone: UTC, hours: {mon: [09:00-12:00, 12:00-17:00]}}",
                "bank.yaml:1: calendar.hours.mon: must open again after it has closed",
            ),
            (
                "calendar: {time_zone: UTC, hours: {mon: [13:00-17:00, 09:00-12:00]}}",
                "bank.yaml:1: calendar.hours.mon: must open again after it has closed",
            ),
            (
                "calendar: {time_zone: UTC, hours: {mon: [09:00-12:00, late]}}",
                "bank.yaml:1: calendar.hours.mon: must be op",
            ),
            ("calendar: {time_zone: UTC, hours: {mon: late}}", "bank.yaml:1: calendar.hours.mon: must be opening"),
            ("calendar: {time_zone: UTC, hours: {}, holidays: [2026-02-30]}", "bank.yaml:1: calendar.holidays.0: must"),
            ("- transfer", "bank.yaml:1: must be a mapping of sections"),
        ],
    )
    def test_each_is_told_with_file_line_and_field(self, text: str, mistake: str) -> None:
        assert mistakes(text)[0].startswith(mistake)

    @pytest.mark.parametrize(
        ("text", "mistake"),
        [
            ("defualts: {}", "bank.yaml:1: defualts: unknown key: did you mean defaults? Known: horizon,"),
            ("defaults:\n  inactvity: 1h", "bank.yaml:2: defaults.inactvity: unknown key: did you mean inactivity?"),
            ("intents:\n  x:\n    contact_gap: 1h", "bank.yaml:3: intents.x.contact_gap: unknown key: Known:"),
            ("intents: {x: {wait_standard: {hotlin: 3}}}", "bank.yaml:1: intents.x.wait_standard.hotlin: unknown ch"),
            ("calendar: {time_zone: UTC, hours: {mo: late}}", "bank.yaml:1: calendar.hours.mo: unknown weekday: did y"),
        ],
    )
    def test_an_unknown_name_is_answered_with_the_nearest_known_one(self, text: str, mistake: str) -> None:
        assert mistakes(text)[0].startswith(mistake)

    def test_all_are_told_at_once_by_line(self) -> None:
        text = "horizon: soon\nchannels: [Mail]\nchannels: [mail]\nintents: {x: {inactivity: 3}}"
        assert [line.split(": ")[0] for line in mistakes(text)] == [f"bank.yaml:{line}" for line in (1, 2, 3, 4)]

    def test_a_key_given_twice_names_both_lines(self) -> None:
        assert mistakes("channels: []\nhorizon: 45d\nchannels: []") == [
            "bank.yaml:3: channels: given twice, first on line 1: keep one"
        ]

    def test_a_horizon_too_short_for_the_longest_inactivity_says_what_would_do(self) -> None:
        text = "horizon: 20d\nintents:\n  complaint:\n    inactivity: 15d"
        (mistake,) = mistakes(text)
        assert mistake.startswith("bank.yaml:1: horizon: must be at least 22d, or unlimited")
        assert "intents.complaint.inactivity" in mistake

    def test_a_long_inactivity_does_not_fit_the_default_horizon_either(self) -> None:
        assert mistakes("intents:\n  loan:\n    inactivity: 60d")[0].startswith("bank.yaml:3: horizon: must be at leas")

    @pytest.mark.parametrize(
        "text", ["a: [", "a:\n\t- b", "\x00", "[" * 1_000, "? [a, b]\n: c", "<<: {horizon: 45d}", "horizon: !!int many"]
    )
    def test_what_is_no_usable_yaml_is_a_mistake_as_well(self, text: str) -> None:
        assert mistakes(text)[0].startswith("bank.yaml:")

    def test_an_alias_is_refused_even_where_it_would_loop(self) -> None:
        assert "bank.yaml:1: horizon.a: aliases are not allowed: write the value out" in mistakes("horizon: &h {a: *h}")

    @given(st.text(max_size=60))
    def test_any_text_is_a_catalogue_or_an_error_that_names_a_line(self, text: str) -> None:
        checked = check_catalogue(text)
        assert isinstance(checked, CatalogueFile) or all(re.match(r"[0-9]+: .", mistake) for mistake in checked)
        assert checked


class TestTheFile:
    def test_a_file_that_is_absent_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(CatalogueError, match=r"none\.yaml: no such file"):
            load_catalogue(tmp_path / "none.yaml")

    def test_a_file_that_is_no_text_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "binary.yaml"
        path.write_bytes(b"\xff\xfe\xff")
        with pytest.raises(CatalogueError, match=r"binary\.yaml:1: cannot be read as UTF-8"):
            load_catalogue(path)
