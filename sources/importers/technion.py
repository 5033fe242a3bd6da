"""Importer of the Technion call log: calls to an Israeli bank's centre in 1999, as tab-separated values.

A call is up to three touchpoints: entry into the voice response unit, waiting in the queue, and service by an agent or
abandonment. docs/decisions/0010-importers.md has our reading of the log, its dirt included.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sources.importers.inputs import Line
from sources.importers.outcomes import Imported, NoTouchpoint, Outcome, Place, Refused, Used, Verdict
from sources.importers.technion_lines import COLUMNS, INTENTS, NO_SERVER, CallLine, parse_call

_UNKNOWN_CUSTOMERS = ("0", None)
_CLOCKS_DIFFER = timedelta(seconds=2)
"""The queue's clock and the agents' agree to this much."""


def read_technion(lines: Iterable[Line], file: str, agent_key: bytes | None = None) -> Iterator[Outcome]:
    """The verdicts on all lines, then the touchpoints in order of time; the log is held in memory.

    Agents are pseudonyms, HMACs under `agent_key`. Without one the key is the log's own digest: the same log gives
    the same pseudonyms, and who has only the touchpoints cannot try names.
    """
    calls: list[CallLine] = []
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.content)
        read = _read_line(line, file)
        if isinstance(read, CallLine):
            calls.append(read)
        else:
            yield read
    key = digest.digest() if agent_key is None else agent_key
    parts: list[_Part] = []
    for call in calls:
        of_call, repairs = _parts(call, key)
        yield Used(call.place, repairs)
        parts += of_call
    parts.sort(key=lambda part: (part.at, part.place))
    yield from (Imported(part.place, part.fields) for part in parts)


def _read_line(line: Line, file: str) -> CallLine | Verdict:
    place = Place(file, line.number)
    try:
        text = line.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Refused(place, "not_text", f"line: {error}", line.content)
    if not text.strip():
        return NoTouchpoint(place, "blank line")
    if text.split("\t") == COLUMNS:
        return NoTouchpoint(place, "header")
    call = parse_call(place, text)
    if isinstance(call, str):
        return Refused(place, "format", call, line.content)
    wrong = _impossible(call)
    if wrong is not None:
        return Refused(place, "impossible", wrong, line.content)
    return NoTouchpoint(place, "phantom call") if call.outcome == "PHANTOM" else call


def _impossible(call: CallLine) -> str | None:
    for name, span in (("q_time", call.queue), ("ser_time", call.service)):
        if span is not None and span.seconds < 0:
            return f"{name}: ends {-span.seconds} s before it begins"
    return None


@dataclass(frozen=True, slots=True)
class _Part:
    at: datetime
    place: Place
    fields: dict[str, object]


def _parts(call: CallLine, agent_key: bytes) -> tuple[list[_Part], tuple[str, ...]]:
    """The touchpoints of a call in their order, and what was repaired in them."""
    repairs = []
    if call.customer_id is None:
        repairs.append("customer number rounded by a spreadsheet, others may share it: taken as unknown")
    entered = min(call.vru.start, call.vru.end)
    if call.vru.seconds < 0:
        repairs.append("entry after the exit of the voice response: taken at the exit")
    parts = [_part(call, entered, "1-entry", "call.entered", "enter", {})]
    connected = call.vru.end
    if call.queue is not None:
        parts.append(_part(call, max(entered, call.queue.start), "2-wait", "call.queued", "wait", {}))
        connected = call.queue.end
    if call.outcome == "HANG":
        if call.service is not None:
            repairs.append("service times of a call that was hung up: left out")
        parts.append(_abandonment(call, connected))
    else:
        served, mended = _service(call, connected, agent_key)
        parts.append(served)
        repairs += mended
    return parts, tuple(repairs)


def _abandonment(call: CallLine, at: datetime) -> _Part:
    fields: dict[str, object] = {"outcome": "abandoned"}
    if call.queue is not None:
        fields["wait_seconds"] = call.queue.seconds
    return _part(call, at, "3-leave", "call.abandoned", "leave", fields)


def _service(call: CallLine, connected: datetime, agent_key: bytes) -> tuple[_Part, list[str]]:
    """Service cannot begin before the queue is left; only a named agent who took time settles the matter."""
    repairs = []
    fields: dict[str, object] = {"wait_seconds": 0 if call.queue is None else call.queue.seconds}
    at = connected
    if call.service is None:
        repairs.append("agent without service times: handling unknown")
    else:
        at = max(connected, call.service.start)
        fields["handle_seconds"] = call.service.seconds
        if connected - call.service.start > _CLOCKS_DIFFER:
            repairs.append("service before the end of waiting: taken at the end of waiting")
    agent: dict[str, object] = {}
    if call.server == NO_SERVER:
        repairs.append("agent without a name: not taken for settled")
    else:
        agent["agent_id"] = "agent-" + hmac.digest(agent_key, call.server.encode(), "sha256").hex()[:12]
        if call.service is not None and call.service.seconds > 0:
            fields["outcome"] = "succeeded"
    return _part(call, at, "3-serve", "call.served", "serve", fields, agent), repairs


def _part(
    call: CallLine,
    at: datetime,
    name: str,
    touchpoint: str,
    stage: str,
    fields: dict[str, object],
    details: dict[str, object] | None = None,
) -> _Part:
    # Names begin with a number, for touchpoints of one second are ordered by event_id.
    known = call.customer_id not in _UNKNOWN_CUSTOMERS
    common: dict[str, object] = {
        "schema_version": 1,
        "event_id": f"{call.key}-{name}",
        "channel": "hotline",
        "occurred_at": at.isoformat(),
        "identities": {"customer_no": call.customer_id} if known else {},
        "session_id": call.key,
        "touchpoint": touchpoint,
        "stage": stage,
        "intent": INTENTS[call.type],
        "details": {"call_id": call.key, "ivr_path": [call.type]} | (details or {}),
    }
    return _Part(at, call.place, common | fields)
