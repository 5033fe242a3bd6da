"""How Faust's clients prove who they are: its word for what `schemas.kafka_security` reads from the environment."""

from __future__ import annotations

from faust.auth import Credentials, SASLCredentials, SSLCredentials

from schemas.kafka_security import read_kafka_security


def faust_credentials() -> Credentials | None:
    """For Faust's `broker_credentials`; None in clear. Raises `KafkaSecurityError`.

    Faust takes SASL credentials without a context for SASL in clear, so that the context must be there with TLS.
    """
    security = read_kafka_security()
    context = security.context()
    if security.sasl:
        return SASLCredentials(
            username=security.user, password=security.secret(), mechanism=security.mechanism, ssl_context=context
        )
    return None if context is None else SSLCredentials(context)
