"""Where a deployment's topics are, as every setting says it: the brokers to begin with, and the prefix of the names."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

DEFAULT_SERVERS = "127.0.0.1:9092"


def servers_of(kafka: str) -> list[str]:
    """The servers of `host:port,…`, each as `host:port`; blanks around the commas do not count."""
    return [server.strip() for server in kafka.split(",")]


def _checked(kafka: str) -> str:
    for server in servers_of(kafka):
        host, colon, port = server.rpartition(":")
        if not (host and colon and port.isdigit() and 0 < int(port) < 65_536):
            raise ValueError(f"{server!r} is not host:port")
    return kafka


Servers = Annotated[str, AfterValidator(_checked)]
"""Bootstrap servers, `host:port`, separated by commas."""

TopicPrefix = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,100}$")]
