"""Where the pseudonymisation keys are: files, or variables of the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from streams.pseudonym import OldKey, Pseudonyms
from streams.roster import Roster, RosterError

MIN_KEY_BYTES = 16


class PseudonymKeyError(Exception):
    """The keys cannot be used; the text says why and what to do."""


class PseudonymSettings(BaseSettings):
    """The key, the key before it, and who keeps the pseudonym of that one."""

    model_config = SettingsConfigDict(env_prefix="OMNITRACK_", frozen=True, extra="ignore", hide_input_in_errors=True)

    pseudonym_key: SecretStr | None = None
    pseudonym_key_file: Path | None = None
    pseudonym_old_key: SecretStr | None = None
    pseudonym_old_key_file: Path | None = None
    pseudonym_roster: Path | None = None


def read_pseudonyms(settings: PseudonymSettings) -> Pseudonyms | None:
    """The pseudonyms of the configured keys (surrounding blanks ignored); None without one: identities in clear.

    Raises `PseudonymKeyError` if a file cannot be read, a key is too short, or one is given without another it needs.
    """
    key = _key("OMNITRACK_PSEUDONYM_KEY", settings.pseudonym_key, settings.pseudonym_key_file)
    old = _key("OMNITRACK_PSEUDONYM_OLD_KEY", settings.pseudonym_old_key, settings.pseudonym_old_key_file)
    if key is None:
        if old is not None:
            raise PseudonymKeyError("OMNITRACK_PSEUDONYM_OLD_KEY: there is an old key, and no OMNITRACK_PSEUDONYM_KEY")
        return None
    if old is None:
        if settings.pseudonym_roster is not None:
            raise PseudonymKeyError("OMNITRACK_PSEUDONYM_ROSTER: it needs OMNITRACK_PSEUDONYM_OLD_KEY, whose it is")
        return Pseudonyms(key)
    if settings.pseudonym_roster is None:
        raise PseudonymKeyError(
            "OMNITRACK_PSEUDONYM_OLD_KEY: it needs OMNITRACK_PSEUDONYM_ROSTER, or customers known under it would become"
            " other people: write it with omnitrack pseudonyms roster"
        )
    if old == key:
        raise PseudonymKeyError("OMNITRACK_PSEUDONYM_OLD_KEY: it is the same as OMNITRACK_PSEUDONYM_KEY")
    try:
        return Pseudonyms(key, OldKey(old, Roster(settings.pseudonym_roster)))
    except RosterError as error:
        raise PseudonymKeyError(str(error)) from error


def _key(name: str, given: SecretStr | None, file: Path | None) -> bytes | None:
    if given is not None and file is not None:
        raise PseudonymKeyError(f"{name} and {name}_FILE are both set: keep one")
    if given is None and file is None:
        return None
    where = name if file is None else f"{name}_FILE: {file}"
    try:
        key = file.read_bytes() if file is not None else (given or SecretStr("")).get_secret_value().encode()
    except OSError as error:
        raise PseudonymKeyError(f"{where} cannot be read: {error.strerror}") from error
    key = key.strip()
    if len(key) < MIN_KEY_BYTES:
        raise PseudonymKeyError(f"{where} holds a key of {len(key)} bytes, {MIN_KEY_BYTES} are needed")
    return key
