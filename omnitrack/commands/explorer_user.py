"""`omnitrack explorer-user`: the users of the explorer's own file."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from explorer.access.accounts import AccountsError, make_account, read_accounts, write_accounts
from omnitrack.commands.telling import complaining

explorer_user_app = typer.Typer(help="Users who may log in to the explorer.", no_args_is_help=True)

UsersFile = Annotated[
    Path, typer.Option("--file", envvar="OMNITRACK_EXPLORER_USERS", metavar="FILE", help="The file of users.")
]
UserName = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]


class RoleName(StrEnum):
    """What a user may be."""

    ANALYST = "analyst"
    OPERATOR = "operator"


@explorer_user_app.command("add")
def add_command(
    name: UserName,
    file: UsersFile,
    role: Annotated[
        RoleName, typer.Option(help="An analyst sees numbers; an operator customers and dead letters too.")
    ] = RoleName.ANALYST,
) -> None:
    """Add a user, or give one another password and role. The password is asked for, or read from standard input.

    A running explorer takes it up at once; sessions with the password before end. Exit code 2: it was refused.
    """
    with _refusals():
        accounts = read_accounts(file)
        accounts[name] = make_account(name, role.value, _password())
        write_accounts(file, accounts.values())
    typer.echo(f"{name} may log in as {role.value}: {file}")


@explorer_user_app.command("remove")
def remove_command(name: UserName, file: UsersFile) -> None:
    """Remove a user, whose sessions end at once. Exit code 2: there is none of that name."""
    with _refusals():
        accounts = read_accounts(file)
        if accounts.pop(name, None) is None:
            raise AccountsError(f"{file}: there is no user {name}")
        write_accounts(file, accounts.values())
    typer.echo(f"{name} may no longer log in: {file}")


@explorer_user_app.command("list")
def list_command(file: UsersFile) -> None:
    """Names and roles."""
    with _refusals():
        for account in read_accounts(file).values():
            typer.echo(f"{account.name}\t{account.role}")


def _password() -> str:
    if sys.stdin.isatty():
        password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return password
    return sys.stdin.readline().rstrip("\r\n")


def _refusals() -> AbstractContextManager[None]:
    return complaining("explorer-user", AccountsError, OSError)
