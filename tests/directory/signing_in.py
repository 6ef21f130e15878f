"""What tests of Microsoft Graph share: an application's certificate, a declared tenant, a clock of their own."""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from collectors._patience import Clock, Patience
from collectors.graph_door import Graph
from collectors.graph_sign_in import connect
from hustings.backoff import Backoff
from hustings.declared import Tenant
from tests.fakes import FakeHost
from tests.graph_server import CLIENT, SECRET, TENANT, GraphServer
from tests.tls_servers import Authority


@cache
def authority() -> Authority:
    """One for the whole run."""
    return Authority(Path(tempfile.mkdtemp(prefix="hustings-authority-")))


@cache
def application_key() -> rsa.RSAPrivateKey:
    """The key with which the application signs in."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def application_pem(starts: int = -30, ends: int = 60) -> str:
    """That key and its certificate, good from and until so many days from now."""
    return authority().issue("hustings", key=application_key(), itself=True, starts=starts, ends=ends).read_text()


def registered(server: GraphServer, pem: str | None = None) -> None:
    """Register the application's certificate with the tenant."""
    server.app.certificates.append(x509.load_pem_x509_certificate((pem or application_pem()).encode()))


@dataclass
class Time:
    """A clock that passes when somebody sleeps, and notes how long."""

    start: datetime = field(default_factory=lambda: datetime.now(UTC))
    slept: list[float] = field(default_factory=list)

    @property
    def passed(self) -> float:
        return sum(self.slept)

    def clock(self) -> Clock:
        return Clock(lambda: self.start + timedelta(seconds=self.passed), lambda: self.passed, self.slept.append)

    def patience(self, within: float = 600.0) -> Patience:
        return Patience(within, clock=self.clock(), backoff=Backoff(tries=4, base=1.0, cap=60.0,
                                                                    random=random.Random(7)))


def tenant(server: GraphServer, **declared: Any) -> Tenant:
    """The server's tenant, as it is declared; with the secret unless something else is said."""
    given = {"secret_file": "/secret"} if not {"certificate_file", "token_cache"} & set(declared) else {}
    return Tenant(**{"name": "office", "kind": "entra", "id": TENANT, "client_id": CLIENT, "url": server.url,
                     **given, **declared})


def host(**files: str) -> FakeHost:
    """A machine with the secret, the certificate and these files, each for its owner alone."""
    held = {"/secret": SECRET + "\n", "/app.pem": application_pem(), **files}
    return FakeHost(held, stats={path: {"mode": 0o600} for path in held}, now=datetime.now(UTC))


def connected(server: GraphServer, time: Time | None = None, *, within: float = 600.0, **declared: Any) -> Graph:
    """A session, on the tests' own clock."""
    return connect(host(), tenant(server, **declared), within=within, patience=(time or Time()).patience(within))
