"""`python -m omnitrack.embedded.clickhouse --data-dir D --port P`: runs until SIGTERM or SIGINT.

Exits with 0 then, with 2 where the arguments are wrong, with 1 where the port or the data directory is in use.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from threading import Event
from types import FrameType

from omnitrack.embedded.clickhouse.engine import Engine, EngineSettings, EngineUnavailable
from omnitrack.embedded.clickhouse.server import Server, listen
from omnitrack.ports import LOOPBACK


def main() -> int:
    """Serve until SIGINT or SIGTERM; the exit code is 1 for a busy port or a data directory that cannot be used."""
    arguments = _arguments()
    try:
        listener = listen(arguments.port)
    except (OSError, OverflowError) as error:
        return _refuse(
            f"cannot listen on {LOOPBACK}:{arguments.port} ({error}): stop what does, or give another --port"
        )
    try:
        engine = Engine(arguments.data_dir.absolute(), EngineSettings.of_machine())
    except EngineUnavailable as error:
        return _refuse(str(error))
    stopped = Event()
    _on_signal(stopped)
    server = Server(engine, listener)
    server.start()
    _say(f"ClickHouse {'.'.join(map(str, engine.version))} listens on {LOOPBACK}:{listener.getsockname()[1]}")
    stopped.wait()
    server.stop()
    engine.close()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m omnitrack.embedded.clickhouse", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True, help="where the data is kept; made if need be")
    parser.add_argument("--port", type=int, required=True, help="of the native protocol, on loopback; 0: any free one")
    return parser.parse_args()


def _on_signal(stopped: Event) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    # After the engine's start, which sets handlers of its own.
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _refuse(why: str) -> int:
    sys.stderr.write(f"embedded ClickHouse: {why}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
