"""What a person can prove themselves with, read at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from server.config import Config
from server.seal import signature
from server.store import authenticators, passkeys, recovery_codes
from server.store.passkeys import Passkey


@dataclass(frozen=True, slots=True)
class Factors:
    """A person's second factors. Recovery codes are for when they are lost, and are none by themselves."""

    authenticator: datetime | None
    """Since when there is an authenticator application."""
    passkeys: tuple[Passkey, ...]
    codes: int
    """Recovery codes that are left."""

    @property
    def count(self) -> int:
        return len(self.passkeys) + (self.authenticator is not None)

    def passkeys_at(self, host: str) -> tuple[Passkey, ...]:
        """Those that work under a name of this server."""
        return tuple(one for one in self.passkeys if one.host == host)


def of(connection: Connection, tenant: str, person: int) -> Factors:
    application = authenticators.get(connection, tenant, person)
    return Factors(application.created if application else None,
                   tuple(passkeys.of_person(connection, tenant, person)),
                   recovery_codes.left(connection, tenant, person))


def purpose(tenant: str, person: int) -> str:
    """What a person's authenticator secret is sealed for."""
    return f"authenticator {tenant} {person}"


def handle(config: Config, tenant: str, person: int) -> bytes:
    """What a person's passkeys know them by: always the same, and it tells nothing about them."""
    return signature(config, f"{tenant} {person}".encode(), "passkey user handle")
