"""Where an office wants its events sent by HTTPS."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from server.config import Config
from server.seal import open_sealed, seal
from server.store.schema.notices import webhooks

PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class Webhook:
    id: int
    tenant: str
    name: str
    url: str
    sealed: str
    """What its messages are signed with, sealed with the server's key, in base64."""
    kinds: frozenset[str]
    created: datetime
    created_by: str
    ended: datetime | None
    ended_why: str

    def key(self, config: Config) -> bytes:
        """The 32 bytes that its messages are signed with. Raises ``ConfigError`` under another server's key."""
        return open_sealed(config, base64.b64decode(self.sealed), _purpose(self.tenant))


def add(connection: Connection, tenant: str, name: str, url: str, kinds: Iterable[str], now: datetime, by: str,
        config: Config) -> tuple[int, str]:
    """A new one. Its number and its secret (``whsec_`` and base64), which is shown once."""
    key = secrets.token_bytes(32)
    sealed = base64.b64encode(seal(config, key, _purpose(tenant))).decode("ascii")
    number = connection.execute(sa.insert(webhooks).returning(webhooks.c.id), {
        "tenant": tenant, "name": name, "url": url, "secret": sealed, "kinds": sorted(kinds), "created": now,
        "created_by": by, "ended": None, "ended_why": ""}).scalar_one()
    return number, PREFIX + base64.b64encode(key).decode("ascii")


def get(connection: Connection, tenant: str, number: int) -> Webhook | None:
    row = connection.execute(sa.select(webhooks).where(
        webhooks.c.tenant == tenant, webhooks.c.id == number)).one_or_none()
    return None if row is None else _webhook(row)


def used(connection: Connection, tenant: str) -> list[Webhook]:
    """Those of an office that have not ended, oldest first."""
    rows = connection.execute(sa.select(webhooks).where(
        webhooks.c.tenant == tenant, webhooks.c.ended.is_(None)).order_by(webhooks.c.id))
    return [_webhook(row) for row in rows]


def end(connection: Connection, tenant: str, number: int, now: datetime, why: str) -> bool:
    """Send nothing more there. False where there is none that is used."""
    return connection.execute(sa.update(webhooks).where(
        webhooks.c.tenant == tenant, webhooks.c.id == number, webhooks.c.ended.is_(None))
        .values(ended=now, ended_why=why)).rowcount == 1


def _purpose(tenant: str) -> str:
    return f"webhook {tenant}"


def _webhook(row: Row[tuple[object, ...]]) -> Webhook:
    return Webhook(row.id, row.tenant, row.name, row.url, row.secret, frozenset(row.kinds), row.created,
                   row.created_by, row.ended, row.ended_why)
