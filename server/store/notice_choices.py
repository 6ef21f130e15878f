"""What people chose to be told, the secret of their feed, and what their office says of its messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row

from server.store import secrets
from server.store.schema.core import people
from server.store.schema.notices import notice_feeds, notice_preferences, notice_settings


@dataclass(frozen=True, slots=True)
class Choices:
    """One person's. What they did not choose follows the kind of event."""

    mail: Mapping[str, str] = field(default_factory=dict)
    """Kind of event: ``now``, ``daily``, ``weekly`` or ``never``."""
    unfed: frozenset[str] = frozenset()
    """Kinds of events that their feed leaves out."""
    quiet_from: str = ""
    """``HH:MM`` in the office's time zone; empty: no quiet hours."""
    quiet_to: str = ""
    pierce: bool = False
    """Whether what is critical breaks quiet hours."""


def of(connection: Connection, tenant: str, person: int) -> Choices:
    """What a person chose; nothing at all for who never did."""
    row = connection.execute(sa.select(notice_preferences).where(
        notice_preferences.c.tenant == tenant, notice_preferences.c.person == person)).one_or_none()
    return Choices() if row is None else _choices(row)


def every(connection: Connection, tenant: str) -> dict[int, Choices]:
    """What the people of an office chose, of those who did."""
    rows = connection.execute(sa.select(notice_preferences).where(notice_preferences.c.tenant == tenant))
    return {row.person: _choices(row) for row in rows}


def write(connection: Connection, tenant: str, person: int, chosen: Choices, now: datetime) -> None:
    """Replace what a person chose."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    values = {"mail": dict(chosen.mail), "feed": sorted(chosen.unfed), "quiet_from": chosen.quiet_from,
              "quiet_to": chosen.quiet_to, "pierce": chosen.pierce, "changed": now}
    made = dialect.insert(notice_preferences).values(tenant=tenant, person=person, **values)
    connection.execute(made.on_conflict_do_update(index_elements=["person"], set_=values))


def new_feed(connection: Connection, tenant: str, person: int, now: datetime) -> str:
    """A new secret for a person's feed; the one before is void."""
    no_feed(connection, tenant, person)
    secret, kept = secrets.fresh()
    connection.execute(sa.insert(notice_feeds).values(secret=kept, tenant=tenant, person=person, created=now))
    return secret


def no_feed(connection: Connection, tenant: str, person: int) -> bool:
    """Take a person's feed back. False where there was none."""
    return connection.execute(sa.delete(notice_feeds).where(
        notice_feeds.c.tenant == tenant, notice_feeds.c.person == person)).rowcount == 1


def feed_since(connection: Connection, tenant: str, person: int) -> datetime | None:
    """Since when a person has a feed; None without one."""
    found: datetime | None = connection.scalar(sa.select(notice_feeds.c.created).where(
        notice_feeds.c.tenant == tenant, notice_feeds.c.person == person))
    return found


def of_feed(connection: Connection, secret: str) -> tuple[str, int] | None:
    """The tenant and the person of a feed's secret, of people who may still sign in."""
    row = connection.execute(
        sa.select(notice_feeds.c.tenant, notice_feeds.c.person)
        .join(people, sa.and_(people.c.id == notice_feeds.c.person, people.c.tenant == notice_feeds.c.tenant))
        .where(notice_feeds.c.secret == secrets.kept(secret), people.c.disabled.is_(None))).one_or_none()
    return None if row is None else (row.tenant, row.person)


def details(connection: Connection, tenant: str) -> bool:
    """Whether an office lets its messages name machines and checks. It does not, unless it said so."""
    said = connection.scalar(sa.select(notice_settings.c.details).where(notice_settings.c.tenant == tenant)
                             .order_by(notice_settings.c.id.desc()).limit(1))
    return bool(said)


def say_details(connection: Connection, tenant: str, named: bool, now: datetime, by: str) -> None:
    """The office says whether its messages name machines and checks."""
    connection.execute(sa.insert(notice_settings).values(tenant=tenant, details=named, at=now, by=by))


def _choices(row: Row[tuple[object, ...]]) -> Choices:
    return Choices(row.mail, frozenset(row.feed), row.quiet_from, row.quiet_to, row.pierce)
