"""Both languages say everything, and say it of the same things."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

import explorer
from explorer.queries import view_named
from explorer.words import FOLDER, LANGUAGES, flatten, words_in
from schemas.rows import FAILURES, AlertStatus, DeadReason, HandoffResult, JourneyStatus, PromiseStatus, Severity
from schemas.topics import BUILT_IN_CHANNELS
from sinks.clickhouse.views import load_views

SOURCES = sorted(Path(explorer.__file__).parent.rglob("*.py"))
ENGLISH, CHINESE = words_in("en", "Asia/Shanghai"), words_in("zh", "Asia/Shanghai")
LITERAL = re.compile(r'\bwords\(\s*"([\w.]+)"')


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts_with_the_same_placeholders() -> None:
    chinese = {key: text for key, text in CHINESE.texts.items() if not key.startswith("view.")}
    assert chinese.keys() == ENGLISH.texts.keys()
    for key, text in chinese.items():
        assert placeholders(text) == placeholders(ENGLISH.texts[key]), key
        assert text.strip(), key


def test_each_text_that_a_page_says_is_there() -> None:
    said = {key for source in SOURCES for key in LITERAL.findall(source.read_text())}
    assert len(said) > 100
    assert said <= ENGLISH.texts.keys()


def test_each_value_that_rows_may_have_has_a_name() -> None:
    kinds = {
        "status": JourneyStatus,
        "result": HandoffResult,
        "promise": PromiseStatus,
        "alert": AlertStatus,
        "severity": Severity,
        "reason": DeadReason,
    }
    for kind, values in {**kinds, "meaning": DeadReason}.items():
        assert {f"{kind}.{value}" for value in get_args(values)} <= ENGLISH.texts.keys()
    assert {f"outcome.{failure}" for failure in FAILURES} <= ENGLISH.texts.keys()
    assert {f"channel.{channel}" for channel in BUILT_IN_CHANNELS} <= ENGLISH.texts.keys()


def test_no_text_is_left_that_nothing_says() -> None:
    source = "\n".join(path.read_text() for path in SOURCES)
    quoted = set(re.findall(r"""["']([\w.]+)["']""", source))
    # Of these only the beginning stands in the source: words(f"card.{page}.{name}"), words.name("channel", value).
    kinds = set(re.findall(r'f"(\w+)\.', source)) | {key for key in quoted if "." not in key}
    assert [key for key in ENGLISH.texts if key not in quoted and key.partition(".")[0] not in kinds] == []


@pytest.mark.parametrize(
    "view",
    [
        it.name
        for it in load_views("omnitrack")
        if it.name.startswith(("metric_", "explorer_")) and it.name != "explorer_facts"
    ],
)
def test_each_view_is_defined_in_both_languages(view: str) -> None:
    english, chinese = ENGLISH.definition(view), CHINESE.definition(view)
    assert english.title
    assert english.meaning
    for name in ("title", "meaning", "formula", "unit", "counted", "source"):
        assert bool(getattr(english, name)) == bool(getattr(chinese, name)), name


def test_no_view_is_defined_that_is_not_there() -> None:
    for key in CHINESE.texts:
        if key.startswith("view."):
            assert view_named(key.split(".")[1]).statement


def test_a_language_is_a_folder_of_texts() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(LANGUAGES)
    with pytest.raises(KeyError):
        words_in("xx")


def test_values_are_written_as_people_read_them() -> None:
    at = datetime(2026, 11, 25, 16, 5, tzinfo=UTC)
    assert ENGLISH.time(at).split() == ["2026-11-26", "00:05"]
    assert ENGLISH.share(0.8316).split() == ["83.2", "%"]
    assert ENGLISH.interval(0.801, 0.86).split() == ["80.1–86.0", "%"]
    assert ENGLISH.count(1_234_567) == "1,234,567"
    assert [ENGLISH.share(None), ENGLISH.time(None), ENGLISH.count(None), ENGLISH.duration(None)] == ["–"] * 4
    assert ENGLISH.name("channel", "video_teller") == "video teller"
    assert CHINESE.name("channel", "branch") == "网点"


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "0 s", "0 秒"),
        (59.6, "1 min", "1 分"),
        (200, "3 min 20 s", "3 分 20 秒"),
        (3_600, "1 h", "1 小时"),
        (90_000, "1 d 1 h", "1 天 1 小时"),
        (86_405, "1 d", "1 天"),
        (-75, "-1 min 15 s", "-1 分 15 秒"),
    ],
)
def test_spans_are_told_in_their_two_greatest_units(seconds: float, english: str, chinese: str) -> None:
    assert ENGLISH.duration(seconds) == english
    assert CHINESE.duration(seconds) == chinese


def test_texts_are_flattened_by_their_tables() -> None:
    assert flatten({"a": {"b": "text"}, "c": "other"}) == {"a.b": "text", "c": "other"}
