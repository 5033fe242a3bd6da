"""The explorer's own users: a file with one line each, `name:role:hash of the password`."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from werkzeug.security import check_password_hash, generate_password_hash

from explorer.access.roles import ROLES, Role

LEAST_PASSWORD = 12
LONGEST_NAME = 64
NAME = re.compile(rf"[A-Za-z0-9._@-]{{1,{LONGEST_NAME}}}")
SHAPE = f"name:role:hash with role {' or '.join(ROLES)}; `omnitrack explorer-user add` writes such lines"


class AccountsError(ValueError):
    """The file, or what is to be written into it, is wrong; the text says where and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the file; the password is kept as a salted hash."""

    name: str
    role: Role
    password_hash: str

    @property
    def stamp(self) -> str:
        """Changes with the password: sessions from before it end."""
        return sha256(self.password_hash.encode()).hexdigest()[:16]


class Accounts:
    """The users of `file`, which is read again whenever it has changed."""

    def __init__(self, file: Path) -> None:
        """Raises `AccountsError`."""
        self._file = file
        self._read_at = 0
        self._accounts: dict[str, Account] = {}
        self._current()

    def find(self, name: str) -> Account | None:
        """The account of this name, of the file as it is now; None: there is none. Raises `AccountsError`."""
        return self._current().get(name)

    def verify(self, name: str, password: str) -> Account | None:
        """The account, if the password is its own. Raises `AccountsError`."""
        account = self.find(name)
        right = check_password_hash(account.password_hash if account else _nobodys_hash(), password)
        return account if right else None

    def _current(self) -> dict[str, Account]:
        try:
            changed_at = self._file.stat().st_mtime_ns
        except OSError as error:
            raise AccountsError(f"{self._file}: {error.strerror}; `omnitrack explorer-user add` makes it") from error
        if changed_at != self._read_at:
            self._accounts = read_accounts(self._file)
            self._read_at = changed_at
        return self._accounts


def read_accounts(file: Path) -> dict[str, Account]:
    """The accounts by name; none where there is no file. Raises `AccountsError`."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise AccountsError(f"{file}: {error}") from error
    accounts = [_account(file, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    return {account.name: account for account in accounts}


def write_accounts(file: Path, accounts: Iterable[Account]) -> None:
    """Replace the file as a whole; only its owner may read it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{account.name}:{account.role}:{account.password_hash}\n" for account in accounts)
    descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as written:
        written.write(text)
    Path(draft).replace(file)


def make_account(name: str, role: Role, password: str) -> Account:
    """Raises `AccountsError` for a name with other characters, or a password that is too short."""
    if not NAME.fullmatch(name):
        raise AccountsError(f"{name!r} is no user's name: letters, digits and . _ @ - are, {LONGEST_NAME} at most")
    if len(password) < LEAST_PASSWORD:
        raise AccountsError(f"the password is shorter than {LEAST_PASSWORD} characters")
    return Account(name, role, hash_password(password))


def hash_password(password: str) -> str:
    """scrypt with the parameters that werkzeug holds to be enough today (N = 2¹⁵, r = 8, p = 1)."""
    return generate_password_hash(password, method="scrypt")


@cache
def _nobodys_hash() -> str:
    """Someone unknown shall wait as long for the answer as someone known."""
    return hash_password("")


def _account(file: Path, number: int, line: str) -> Account:
    name, _, rest = line.strip().partition(":")
    role, _, password_hash = rest.partition(":")
    if not NAME.fullmatch(name) or role not in ROLES or not password_hash.startswith("scrypt:"):
        # What stands there may be a password: it is not shown.
        raise AccountsError(f"{file}, line {number}: expected {SHAPE}")
    return Account(name, role, password_hash)
