"""Who is told of alerts, read from the environment once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from streams.settings import StreamSettings


def _http(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is not http://host… or https://host…")
    return value


_Url = Annotated[SecretStr, AfterValidator(_http)]
_Unset = BeforeValidator(lambda value: value or None)


class NotifySettings(StreamSettings):
    """The receivers; None: not told. A URL may carry a user and a password, so it is a secret."""

    model_config = SettingsConfigDict(env_prefix="OMNITRACK_", frozen=True, hide_input_in_errors=True, extra="ignore")

    alertmanager: Annotated[_Url | None, _Unset] = None
    alertmanager_refresh: float = Field(default=60.0, ge=1.0, le=3600.0)
    """Seconds after which it is told again what fires: it keeps that in memory only."""
    webhook: Annotated[_Url | None, _Unset] = None
    webhook_secret_file: Annotated[Path | None, _Unset] = None
