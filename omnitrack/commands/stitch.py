"""`omnitrack stitch`: the specification's pure function on files, without Kafka."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any

import msgspec
import typer

from omnitrack.commands.options import Catalogue as CatalogueFile
from omnitrack.commands.telling import OTHERWISE, complaining
from omnitrack.commands.times import parse_time
from omnitrack.settings import resolve_endpoints
from schemas.catalogue import Catalogue, CatalogueError, load_catalogue
from schemas.decode import decoder_for, encode_touchpoint
from schemas.refusal import Refusal
from schemas.touchpoint import Touchpoint
from schemas.wording import contradicted
from sources.importers.formats import Format, importer
from sources.importers.inputs import InputError, check_paths, open_input
from sources.importers.outcomes import Imported, Place, Refused
from streams.identity.resolve import resolve_all
from streams.journey import Stitched, stitch
from streams.now import now_ms

_JOURNEY = (
    *("customer_id", "journey_id", "intent", "case_id", "status", "started_at", "last_at", "ended_at", "channels"),
    *("touchpoints", "visits", "contacts", "handoffs", "failed_handoffs", "reopened", "reasks"),
    *("wait_seconds", "handle_seconds", "csat", "nps", "ces"),
)
_HANDOFF = (
    *("customer_id", "handoff_id", "journey_id", "intent", "from_channel", "to_channel", "referred_to"),
    *("left_at", "arrived_at", "result", "failures"),
)
_PROMISE = ("customer_id", "promise_id", "journey_id", "channel", "made_at", "due_at", "kept_at", "status")


def stitch_command(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Files, plain or gzip; - is standard input.")],
    now: Annotated[
        str | None, typer.Option(metavar="TIME", help="The clock W: RFC 3339 with an offset; else now.")
    ] = None,
    catalogue: CatalogueFile = None,
    form: Annotated[Format, typer.Option("--format", help="What the files hold.")] = Format.TOUCHPOINTS,
) -> None:
    """Print the journeys, handoffs, promises and assignment of all touchpoints of the files, as one JSON object.

    Times are integer milliseconds (UTC). Of touchpoints with the same customer, channel and event_id the first stays;
    one of other content is refused.

    Exit code 0: all touchpoints were used; 1: some were refused, each told on standard error; 2: nothing could be done.
    """
    refusals: list[str] = []
    with complaining("stitch", CatalogueError, InputError, ValueError):
        check_paths(files)
        clock = _clock(now)
        rules = load_catalogue(resolve_endpoints().catalogue(catalogue))
        read = list(_read(files, form, rules, clock, refusals))
    resolved = list(resolve_all(touchpoint for _, touchpoint in read))
    refusals += _conflicts([place for place, _ in read], resolved)
    for refusal in refusals:
        typer.echo(refusal, err=True)
    typer.echo(msgspec.json.format(msgspec.json.encode(_shown(stitch(resolved, rules, clock))), indent=1))
    raise typer.Exit(OTHERWISE if refusals else 0)


def _clock(now: str | None) -> int:
    if now is None:
        return now_ms()
    return parse_time(now, "--now")


def _read(
    files: Iterable[str], form: Format, rules: Catalogue, clock: int, refusals: list[str]
) -> Iterator[tuple[Place, Touchpoint]]:
    """Each touchpoint with its place, for what has to be said of it later."""
    decoder = decoder_for(rules.channels)
    for file in files:
        with open_input(file) as source:
            for outcome in importer(form)(source.lines, source.name):
                if isinstance(outcome, Refused):
                    refusals.append(f"{outcome.place}: {outcome.error}")
                if not isinstance(outcome, Imported):
                    continue
                given = outcome.payload
                payload = given if isinstance(given, bytes) else encode_touchpoint(given)
                judged = payload if isinstance(payload, Refusal) else decoder.check(payload, clock)
                if isinstance(judged, Refusal):
                    refusals.extend(f"{outcome.place}: {judged.reason}: {error}" for error in judged.errors)
                else:
                    yield outcome.place, judged


def _conflicts(places: Iterable[Place], resolved: Iterable[tuple[str, Touchpoint]]) -> Iterator[str]:
    """What `stitch` passes over without a word: it is no duplicate."""
    first: dict[tuple[str, str, str], Touchpoint] = {}
    for place, (customer_id, touchpoint) in zip(places, resolved, strict=True):
        known = first.setdefault((customer_id, touchpoint.channel, touchpoint.event_id), touchpoint)
        if known != touchpoint:
            yield f"{place}: conflict: {contradicted(touchpoint)}"


def _shown(stitched: Stitched) -> dict[str, list[dict[str, Any]]]:
    """The rows with the fields that the worked cases name; contradictions by their keys."""
    journeys = [_fields(row, _JOURNEY) for row in stitched.journeys]
    handoffs = [_fields(row, _HANDOFF) | {"contradictions": list(row.contradictions)} for row in stitched.handoffs]
    promises = [_fields(row, _PROMISE) for row in stitched.promises]
    return {
        "journeys": journeys,
        "handoffs": handoffs,
        "promises": promises,
        "assignment": [msgspec.to_builtins(each) for each in stitched.assignment],
    }


def _fields(row: msgspec.Struct, shown: Sequence[str]) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(row)
    return {name: fields[name] for name in shown}
