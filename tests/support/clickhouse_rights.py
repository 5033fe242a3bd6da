"""The engine with users: as its own user `default`, who has the rights that a file of users gives.

The embedded server has no users. The engine below it takes them from a file when it is started on a data directory,
which no other process may have then. As a program it asks what it reads, a JSON list of statements, and tells for each
why it was refused.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from chdb.state.sqlitelike import Connection

EVERYTHING = "<access_management>1</access_management>"
CONFIGURATION = """<clickhouse>
    <user_directories><users_xml><path>{path}</path></users_xml></user_directories>
    <profiles><default/><reader><readonly>2</readonly></reader></profiles>
    <quotas><default/></quotas>
    <users>
        <default>
            <no_password/><networks><ip>::/0</ip></networks><profile>reader</profile><quota>default</quota>
            {rights}
        </default>
        <omnitrack_views>
            <no_password/><networks/><profile>default</profile><quota>default</quota>
            <grants><query>GRANT SELECT ON omnitrack.*</query></grants>
        </omnitrack_views>
    </users>
</clickhouse>
"""


def refusals(data_dir: Path, rights: str, statements: Sequence[str]) -> list[str | None]:
    """Why each statement is refused to whom `rights` (XML of a user) are given; None: it is not."""
    path = data_dir.with_name("rights.xml")
    profile = "default" if rights == EVERYTHING else "reader"
    text = CONFIGURATION.format(path=path, rights=rights).replace("<profile>reader", f"<profile>{profile}")
    path.write_text(text)
    command = [sys.executable, "-m", __name__, str(data_dir), str(path)]
    asked = subprocess.run(
        command, input=json.dumps(statements), capture_output=True, text=True, timeout=240, check=False
    )
    assert asked.returncode == 0, asked.stderr
    told: list[str | None] = json.loads(asked.stdout)
    return told


def main(data_dir: str, configuration: str) -> None:
    connection = Connection(f"{data_dir}?config-file={configuration}")
    connection.query("USE omnitrack", "Null")
    told: list[str | None] = []
    for statement in json.load(sys.stdin):
        try:
            connection.query(statement, "Null")
        except RuntimeError as error:
            told.append(str(error))
        else:
            told.append(None)
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
