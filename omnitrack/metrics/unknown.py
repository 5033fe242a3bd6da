"""Values of filters that nothing bears: a mistyped one beside a right one would be left out without a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from clickhouse_driver import Client

from schemas.details import DETAILS_BY_CHANNEL
from sinks.clickhouse.metrics import Question

_KNOWN = {
    # The intent of a wait is that of its touchpoint, which need not be its journey's.
    "intent": "SELECT intent FROM journeys UNION DISTINCT SELECT intent FROM waits WHERE isNotNull(intent)"
    " UNION DISTINCT SELECT intent FROM catalogue FINAL WHERE intent != ''",
    "channel": "SELECT channel FROM touchpoints UNION DISTINCT SELECT arrayJoin(channels) FROM journeys",
}
_ALWAYS_KNOWN: Mapping[str, frozenset[str]] = {
    "intent": frozenset({"unknown"}),
    "channel": frozenset(DETAILS_BY_CHANNEL),
}


def unknown_values(client: Client, question: Question) -> Iterator[str]:
    """What to say of each intent and channel asked for that neither the catalogue nor any row has."""
    for name, wanted in (("intent", question.intents), ("channel", question.channels)):
        strange = [value for value in dict.fromkeys(wanted) if value not in _ALWAYS_KNOWN[name]]
        if not strange:
            continue
        known = _ALWAYS_KNOWN[name] | {value for (value,) in client.execute(_KNOWN[name])}
        for value in strange:
            if value not in known:
                yield f"--{name}: nothing has {name} {value!r}, so it adds nothing{_hint(value, known)}"


def _hint(value: str, known: frozenset[str]) -> str:
    near = get_close_matches(value, sorted(known), n=3)
    return f": did you mean {' or '.join(near)}?" if near else ""
