"""`python -m tests.support.clickhouse_shard --data-dir D --port P`: the embedded ClickHouse, configured as a cluster.

It is the one shard of cluster `one`. It has no Keeper: neither replicas nor `ON CLUSTER`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from omnitrack.embedded.clickhouse import __main__ as embedded
from omnitrack.embedded.clickhouse.engine import EngineSettings

CONFIGURATION = """\
<clickhouse>
  <tcp_port>{port}</tcp_port>
  <remote_servers>
    <one><shard><replica><host>127.0.0.1</host><port>{port}</port></replica></shard></one>
  </remote_servers>
</clickhouse>
"""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    file = arguments.data_dir.absolute().parent / "cluster.xml"
    file.write_text(CONFIGURATION.format(port=arguments.port))
    plain = EngineSettings.as_arguments

    def configured(self: EngineSettings) -> str:
        return f"{plain(self)}&config-file={file}"

    EngineSettings.as_arguments = configured  # type: ignore[method-assign]
    return embedded.main()


if __name__ == "__main__":
    sys.exit(main())
