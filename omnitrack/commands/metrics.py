"""`omnitrack metrics`: what the metrics say."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypedDict, get_args

import typer
from clickhouse_driver import Client
from pydantic_core import PydanticCustomError
from rich.table import Table

from omnitrack import sql_output
from omnitrack.commands.formats import RowFormat
from omnitrack.commands.options import ClickHouse, DataDir
from omnitrack.commands.telling import complaining
from omnitrack.metrics.listing import COLUMNS, list_with_numbers
from omnitrack.metrics.period import BadPeriod, Period, parse_period
from omnitrack.metrics.unknown import unknown_values
from omnitrack.settings import resolve_endpoints
from omnitrack.terminal import plain_console, say
from schemas.catalogue_values import parse_duration
from schemas.contract import Care
from sinks.clickhouse.client import connected
from sinks.clickhouse.errors import ClickHouseError
from sinks.clickhouse.metrics import (
    Metric,
    Question,
    Span,
    UnfitQuestion,
    UnknownMetric,
    ask,
    find_metric,
    list_metrics,
    question_call,
    read_span,
    read_time_zone,
)

Several = list[str] | None


def metrics_command(
    name: Annotated[
        str | None, typer.Argument(help="The metric; without it all are listed with their numbers.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="From this day, month or time on; else 30 days before the end.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Until before this day, month or time; else now.")
    ] = None,
    intent: Annotated[Several, typer.Option(help="Only of this intent; may be repeated.")] = None,
    channel: Annotated[Several, typer.Option(help="Only of this channel; may be repeated.")] = None,
    care: Annotated[Several, typer.Option(help="Only customers of this care group; may be repeated.")] = None,
    include_anonymous: Annotated[
        bool, typer.Option("--include-anonymous", help="Count customers who are not known, too.")
    ] = False,
    by: Annotated[
        str | None, typer.Option(metavar="GROUPS", help="Group by these, such as week,channel; '' for one row.")
    ] = None,
    window: Annotated[
        str | None, typer.Option(metavar="DURATION", help="How far apart repeated contacts may lie; else 7d.")
    ] = None,
    minimum: Annotated[
        int | None, typer.Option(min=1, help="How many journeys a channel needs to be compared; else 30.")
    ] = None,
    form: Annotated[RowFormat, typer.Option("--format", help="How to print it.")] = RowFormat.TABLE,
    show_sql: Annotated[bool, typer.Option("--sql", help="Print the query instead of running it.")] = False,
    clickhouse: ClickHouse = None,
    data_dir: DataDir = None,
) -> None:
    """Show a metric, or list all of them with what they mean. Days and months are those of the catalogue's time zone.

    Exit code 2: ClickHouse does not answer or refuses the query, or wrong usage, such as an unknown metric or time.
    """
    with complaining("metrics", UnknownMetric, UnfitQuestion, BadPeriod, ClickHouseError):
        metric = None if name is None else find_metric(name)
        settings = resolve_endpoints(clickhouse=clickhouse, data_dir=data_dir).clickhouse_settings
        with connected(settings) as client:
            zone = read_time_zone(client)
            period = parse_period(since, until, zone, datetime.now(UTC))
            question = Question(
                period.since,
                period.until,
                intents=tuple(intent or ()),
                channels=tuple(channel or ()),
                care=_care_groups(care or []),
                anonymous=include_anonymous,
                by=None if by is None else tuple(re.findall(r"\w+", by)),
                zone=zone,
                **_given(metric, window, minimum),
            )
            for text in unknown_values(client, question):
                say(plain_console(stderr=True), f"metrics: {text}", "yellow")
            if metric is None:
                _list(client, question, period, form)
            elif show_sql:
                typer.echo(question_call(metric, question).spelled)
            else:
                _show(client, metric, question, period, form)


def _care_groups(given: list[str]) -> tuple[str, ...]:
    known = get_args(Care)
    for group in given:
        if group not in known:
            raise UnfitQuestion(f"--care: {group!r} is no care group: there are {', '.join(known)}")
    return tuple(given)


class _Given(TypedDict, total=False):
    window: timedelta
    minimum: int


def _given(metric: Metric | None, window: str | None, minimum: int | None) -> _Given:
    """What was given of a metric's own parameters; those left out have their usual values."""
    given: _Given = {}
    if window is not None:
        given["window"] = _length(window)
    if minimum is not None:
        given["minimum"] = minimum
    for name in given:
        if metric is not None and name not in metric.parameters:
            takers = ", ".join(one.name for one in list_metrics() if name in one.parameters)
            raise UnfitQuestion(f"{metric.name} has no {name}: --{name} goes with {takers}")
    return given


def _length(text: str) -> timedelta:
    """A `window` in whole seconds, as the views count it."""
    try:
        length = timedelta(milliseconds=parse_duration(text))
    except PydanticCustomError as error:
        raise UnfitQuestion(f"--window: {text!r} {error.message()}") from error
    if length < timedelta(seconds=1):
        raise UnfitQuestion(f"--window: {text!r} must be at least 1s")
    return length


def _list(client: Client, question: Question, period: Period, form: RowFormat) -> None:
    listed = list(list_with_numbers(client, question))
    if form is RowFormat.TABLE:
        table = Table(title=str(period), title_justify="left", show_edge=False)
        numbers = ("value", "n", "undecided")
        for column in ("metric", *numbers, "meaning"):
            table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
        for one in listed:
            n = f"{one.row['n']:,}" if one.row else ""
            undecided = f"{one.undecided:,}" if one.undecided else ""
            table.add_row(one.metric.name, one.text, n, undecided, one.metric.meaning)
        console = plain_console()
        if not console.is_terminal:
            console.width = sql_output.UNLIMITED_WIDTH
        console.print(table)
    else:
        _print_rows(form, COLUMNS, [one.values for one in listed])
    if not any(one.row and one.row["n"] for one in listed):
        _explain_nothing(read_span(client), period)


def _show(client: Client, metric: Metric, question: Question, period: Period, form: RowFormat) -> None:
    answer = ask(client, metric, question)
    names = [name for name, _ in answer.columns]
    if form is RowFormat.TABLE:
        typer.echo(f"{metric.title}: {metric.meaning}\n{period}; {metric.unit} Formula: {metric.formula}\n")
        sql_output.print_table(plain_console(), names, [[_short(value) for value in row] for row in answer.rows])
    else:
        _print_rows(form, names, answer.rows)
    if not any(row["n"] for row in answer.dicts):
        _explain_nothing(read_span(client), period)


def _print_rows(form: RowFormat, names: sql_output.Row, rows: object) -> None:
    for line in sql_output.render(sql_output.Format(form.value), names, rows):  # type: ignore[arg-type]
        typer.echo(line)


def _short(value: object) -> object:
    """Numbers of a table need no more than four digits after the point."""
    return f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else value


def _explain_nothing(span: Span | None, period: Period) -> None:
    """Why there may be nothing to see, on standard error: standard output stays the answer."""
    if span is None:
        hint = "the database holds no journeys yet: publish touchpoints, or try `omnitrack simulate`"
    else:
        hint = (
            f"nothing was observed {period} with these filters: there are journeys from {span.since:%Y-%m-%d} to "
            f"{span.until:%Y-%m-%d}, of intents {', '.join(span.intents)}, on channels {', '.join(span.channels)}"
        )
    say(plain_console(stderr=True), f"metrics: {hint}", "yellow")
