"""Certificates for tests of TLS, made anew: good, expired, and of an authority that nobody asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from omnitrack.ports import LOOPBACK


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files in `folder`: an authority, one that signed nothing here, and a client's certificate with its key."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def strange_ca(self) -> Path:
        return self.folder / "strange-ca.pem"

    @property
    def client(self) -> Path:
        return self.folder / "client.pem"

    @property
    def client_key(self) -> Path:
        return self.folder / "client-key.pem"

    @property
    def broker(self) -> Path:
        return self.folder / "broker.pem"

    @property
    def expired(self) -> Path:
        return self.folder / "expired.pem"


def make_certificates(folder: Path) -> Certificates:
    made, authority, strange = Certificates(folder), trustme.CA(), trustme.CA()
    yesterday = datetime.now(UTC) - timedelta(days=1)
    authority.cert_pem.write_to_path(str(made.ca))
    strange.cert_pem.write_to_path(str(made.strange_ca))
    made.broker.write_bytes(_key_and_chain(authority.issue_cert(LOOPBACK)))
    made.expired.write_bytes(_key_and_chain(authority.issue_cert(LOOPBACK, not_after=yesterday)))
    client = authority.issue_cert("tracker@bank.example")
    client.cert_chain_pems[0].write_to_path(str(made.client))
    client.private_key_pem.write_to_path(str(made.client_key))
    return made


def _key_and_chain(issued: trustme.LeafCert) -> bytes:
    # Kafka reads keys in PKCS #8 only.
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem + b"".join(certificate.bytes() for certificate in issued.cert_chain_pems)
