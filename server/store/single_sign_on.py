"""Identity providers, who is who there, and sign-ins under way."""

from __future__ import annotations

import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from hustings.errors import ConfigError
from server.store import secrets
from server.store.schema.single_sign_on import identities, identity_providers, sign_ins

LIFE = timedelta(minutes=10)
"""How long a sign-in may take at the provider."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A provider as it is stored; the client secret is still sealed."""

    id: int
    tenant: str
    slug: str
    name: str
    kind: str
    authority: str
    client: str
    secret: bytes
    claim: str
    groups: tuple[tuple[str, str], ...]
    proves_second_factor: bool
    authorities: str
    created: datetime
    disabled: datetime | None


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that came back."""

    tenant: str
    provider: int
    flow: dict[str, Any]
    next: str


def add(connection: Connection, tenant: str, name: str, *, kind: str, authority: str, client: str, secret: bytes,
        claim: str, groups: tuple[tuple[str, str], ...], proves_second_factor: bool, authorities: str,
        now: datetime) -> Kept:
    """A new provider; ``secret`` is already sealed. Raises ``ConfigError`` if the office has one of that name."""
    if any(one.name == name for one in every(connection, tenant)):
        raise ConfigError(f"there is already a provider called {name!r}", remedy="choose another name, or remove it")
    values = {"tenant": tenant, "slug": random.token_hex(6), "name": name, "kind": kind, "authority": authority,
              "client": client, "secret": secret, "claim": claim, "groups": [list(pair) for pair in groups],
              "proves_second_factor": proves_second_factor, "authorities": authorities, "created": now}
    number = connection.execute(sa.insert(identity_providers).returning(identity_providers.c.id), values).scalar_one()
    return next(one for one in every(connection, tenant) if one.id == number)


def every(connection: Connection, tenant: str) -> list[Kept]:
    """An office's providers, those disabled too."""
    rows = connection.execute(sa.select(identity_providers).where(identity_providers.c.tenant == tenant)
                              .order_by(identity_providers.c.id))
    return [_kept(row) for row in rows]


def by_slug(connection: Connection, slug: str) -> Kept | None:
    """The provider behind an address, of any office. Needs the scope of the whole server."""
    row = connection.execute(sa.select(identity_providers).where(
        identity_providers.c.slug == slug, identity_providers.c.disabled.is_(None))).one_or_none()
    return None if row is None else _kept(row)


def disable(connection: Connection, tenant: str, number: int, now: datetime) -> None:
    """Let nobody sign in through it any more."""
    connection.execute(sa.update(identity_providers).where(
        identity_providers.c.tenant == tenant, identity_providers.c.id == number).values(disabled=now))


def begin(connection: Connection, provider: Kept, state: str, browser: str, flow: Mapping[str, Any], place: str,
          now: datetime) -> None:
    """Keep a sign-in until it comes back, and sweep away those that never did."""
    connection.execute(sa.delete(sign_ins).where(sign_ins.c.tenant == provider.tenant, sign_ins.c.expires <= now))
    connection.execute(sa.insert(sign_ins).values(
        state=secrets.kept(state), tenant=provider.tenant, provider=provider.id, browser=secrets.kept(browser),
        flow=dict(flow), next=place, expires=now + LIFE))


def take(connection: Connection, state: str, browser: str, now: datetime) -> Begun | None:
    """The sign-in that an answer belongs to, once, and only for the browser that began it. Needs the scope of the
    whole server: the state says whose it is."""
    row = connection.execute(sa.delete(sign_ins).where(
        sign_ins.c.state == secrets.kept(state), sign_ins.c.browser == secrets.kept(browser),
        sign_ins.c.expires > now).returning(
            sign_ins.c.tenant, sign_ins.c.provider, sign_ins.c.flow, sign_ins.c.next)).one_or_none()
    return None if row is None else Begun(row.tenant, row.provider, dict(row.flow), row.next)


def person_of(connection: Connection, tenant: str, provider: int, subject: str) -> int | None:
    """Whom a subject of a provider is here."""
    return connection.scalar(sa.select(identities.c.person).where(
        identities.c.tenant == tenant, identities.c.provider == provider, identities.c.subject == subject))


def bind(connection: Connection, tenant: str, provider: int, subject: str, person: int, now: datetime) -> None:
    """Say whom a subject is here."""
    connection.execute(sa.insert(identities).values(
        tenant=tenant, provider=provider, subject=subject, person=person, created=now))


def _kept(row: Row[tuple[object, ...]]) -> Kept:
    return Kept(row.id, row.tenant, row.slug, row.name, row.kind, row.authority, row.client, bytes(row.secret),
                row.claim, tuple((group, role) for group, role in row.groups), row.proves_second_factor,
                row.authorities, row.created, row.disabled)
