"""The explorer's file of users: kept by a command, readable by its owner only, and without a password in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from explorer.access.accounts import Accounts, AccountsError
from omnitrack.cli import app

PASSWORD = "numbers are enough"  # noqa: S105 -- made up here


def users(file: Path, *arguments: str, typed: str = f"{PASSWORD}\n") -> Result:
    return CliRunner().invoke(app, ["explorer-user", *arguments, "--file", str(file)], input=typed)


def test_a_user_is_added_changed_listed_and_removed(tmp_path: Path) -> None:
    file = tmp_path / "access" / "users"
    assert users(file, "add", "ana").stdout == f"ana may log in as analyst: {file}\n"
    assert users(file, "add", "otto", "--role", "operator").exit_code == 0
    assert Accounts(file).verify("ana", PASSWORD) is not None
    assert users(file, "add", "ana", "--role", "operator", typed="another password\n").exit_code == 0
    assert Accounts(file).verify("ana", PASSWORD) is None
    assert users(file, "list").stdout == "ana\toperator\notto\toperator\n"
    assert users(file, "remove", "ana").exit_code == 0
    assert users(file, "list").stdout == "otto\toperator\n"


def test_the_file_is_its_owners_and_holds_no_password(tmp_path: Path) -> None:
    users(tmp_path / "users", "add", "ana")
    assert (tmp_path / "users").stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in (tmp_path / "users").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["users"]


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (("add", "ana"), "short\n", "the password is shorter than 12 characters"),
        (("add", "a:b"), f"{PASSWORD}\n", "'a:b' is no user's name"),
        (("remove", "nobody"), "", "there is no user nobody"),
    ],
)
def test_what_is_refused_is_told(tmp_path: Path, arguments: tuple[str, ...], typed: str, said: str) -> None:
    refused = users(tmp_path / "users", *arguments, typed=typed)
    assert refused.exit_code == 2
    assert said in refused.stderr


def test_a_line_that_is_none_is_told_by_its_number_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "users").write_text(f"\nana:analyst:{PASSWORD}\n")
    with pytest.raises(AccountsError, match="line 2: expected name:role:hash") as refused:
        Accounts(tmp_path / "users")
    assert PASSWORD not in str(refused.value)
