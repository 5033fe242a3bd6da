"""All that the report says, in the explorer's languages: names and definitions are the explorer's own."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from explorer.words import Definition, Words, flatten, words_in
from omnitrack.metrics.wording import named
from sinks.clickhouse.metrics import Metric

FOLDER = Path(__file__).parent / "texts"
ARROW = " → "


@dataclass(frozen=True, slots=True)
class ReportWords:
    """The texts of one language; those of `explorer` name what rows hold."""

    explorer: Words
    own: Words

    def __call__(self, key: str, **values: object) -> str:
        """The report's text under `key` with its `{placeholders}` filled. Raises KeyError."""
        return self.own(key, **values)

    @property
    def language(self) -> str:
        """`en` or `zh`."""
        return self.own.language

    def name(self, kind: str, value: str) -> str:
        """The name of a value, such as that of a channel, within a sentence."""
        return named(value) if self.language == "en" else self.explorer.name(kind, value)

    def path(self, path: str) -> str:
        """The names of the channels of a path."""
        return ARROW.join(self.name("channel", channel) for channel in path.split(ARROW))

    def definition(self, metric: Metric) -> Definition:
        """What a metric is."""
        return self.explorer.definition(metric.view)

    def change(self, text: str) -> str:
        """A change with its unit; `text` has it in English."""
        return text.replace("pp", self("points"))


@cache
def report_words(language: str) -> ReportWords:
    """The words of a language of `explorer.words.LANGUAGES`. Raises KeyError for another one."""
    explorer = words_in(language)
    texts = flatten(tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8")))
    return ReportWords(explorer, Words(language, texts))
