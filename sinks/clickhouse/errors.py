"""What can go wrong with ClickHouse, in words: what, where, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from clickhouse_driver import errors as driver
from clickhouse_driver.errors import ErrorCodes

from sinks.clickhouse.settings import ClickHouseSettings

# Codes that the driver does not name.
DECIMAL_OVERFLOW = 407
VIOLATED_CONSTRAINT = 469
ACCESS_DENIED = 497
AUTHENTICATION_FAILED = 516

CREDENTIALS = frozenset(
    {ErrorCodes.UNKNOWN_USER, ErrorCodes.WRONG_PASSWORD, ErrorCodes.REQUIRED_PASSWORD, AUTHENTICATION_FAILED}
)
ADVICE = {
    ErrorCodes.UNKNOWN_DATABASE: "run `omnitrack migrate` to create it, or correct the database in the URL",
    ErrorCodes.UNKNOWN_TABLE: "if it is a table of omnitrack, run `omnitrack migrate`",
    ErrorCodes.UNKNOWN_FUNCTION: "if it is a metric of omnitrack, run `omnitrack migrate`",
    ErrorCodes.READONLY: "the user may only read: use another user",
    ACCESS_DENIED: "grant the user the right named, or use another user",
    ErrorCodes.NOT_ENOUGH_SPACE: "free or add disk space on the server",
}
# Values that ClickHouse refuses for what they are: the same rows will be refused again.
DATA_CODES = frozenset(
    {
        ErrorCodes.CANNOT_PARSE_TEXT,
        ErrorCodes.CANNOT_PARSE_UUID,
        ErrorCodes.CANNOT_PARSE_DATETIME,
        ErrorCodes.CANNOT_CONVERT_TYPE,
        ErrorCodes.CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN,
        ErrorCodes.TYPE_MISMATCH,
        ErrorCodes.INCORRECT_DATA,
        ErrorCodes.ILLEGAL_COLUMN,
        ErrorCodes.ARGUMENT_OUT_OF_BOUND,
        ErrorCodes.VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE,
        ErrorCodes.TOO_LARGE_STRING_SIZE,
        ErrorCodes.TOO_LARGE_ARRAY_SIZE,
        DECIMAL_OVERFLOW,
        VIOLATED_CONSTRAINT,
    }
)


class ClickHouseError(Exception):
    """ClickHouse failed; the text tells what, where, and what to do."""


class ClickHouseUnavailable(ClickHouseError):
    """No answer: it is away, unreachable, or something else answers there."""


class ClickHouseRefused(ClickHouseError):
    """It answered with an error; `code` is ClickHouse's."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class TimesDiffer(ClickHouseError):
    """A column for times counts something else than milliseconds: nothing can be stored before that is put right."""


class ColumnDiffers(ClickHouseError):
    """A column of a table has another type than a block that is encoded already."""


class RowsRefused(ClickHouseError):
    """The values of rows cannot be stored: trying the same rows again is useless."""


@contextmanager
def explained(settings: ClickHouseSettings) -> Iterator[None]:
    """Turn the driver's exceptions into `ClickHouseError`s; any other exception passes."""
    try:
        yield
    except (driver.NetworkError, driver.SocketTimeoutError, ConnectionError, TimeoutError) as error:
        raise ClickHouseUnavailable(_silence(error, settings)) from error
    except (EOFError, driver.UnexpectedPacketFromServerError, driver.UnknownPacketFromServerError) as error:
        raise ClickHouseUnavailable(
            f"the connection to ClickHouse at {settings.address} broke off; "
            "is this its native port (9000, or 9440 with TLS; not 8123, which speaks HTTP)?"
        ) from error
    except driver.ServerException as error:
        raise ClickHouseRefused(_refusal(error, settings), error.code) from error


def _silence(error: Exception, settings: ClickHouseSettings) -> str:
    reason = str(error.message or "") if isinstance(error, driver.Error) else str(error)
    reason = reason.removesuffix(f"({settings.address})").rstrip()
    advice = (
        "is it the secure port, and does OMNITRACK_CLICKHOUSE_CA_FILE hold the authority of its certificate?"
        if "SSL" in reason
        else "is it running, and is OMNITRACK_CLICKHOUSE (or --clickhouse) right?"
    )
    return f"ClickHouse does not answer at {settings.address}: {reason or 'no answer in time'}; {advice}"


def _refusal(error: driver.ServerException, settings: ClickHouseSettings) -> str:
    if error.code in CREDENTIALS:
        return (
            f"ClickHouse at {settings.address} refuses the user or password (code {error.code}): "
            "correct them in OMNITRACK_CLICKHOUSE or OMNITRACK_CLICKHOUSE_PASSWORD_FILE"
        )
    text = f"ClickHouse error {error.code}: {server_text(error)}"
    advice = ADVICE.get(error.code)
    return f"{text}; {advice}" if advice else text


def server_text(error: driver.ServerException) -> str:
    """The first line of the server's message, without what surrounds it: code, class, version, stack trace."""
    text = str(error.message).partition("Stack trace:")[0].strip().partition("\n")[0]
    return re.sub(r"^(Code: \d+\. )?DB::Exception: | \(version [^)]*\)+$", "", text)
