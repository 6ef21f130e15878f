"""One-time enrolment tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from hustings.errors import UsageError
from server.store import secrets
from server.store.schema import tokens

LONGEST = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Token:
    """A token as kept: never its secret. ``roles`` and ``site`` are what it gives the machine."""

    id: int
    tenant: str
    roles: tuple[str, ...]
    site: str
    created: datetime
    created_by: str
    expires: datetime
    redeemed: datetime | None
    request: str | None
    """Digest of the signed request that redeemed it."""
    answer: bytes | None
    """The very bytes that were answered."""
    agent: str | None


def create(connection: Connection, tenant: str, *, roles: tuple[str, ...], site: str, life: timedelta,
           now: datetime, by: str) -> str:
    """Make a token and return its secret, which is shown once. Raises ``UsageError`` for a life over 72 h."""
    if not timedelta(0) < life <= LONGEST:
        raise UsageError("a token lives at most 72 hours", remedy="choose --expires between 1m and 72h")
    secret, kept = secrets.fresh()
    connection.execute(sa.insert(tokens).values(
        tenant=tenant, secret=kept, roles=list(roles), site=site, created=now, created_by=by, expires=now + life))
    return secret


def find(connection: Connection, secret: str) -> Token | None:
    """The token of a secret, expired and redeemed ones too."""
    row = connection.execute(sa.select(tokens).where(tokens.c.secret == secrets.kept(secret))).one_or_none()
    return None if row is None else _token(row)


def redeem(connection: Connection, token: Token, *, request: str, answer: bytes, agent: str, now: datetime) -> bool:
    """Use a token up. Exactly one caller gets True, whatever the concurrency, and none once it has expired."""
    changed = connection.execute(
        sa.update(tokens)
        .where(tokens.c.tenant == token.tenant, tokens.c.id == token.id, tokens.c.redeemed.is_(None),
               tokens.c.expires > now)
        .values(redeemed=now, request=request, answer=answer, agent=agent))
    return changed.rowcount == 1


def every(connection: Connection, tenant: str) -> list[Token]:
    """All tokens of a tenant, newest first."""
    rows = connection.execute(sa.select(tokens).where(tokens.c.tenant == tenant).order_by(tokens.c.id.desc()))
    return [_token(row) for row in rows]


def _token(row: Row[tuple[object, ...]]) -> Token:
    return Token(row.id, row.tenant, tuple(row.roles), row.site, row.created, row.created_by, row.expires,
                 row.redeemed, row.request, None if row.answer is None else bytes(row.answer), row.agent)
