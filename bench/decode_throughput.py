"""Touchpoints decoded per second of CPU on one core, fully validated: `python -m bench.decode_throughput`.

CPU time and the best of the rounds, so that a busy machine tells nearly the same as an idle one.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence

from bench.report import Report, add_json_option
from schemas.decode import Decoder, Refusal
from schemas.topics import BUILT_IN_CHANNELS

ROUNDS = 7
RECORDS = 20_000
RECEIVED_AT = 1_775_000_000_000


def payload(number: int) -> bytes:
    """A typical touchpoint of the mobile app, about 330 bytes."""
    touchpoint = {
        "schema_version": 1,
        "event_id": f"8d3a0e7c-5a52-{number:08}",
        "channel": "mobile_app",
        "occurred_at": f"2026-03-02T09:{number % 60:02}:00.000+08:00",
        "identities": {"customer_no": f"C{number:09}"},
        "session_id": f"s-{number:09}",
        "touchpoint": "card.replacement.form",
        "stage": "apply",
        "intent": "card_replacement",
        "details": {"app_version": "8.1.0", "os": "harmonyos"},
        "answers": {"fee": "10 CNY"},
    }
    return json.dumps(touchpoint, separators=(",", ":")).encode()


def best_rate(decoder: Decoder, payloads: Sequence[bytes], channel: str) -> float:
    seconds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for record in payloads:
            decoder.decode(record, channel, RECEIVED_AT)
        seconds.append(time.process_time() - start)
    return len(payloads) / min(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_json_option(parser)
    options = parser.parse_args()
    decoder = Decoder(BUILT_IN_CHANNELS)
    payloads = [payload(number) for number in range(RECORDS)]
    if any(isinstance(decoder.decode(record, "mobile_app", RECEIVED_AT), Refusal) for record in payloads):
        raise SystemExit("the benchmark's touchpoints break the contract: correct them")
    refused = [record[:-1] for record in payloads]
    print(f"bytes per touchpoint  {sum(map(len, payloads)) / RECORDS:10,.0f}")
    found = Report("decode_throughput", vars(options))
    for what, records, channel in (
        ("accepted", payloads, "mobile_app"),
        ("wrong channel", payloads, "atm"),
        ("cut off", refused, "mobile_app"),
    ):
        rate = best_rate(decoder, records, channel)
        found.add(what=what, touchpoints_per_processor_s=rate, processor_s_per_million=1e6 / rate)
        print(f"{f'{what} per CPU s':<22}{rate:10,.0f}")
    found.write(options.json)


if __name__ == "__main__":
    main()
