"""The page of one process, as Prometheus and those who start it see it."""

from __future__ import annotations

import time
from urllib.error import HTTPError
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from omnitrack.ports import LOOPBACK, free_port


class Page:
    """A page on a free port, for a process that is to be started with it."""

    def __init__(self) -> None:
        self.port = free_port()

    def get(self, path: str) -> tuple[int, str]:
        """Status and text; 0 while nothing answers."""
        try:
            with urlopen(f"http://{LOOPBACK}:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def samples(self, name: str, **labels: str) -> list[float]:
        """The values of the samples of that name and these labels, among others."""
        families = text_string_to_metric_families(self.get("/metrics")[1])
        samples = (sample for family in families for sample in family.samples if sample.name == name)
        return [sample.value for sample in samples if labels.items() <= sample.labels.items()]

    def clock(self, partitions: int) -> float:
        """Up to when W has come in all of so many partitions (UTC seconds); 0 while it is not known of each."""
        now = time.time()
        lags = self.samples("omnitrack_clock_lag_seconds")
        return now - max(lags) if len(lags) == partitions else 0.0
