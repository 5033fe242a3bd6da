"""Why a Kafka cannot be reached, in words: of most obstacles the clients say no more than that there is one."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator

from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.errors import KafkaError
from aiokafka.protocol.metadata import MetadataRequest

from schemas.kafka_address import servers_of
from schemas.kafka_security import PREFIX, KafkaSecurityError, client_options

ANSWER_SECONDS = 5.0
# Error codes of Kafka's protocol.
UNSUPPORTED_MECHANISM, ILLEGAL_SASL_STATE, AUTHENTICATION_FAILED = 33, 34, 58
REFUSALS = {
    UNSUPPORTED_MECHANISM: f"set {PREFIX}MECHANISM to one that the broker offers",
    ILLEGAL_SASL_STATE: f"set {PREFIX}SECURITY to SSL or PLAINTEXT, or take another port",
    AUTHENTICATION_FAILED: f"correct {PREFIX}USER and {PREFIX}PASSWORD_FILE, or {PREFIX}MECHANISM",
}
# OpenSSL's codes of what is wrong with a certificate.
EXPIRED, NOT_YET_VALID = 10, 9
UNTRUSTED = (18, 19, 20, 21)
WRONG_HOST = (62, 64)


def why_unreachable(kafka: str, error: Exception, seconds: float = ANSWER_SECONDS) -> str:
    """Why a client failed with `error` at the brokers `kafka`: found by trying again, else what the error says.

    Takes `seconds` per broker at most. Not within an event loop.
    """
    return asyncio.run(find_obstacle(kafka, seconds)) or str(error) or type(error).__name__


async def find_obstacle(kafka: str, seconds: float = ANSWER_SECONDS) -> str | None:
    """What keeps all of the brokers `kafka` from being used, and what to do about it; None: one of them answers."""
    found: list[str] = []
    for server in servers_of(kafka):
        obstacle = await _obstacle(server, seconds)
        if obstacle is None:
            return None
        found.append(obstacle)
    return "; ".join(dict.fromkeys(found))


async def _obstacle(server: str, seconds: float) -> str | None:
    try:
        await asyncio.wait_for(_ask(server, seconds), seconds)
    except TimeoutError:
        return f"no answer within {seconds:g} s"
    except (KafkaError, OSError, KafkaSecurityError) as error:
        return explained(error)
    return None


async def _ask(server: str, seconds: float) -> None:
    options = client_options(server)
    [address] = options.pop("bootstrap_servers")
    host, _, port = address.rpartition(":")
    # It connects by itself, and would ask any host for its own sake.
    connection: AIOKafkaConnection = await create_conn(
        host.strip("[]"), int(port), request_timeout_ms=int(seconds * 1000), **options
    )
    try:
        await connection.send(MetadataRequest([]))
    finally:
        connection.close()


def explained(error: BaseException) -> str:
    """What an error of a connection means, and what to do."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _certificate(cause)
        if isinstance(cause, ssl.SSLError):
            return _alert(cause)
    code = getattr(error, "errno", None) if isinstance(error, KafkaError) else None
    if code in REFUSALS:
        text = "this listener of the broker asks for no user" if code == ILLEGAL_SASL_STATE else str(error)
        return f"{text}; {REFUSALS[code]}"
    if isinstance(error, ConnectionResetError) or any(isinstance(cause, EOFError) for cause in _causes(error)):
        return f"the broker ends the connection: does the listener on this port speak what {PREFIX}SECURITY says?"
    return str(error) or type(error).__name__


def _certificate(error: ssl.SSLCertVerificationError) -> str:
    advice = "see what the broker shows with `openssl s_client -connect`"
    if error.verify_code in (EXPIRED, NOT_YET_VALID):
        advice = "have the broker's certificate renewed, or this machine's clock put right"
    elif error.verify_code in UNTRUSTED:
        advice = f"{PREFIX}CA_FILE must hold the authority that signed it"
    elif error.verify_code in WRONG_HOST:
        advice = "call the broker by a name of its certificate, in OMNITRACK_KAFKA and in its advertised.listeners"
    return f"the broker's certificate is refused: {error.verify_message.rstrip('.')}; {advice}"


def _alert(error: ssl.SSLError) -> str:
    reason = (error.reason or "TLS failed").lower().replace("_", " ")
    if "alert" in reason:
        return (
            f"the broker refuses this client's certificate, or that there is none ({reason}):"
            f" set {PREFIX}CERT_FILE and {PREFIX}KEY_FILE to one that its authority signed, and that is not expired"
        )
    return f"TLS fails ({reason}): does the listener on this port speak TLS?"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
