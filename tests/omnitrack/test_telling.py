"""What a command says when it cannot go on, and what ends one that runs."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
import typer

from omnitrack.commands.telling import FAILED, complain, complaining, ending_with


@pytest.fixture
def ignored_hangup() -> Iterator[None]:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_each_signal_asks_for_the_end_while_the_command_runs_and_not_after(number: signal.Signals) -> None:
    before, asked = signal.getsignal(number), []
    with ending_with(lambda: asked.append(number)):
        signal.raise_signal(number)
        signal.raise_signal(number)
    assert asked == [number, number]
    assert signal.getsignal(number) is before


@pytest.mark.usefixtures("ignored_hangup")
def test_what_runs_under_nohup_outlives_its_terminal() -> None:
    asked: list[str] = []
    with ending_with(lambda: asked.append("end")):
        signal.raise_signal(signal.SIGHUP)
    assert not asked


def test_a_complaint_is_one_line_on_standard_error_whatever_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    what = f"topic [red]touchpoints[/] partition atm:100:5 {'is behind ' * 40}and waits"
    complain("drain", what)
    said = capsys.readouterr()
    assert not said.out
    assert said.err.splitlines() == [f"drain: {what}"]


def test_a_complaint_of_a_file_names_it_first_and_one_without_words_its_kind(
    capsys: pytest.CaptureFixture[str],
) -> None:
    complain("report", FileNotFoundError(2, "No such file or directory", "nowhere/r.html"))
    complain("copy", TimeoutError())
    assert capsys.readouterr().err == "report: nowhere/r.html: No such file or directory\ncopy: TimeoutError\n"


def test_what_could_not_be_done_ends_with_2_and_a_defect_stays_a_defect(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, complaining("sql", LookupError):
        raise KeyError("no such table")
    assert ended.value.exit_code == FAILED == 2
    assert capsys.readouterr().err == "sql: 'no such table'\n"
    with pytest.raises(ZeroDivisionError), complaining("sql", LookupError):
        raise ZeroDivisionError
