"""The report in Chinese says all that the one in English says."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

from explorer.words import LANGUAGES
from omnitrack.report import page as page_module
from omnitrack.report.words import report_words

FOLDER = Path(page_module.__file__).parent
ENGLISH, CHINESE = report_words("en").own.texts, report_words("zh").own.texts
SAID = re.compile(r'\bwords\(\s*"([\w.]*\w)"')


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts_with_the_same_placeholders() -> None:
    assert LANGUAGES.keys() == {"en", "zh"}
    assert CHINESE.keys() == ENGLISH.keys()
    for key, text in CHINESE.items():
        assert placeholders(text) == placeholders(ENGLISH[key]), key
        assert text.strip(), key


def test_each_text_that_the_report_says_is_there_and_no_other() -> None:
    source = "\n".join(path.read_text() for path in (*FOLDER.glob("*.py"), FOLDER / "page.html"))
    said = set(SAID.findall(source))
    assert len(said) > 50
    assert said <= ENGLISH.keys()
    families = ("day.", "failure.", "span.", "tile.")
    left = {key for key in ENGLISH if not key.startswith(families) and f'"{key}"' not in source}
    assert left == set()
