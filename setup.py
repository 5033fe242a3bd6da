"""Metadata that is made: the text for a package index, where files of the repository are not to be seen."""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import setup

PICTURE = re.compile(r"!\[[^\]]*\]\([^)]+\)\n+")
NOT_OF_THE_WEB = re.compile(r"\[([^\]]+)\]\((?!https?://)[^)]+\)")

readme = PICTURE.sub("", Path(__file__).with_name("README.md").read_text(encoding="utf-8"))
setup(long_description=NOT_OF_THE_WEB.sub(r"\1", readme), long_description_content_type="text/markdown")
