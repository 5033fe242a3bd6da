"""`omnitrack dead`: dead letters found, shown, repaired and replayed, or given up."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from omnitrack import sql_output
from omnitrack.commands.formats import RowFormat
from omnitrack.commands.options import Catalogue, ClickHouse, DataDir, Kafka
from omnitrack.commands.telling import OTHERWISE, complaining
from omnitrack.dead import table
from omnitrack.dead.desk import CannotHandle, open_desk, show_payload
from omnitrack.dead.handling import read_actions, read_replayed
from omnitrack.dead.reading import Filter, read_letters
from omnitrack.dead.repair import RepairError, read_repairs
from omnitrack.dead.replay import Judge, Replay
from omnitrack.sending import NotSentError
from omnitrack.terminal import plain_console
from schemas.catalogue import CatalogueError
from schemas.decode import Decoder
from sinks.clickhouse.errors import ClickHouseError
from streams.keys import PseudonymKeyError, PseudonymSettings, read_pseudonyms
from streams.now import now_ms
from streams.sealing import CannotOpen

dead_app = typer.Typer(
    help="Dead letters: records that broke the contract. Find them, repair and replay them, or give them up.",
    no_args_is_help=True,
)

Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Letters, as topic:partition:offset.")]
Reasons = Annotated[list[str] | None, typer.Option("--reason", help="Only of this reason; may be repeated.")]
Channels = Annotated[
    list[str] | None, typer.Option("--channel", metavar="NAME", help="Only of this channel or topic; may be repeated.")
]
Since = Annotated[str | None, typer.Option(metavar="TIME", help="Only those received from then on.")]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Only those received before then.")]
Apply = Annotated[bool, typer.Option("--apply", help="Do it; without this it is only shown.")]
By = Annotated[str | None, typer.Option(metavar="NAME", help="Who does it, for the record; else the account's name.")]
Form = Annotated[RowFormat, typer.Option("--format", help="How to print it.")]


@dead_app.command("list")
def list_command(
    reason: Reasons = None,
    channel: Channels = None,
    since: Since = None,
    until: Until = None,
    everything: Annotated[bool, typer.Option("--all", help="Those replayed or dropped, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 1_000,
    form: Form = RowFormat.TABLE,
    catalogue: Catalogue = None,
    clickhouse: ClickHouse = None,
    data_dir: DataDir = None,
) -> None:
    """List dead letters that nobody has handled yet.

    Exit code 2: ClickHouse could not be asked, or there is no such reason.
    """
    with _told(), open_desk(None, clickhouse, data_dir, catalogue) as desk:
        chosen = desk.filter((), reason, channel, since, until, with_handled=everything)
        letters = list(islice(read_letters(desk.client, *chosen.condition), limit + 1))
        rows = [table.row_of(letter) for letter in letters[:limit]]
        if form is RowFormat.TABLE:
            sql_output.print_table(plain_console(), table.COLUMNS, rows)
        else:
            for line in sql_output.render(sql_output.Format(form.value), table.COLUMNS, rows):
                typer.echo(line)
        if len(letters) > limit:
            _say(f"the first {limit:,}: --limit shows more, --reason, --channel, --since and --until narrow it down")


@dead_app.command("show")
def show_command(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="The letter, as topic:partition:offset.")],
    clear: Annotated[
        bool, typer.Option("--clear", help="With identities as they were received; needs the pseudonymisation key.")
    ] = False,
    clickhouse: ClickHouse = None,
    data_dir: DataDir = None,
) -> None:
    """Show a dead letter: what is wrong with which field, what was received, and what was done with it.

    Where a pseudonymisation key is set, what was received is shown to who has it, with pseudonyms for identities.

    Exit code 2: there is no such letter, ClickHouse could not be asked, or the key is not that of the letter.
    """
    with _told(), open_desk(None, clickhouse, data_dir, None) as desk:
        chosen = Filter(ids=(letter_id,), with_handled=True)
        letter = next(read_letters(desk.client, *chosen.condition), None)
        if letter is None:
            raise CannotHandle(f"there is no dead letter {letter_id}: omnitrack dead list shows them")
        payload = show_payload(letter, read_pseudonyms(PseudonymSettings()), clear=clear)
        for line in table.describe(letter, payload, read_actions(desk.client, letter_id)):
            typer.echo("\n".join(part.translate(sql_output.CONTROL_CHARACTERS) for part in line.split("\n")))


@dead_app.command("replay")
def replay_command(
    ids: Ids = None,
    repair: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Repairs (YAML): rename, cast, default, remove fields.")
    ] = None,
    reason: Reasons = None,
    channel: Channels = None,
    since: Since = None,
    until: Until = None,
    apply: Apply = False,
    by: By = None,
    examples: Annotated[int, typer.Option(min=0, help="Of those that can, and cannot, be replayed.")] = 5,
    form: Form = RowFormat.TABLE,
    catalogue: Catalogue = None,
    kafka: Kafka = None,
    clickhouse: ClickHouse = None,
    data_dir: DataDir = None,
) -> None:
    """Show what repairs make of dead letters and whether the contract takes it; with --apply send what it takes.

    A letter is replayed once. It stays the fate of its record; what is sent is a new record with a fate of its own. Who
    replayed what, and when, is kept in the table dead_letter_actions.

    Exit code 0: all can be replayed, or were; 1: some cannot, and stay dead; 2: it could not be done.
    """
    with _told(), open_desk(kafka, clickhouse, data_dir, catalogue) as desk:
        repairs = () if repair is None else read_repairs(repair)
        now = now_ms()
        chosen = desk.filter(ids, reason, channel, since, until, with_handled=bool(ids))
        pseudonyms = read_pseudonyms(PseudonymSettings())
        decoder = Decoder(desk.topics.channels)
        judge = Judge(desk.topics, repairs, pseudonyms, now, decoder, read_replayed(desk.client))
        tally = table.Tally(examples)
        with desk.operator(by or getpass.getuser()) if apply else nullcontext() as operator:
            for letters in desk.letters(chosen):
                replays = [judge.judge(letter) for letter in letters]
                if form is RowFormat.JSON:
                    _print_json(replays, first=not (tally.sendable or tally.unsendable))
                tally.add(replays)
                if operator is not None:
                    operator.replay([one for one in replays if one.value is not None], now)
        _print_tally(tally, form)
        if apply:
            _say(f"{tally.sendable:,} replayed")
        elif tally.sendable:
            _say("nothing was sent: --apply sends what can be replayed")
        if tally.unsendable:
            raise typer.Exit(OTHERWISE)


def _print_json(replays: Sequence[Replay], *, first: bool) -> None:
    """A part of an array with one object per line."""
    for number, one in enumerate(replays):
        typer.echo(("[" if first and number == 0 else ",") + table.as_json(one))


def _print_tally(tally: table.Tally, form: RowFormat) -> None:
    if form is RowFormat.JSON:
        typer.echo("]" if tally.sendable or tally.unsendable else "[]")
        return
    for line in tally.lines():
        typer.echo(line.translate(sql_output.CONTROL_CHARACTERS))


@dead_app.command("drop")
def drop_command(
    ids: Ids = None,
    because: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the record.")] = "",
    reason: Reasons = None,
    channel: Channels = None,
    since: Since = None,
    until: Until = None,
    apply: Apply = False,
    by: By = None,
    catalogue: Catalogue = None,
    kafka: Kafka = None,
    clickhouse: ClickHouse = None,
    data_dir: DataDir = None,
) -> None:
    """Give dead letters up: what they hold is forgotten, that there was a record, and why it was refused, is not.

    Exit code 2: it could not be done.
    """
    with _told(), open_desk(kafka, clickhouse, data_dir, catalogue) as desk:
        if not because.strip():
            raise CannotHandle("say why: --because 'test records of the branch system'")
        if not (ids or reason or channel or since or until):
            raise CannotHandle("say which: ids, or --reason, --channel, --since, --until")
        chosen = desk.filter(ids, reason, channel, since, until, with_handled=bool(ids))
        count = 0
        with desk.operator(by or getpass.getuser()) if apply else nullcontext() as operator:
            for found in desk.letters(chosen):
                letters = [letter for letter in found if letter.dropped_at is None]
                count += len(letters)
                if operator is not None:
                    operator.drop(letters, because.strip(), now_ms())
        _say(f"{count:,} dropped" if apply else f"{count:,} dead letters would be dropped: --apply does it")


def _told() -> AbstractContextManager[None]:
    return complaining(
        "dead",
        CannotHandle,
        CannotOpen,
        CatalogueError,
        ClickHouseError,
        NotSentError,
        PseudonymKeyError,
        RepairError,
        ValueError,
    )


def _say(text: str) -> None:
    typer.echo(f"dead: {text}", err=True)
