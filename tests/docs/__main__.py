"""`make docs`: docs/asyncapi.yaml from the code; docs/data-dictionary.md and the answers in docs/analysts.md from an
embedded ClickHouse.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from omnitrack.contract.asyncapi import render
from sinks.clickhouse.client import connected
from sinks.clickhouse.settings import ClickHouseSettings
from tests.docs.dictionary import DICTIONARY, read_dictionary
from tests.docs.guide import GUIDE, answers_of, blocks_of, with_answers
from tests.omnitrack.contract.guide import ASYNCAPI
from tests.support.bank_month import BankMonth
from tests.support.clickhouse import EmbeddedClickHouse


def main() -> None:
    _write(ASYNCAPI, render())
    with tempfile.TemporaryDirectory(prefix="omnitrack-docs-") as folder:
        server = EmbeddedClickHouse.start(Path(folder))
        try:
            settings = ClickHouseSettings.of(server.url)
            bank = BankMonth(settings)
            with connected(settings) as client:
                _write(DICTIONARY, read_dictionary(client))
                guide = GUIDE.read_text()
                _write(GUIDE, with_answers(guide, list(answers_of(blocks_of(guide), bank, client))))
        finally:
            server.child.terminate()


def _write(path: Path, text: str) -> None:
    is_new = not path.exists() or path.read_text() != text
    path.write_text(text)
    print(f"{path.name}: {'renewed' if is_new else 'as it was'}")


if __name__ == "__main__":
    main()
