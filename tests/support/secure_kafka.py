"""An Apache Kafka that asks who one is: TLS, mutual TLS, SASL over TLS and in clear, each on a listener of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from omnitrack.ports import LOOPBACK, free_port
from tests.support.apache_kafka import ApacheKafka
from tests.support.certificates import Certificates, make_certificates

USER, PASSWORD = "tracker", "keep-this-to-yourself"


@dataclass(frozen=True, slots=True)
class SecureKafka:
    """Addresses of one broker, by what they ask for; `expired` shows a certificate whose time is over."""

    certificates: Certificates
    clear: str
    tls: str
    mutual_tls: str
    sasl: str
    sasl_in_clear: str
    expired: str


LISTENERS = {
    "tls": "SSL",
    "mutual_tls": "SSL",
    "sasl": "SASL_SSL",
    "sasl_in_clear": "SASL_PLAINTEXT",
    "expired": "SSL",
}


@pytest.fixture(scope="session")
def secure_kafka(local_apache_kafka: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    """Apache Kafka with a listener for every way to reach it."""
    folder = tmp_path_factory.mktemp("secure-kafka")
    certificates = make_certificates(folder)
    ports = {name: free_port() for name in LISTENERS}
    clear, controller = free_port(), free_port()
    settings = _listeners(clear, controller, ports) | _tls(certificates) | _sasl()
    scram = [f"{mechanism}=[name={USER},password={PASSWORD}]" for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")]
    kafka = ApacheKafka.start(folder / "broker", clear, settings, scram)
    try:
        yield SecureKafka(certificates, kafka.bootstrap, **{name: f"{LOOPBACK}:{port}" for name, port in ports.items()})
    finally:
        kafka.kill()


def _listeners(clear: int, controller: int, ports: dict[str, int]) -> dict[str, str]:
    addresses = [f"{name.upper()}://{LOOPBACK}:{port}" for name, port in ports.items()]
    protocols = [f"{name.upper()}:{protocol}" for name, protocol in LISTENERS.items()]
    return {
        "listeners": ",".join([f"BROKER://{LOOPBACK}:{clear}", f"CONTROLLER://{LOOPBACK}:{controller}", *addresses]),
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller}",
        "listener.security.protocol.map": ",".join(["BROKER:PLAINTEXT", "CONTROLLER:PLAINTEXT", *protocols]),
    }


def _tls(certificates: Certificates) -> dict[str, str]:
    settings = {"listener.name.mutual_tls.ssl.client.auth": "required"}
    for name in ("tls", "mutual_tls", "sasl", "expired"):
        own = certificates.expired if name == "expired" else certificates.broker
        settings |= {
            f"listener.name.{name}.ssl.keystore.type": "PEM",
            f"listener.name.{name}.ssl.keystore.location": str(own),
            f"listener.name.{name}.ssl.truststore.type": "PEM",
            f"listener.name.{name}.ssl.truststore.location": str(certificates.ca),
        }
    return settings


def _sasl() -> dict[str, str]:
    settings: dict[str, str] = {}
    plain = f'org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    for name in ("sasl", "sasl_in_clear"):
        prefix = f"listener.name.{name}"
        settings |= {
            f"{prefix}.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
            f"{prefix}.plain.sasl.jaas.config": plain,
            f"{prefix}.scram-sha-256.sasl.jaas.config": scram,
            f"{prefix}.scram-sha-512.sasl.jaas.config": scram,
        }
    return settings
