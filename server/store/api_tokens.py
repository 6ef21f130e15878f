"""Tokens of the API: who made them, what they may be used for, and until when.

A token acts as its maker, within its scopes: it does what the maker's role allows at that moment and no more, and it
is worth nothing once the maker may not sign in. One of a reviewer looks at the office of one engagement, as long as
that holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from hustings.errors import UsageError
from server.store import engagements, secrets, tenants
from server.store.people import Role
from server.store.schema import people
from server.store.schema.api_tokens import api_tokens
from server.store.sessions import Session

TOKEN = "token"
"""``Session.via`` of a token."""
PREFIX = "hustings_"
"""What every token begins with, so that a person, or a scanner of source code, knows one."""
LONGEST = timedelta(days=366)
MOST = 20
"""Tokens in force that one person has at most."""
NAME_MOST = 80
SHOWN = 4
"""Last characters of a token that are kept to tell it from others."""
_TOUCH = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as kept: never the token itself."""

    id: int
    tenant: str
    """Of its maker."""
    name: str
    ends_with: str
    person: int
    maker: str
    """The name of who made it, or for whom."""
    engagement: int | None
    scopes: frozenset[str]
    created: datetime
    created_by: str
    expires: datetime
    used: datetime | None
    used_from: str
    revoked: datetime | None
    revoked_by: str
    maker_disabled: datetime | None

    def ended(self, now: datetime) -> str:
        """Why it is not in force: ``revoked``, ``maker`` (may not sign in any more) or ``expired``; empty: it is."""
        if self.revoked is not None:
            return "revoked"
        if self.maker_disabled is not None:
            return "maker"
        return "" if now < self.expires else "expired"


@dataclass(frozen=True, slots=True)
class Opened:
    """A token that holds now, and the session it stands for."""

    token: ApiToken
    session: Session


def create(connection: Connection, tenant: str, person: int, *, name: str, scopes: Iterable[str], life: timedelta,
           now: datetime, by: str, engagement: int | None = None) -> tuple[int, str]:
    """Make a token: its number and itself, which is shown once. Raises ``UsageError`` for what may not be."""
    chosen = sorted(set(scopes))
    if not 1 <= len(name) <= NAME_MOST or not name.isprintable() or name != name.strip():
        raise UsageError(f"a token's name has 1 to {NAME_MOST} printable characters", where="name",
                         remedy="say what it is for: Nightly export")
    if not chosen:
        raise UsageError("a token without a scope can do nothing", where="scopes", remedy="choose one or more scopes")
    if not timedelta(0) < life <= LONGEST:
        raise UsageError("a token lives at most a year", where="expires",
                         remedy=f"choose from 1 to {LONGEST.days} days")
    mine = [one for one in every(connection, tenant) if one.person == person and not one.ended(now)]
    if len(mine) >= MOST:
        raise UsageError(f"there are {len(mine)} tokens in force already", where="tokens",
                         remedy="revoke one that is not used")
    secret, _ = secrets.fresh()
    whole = PREFIX + secret
    number: int = connection.execute(sa.insert(api_tokens).returning(api_tokens.c.id), {
        "tenant": tenant, "secret": secrets.kept(whole), "ends_with": whole[-SHOWN:], "name": name, "person": person,
        "engagement": engagement, "scopes": chosen, "created": now, "created_by": by, "expires": now + life,
        "used": None, "used_from": "", "revoked": None, "revoked_by": ""}).scalar_one()
    return number, whole


def open_(connection: Connection, secret: str, now: datetime) -> Opened | None:
    """Whom a token stands for, if it holds now. The transaction must see the whole server."""
    row = connection.execute(_select(people.c.role).where(
        api_tokens.c.secret == secrets.kept(secret), api_tokens.c.revoked.is_(None), api_tokens.c.expires > now,
        people.c.disabled.is_(None))).one_or_none()
    if row is None:
        return None
    token = _token(row)
    engaged = None
    if token.engagement is not None:
        engaged = engagements.holding(connection, token.engagement, token.person, now)
        if engaged is None:
            return None
    home = tenants.get(connection, token.tenant)
    return Opened(token, Session(
        person=token.person, tenant=engaged.tenant if engaged else token.tenant, name=token.maker,
        role=Role(row.role), created=token.created, seen=now, via=TOKEN, home=token.tenant, engagement=engaged,
        scopes=token.scopes, handle=home.handle if home else ""))


def due(token: ApiToken, now: datetime, peer: str) -> bool:
    """Whether its use is worth writing down again: not at every request."""
    return token.used is None or token.used_from != peer or now - token.used >= _TOUCH


def touch(connection: Connection, token: ApiToken, now: datetime, peer: str) -> None:
    """Note that a token was used, and from where."""
    connection.execute(sa.update(api_tokens).where(
        api_tokens.c.tenant == token.tenant, api_tokens.c.id == token.id).values(used=now, used_from=peer))


def every(connection: Connection, tenant: str) -> list[ApiToken]:
    """All tokens of a tenant's people, newest first, those that hold no more too."""
    rows = connection.execute(_select().where(api_tokens.c.tenant == tenant).order_by(api_tokens.c.id.desc()))
    return [_token(row) for row in rows]


def get(connection: Connection, tenant: str, number: int) -> ApiToken | None:
    row = connection.execute(_select().where(api_tokens.c.tenant == tenant, api_tokens.c.id == number)).one_or_none()
    return None if row is None else _token(row)


def revoke(connection: Connection, tenant: str, number: int, now: datetime, by: str) -> bool:
    """End a token for good. False if there is none of that number, or it was revoked before."""
    return connection.execute(sa.update(api_tokens).where(
        api_tokens.c.tenant == tenant, api_tokens.c.id == number, api_tokens.c.revoked.is_(None))
        .values(revoked=now, revoked_by=by)).rowcount == 1


def _select(*more: Any) -> sa.Select[Any]:
    return sa.select(api_tokens, people.c.name.label("maker"), people.c.disabled, *more).join(
        people, sa.and_(people.c.id == api_tokens.c.person, people.c.tenant == api_tokens.c.tenant))


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(row.id, row.tenant, row.name, row.ends_with, row.person, row.maker, row.engagement,
                    frozenset(row.scopes), row.created, row.created_by, row.expires, row.used, row.used_from,
                    row.revoked, row.revoked_by, row.disabled)
