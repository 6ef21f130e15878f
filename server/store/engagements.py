"""Engagements of outside reviewers: offered by an office, accepted by one person of a firm, ended by day or by word.

An engagement is offered under a sign-in name or under a code, and bound to a person only when that person accepts it.
So an office never learns whether a name it wrote exists, and a reviewer sees no office that did not offer one.
``holding`` alone says what holds: every request of a reviewer goes through it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from server.engagement import Engagement
from server.store import pseudonym_keys as keys
from server.store.people import Role
from server.store.schema import people, tenants
from server.store.schema.reviewing import engagement_acts, engagements, pseudonym_keys


class Kind(StrEnum):
    """What may become of an engagement, each once."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Terms:
    """What an office offers."""

    machines: tuple[str, ...]
    """Ids of agents; empty for every machine."""
    areas: tuple[str, ...]
    """Areas of the catalogue; empty for every area."""
    names_shown: bool
    until: date
    basis: str


@dataclass(frozen=True, slots=True)
class Granted:
    """An engagement as the office sees it."""

    id: int
    terms: Terms
    addressee: str
    """``name@handle`` as the office wrote it; empty where it gave a code."""
    at: datetime
    by: str
    approved_by: str
    accepted: datetime | None = None
    reviewer: str = ""
    """``name@handle`` of who accepted it."""
    declined: datetime | None = None
    revoked: datetime | None = None
    revoked_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """An engagement that waits for its reviewer."""

    id: int
    tenant: str
    office: str
    terms: Terms


def grant(connection: Connection, tenant: str, terms: Terms, *, addressee: str = "", code: str | None = None,
          by: str, approved_by: str, now: datetime) -> int:
    """Offer an engagement under a sign-in name or the digest of a code. Returns its number."""
    keys.ensure(connection, tenant, now)
    number: int = connection.execute(sa.insert(engagements).returning(engagements.c.id), {
        "tenant": tenant, "addressee": addressee, "code": code, "machines": list(terms.machines),
        "areas": list(terms.areas), "names_shown": terms.names_shown, "until": terms.until, "basis": terms.basis,
        "at": now, "by": by, "approved_by": approved_by}).scalar_one()
    return number


def act(connection: Connection, tenant: str, engagement: int, kind: Kind, *, by: str, now: datetime,
        home: str | None = None, person: int | None = None, reason: str = "") -> None:
    """Write down what became of an engagement. The database refuses the same kind twice (``IntegrityError``)."""
    connection.execute(sa.insert(engagement_acts).values(
        tenant=tenant, engagement=engagement, kind=kind.value, at=now, by=by, home=home, person=person,
        reason=reason))


def revoke(connection: Connection, tenant: str, engagement: int, *, by: str, now: datetime, reason: str) -> None:
    """End an engagement at once."""
    act(connection, tenant, engagement, Kind.REVOKED, by=by, now=now, reason=reason)


def holding(connection: Connection, id: int, person: int, now: datetime) -> Engagement | None:
    """The engagement of a person if it holds now; None if it ended, was revoked, is somebody else's, or the person
    is a reviewer no more. The one place where this is decided. Any scope that sees both tenants."""
    row = connection.execute(_accepted().where(engagements.c.id == id, _accept.c.person == person)).one_or_none()
    found = None if row is None else _engagement(row)
    return found if found is not None and found.holds(now) else None


def of_person(connection: Connection, home: str, person: int, now: datetime) -> list[Engagement]:
    """A reviewer's engagements now, by the office's name. Asked with ``WHOLE_SERVER``: it is the person's own list."""
    rows = connection.execute(_accepted().where(_accept.c.person == person, _accept.c.home == home)).all()
    return sorted((one for one in map(_engagement, rows) if one.holds(now)),
                  key=lambda one: (one.office.casefold(), one.id))


def of_tenant(connection: Connection, tenant: str) -> list[Granted]:
    """Every engagement that an office ever offered, newest first."""
    rows = connection.execute(sa.select(engagements).where(engagements.c.tenant == tenant)
                              .order_by(engagements.c.id.desc())).all()
    acts: dict[int, dict[str, Row[Any]]] = {}
    for one in connection.execute(sa.select(engagement_acts).where(engagement_acts.c.tenant == tenant)):
        acts.setdefault(one.engagement, {})[one.kind] = one
    return [_granted(row, acts.get(row.id, {})) for row in rows]


def get(connection: Connection, tenant: str, engagement: int) -> Granted | None:
    """One engagement of an office."""
    return next((one for one in of_tenant(connection, tenant) if one.id == engagement), None)


def offers(connection: Connection, addressee: str, now: datetime) -> list[Offer]:
    """What waits under a sign-in name, oldest first. Asked with ``WHOLE_SERVER``."""
    return _offers(connection, engagements.c.addressee == addressee, now)


def offered_by_code(connection: Connection, digest: str, now: datetime) -> Offer | None:
    """What waits under a code, by its digest. Asked with ``WHOLE_SERVER``."""
    return next(iter(_offers(connection, engagements.c.code == digest, now)), None)


_accept = engagement_acts.alias("accept")
_end = engagement_acts.alias("ended")


def _accepted() -> sa.Select[Any]:
    return (sa.select(engagements, _accept.c.person, _end.c.at.label("revoked"), tenants.c.name.label("office"),
                      pseudonym_keys.c.key)
            .join(_accept, sa.and_(_accept.c.tenant == engagements.c.tenant, _accept.c.engagement == engagements.c.id,
                                   _accept.c.kind == Kind.ACCEPTED.value))
            .join(people, sa.and_(people.c.id == _accept.c.person, people.c.tenant == _accept.c.home,
                                  people.c.role == Role.REVIEWER.value, people.c.disabled.is_(None)))
            .join(tenants, tenants.c.id == engagements.c.tenant)
            .join(pseudonym_keys, pseudonym_keys.c.tenant == engagements.c.tenant)
            .outerjoin(_end, sa.and_(_end.c.tenant == engagements.c.tenant, _end.c.engagement == engagements.c.id,
                                     _end.c.kind == Kind.REVOKED.value)))


def _offers(connection: Connection, condition: sa.ColumnElement[bool], now: datetime) -> list[Offer]:
    closed = sa.select(engagement_acts.c.engagement).where(engagement_acts.c.engagement == engagements.c.id)
    rows = connection.execute(
        sa.select(engagements, tenants.c.name.label("office"))
        .join(tenants, tenants.c.id == engagements.c.tenant)
        .where(condition, engagements.c.at <= now, engagements.c.until >= now.astimezone(UTC).date(), ~closed.exists())
        .order_by(engagements.c.id))
    return [Offer(row.id, row.tenant, row.office, _terms(row)) for row in rows]


def _terms(row: Row[Any]) -> Terms:
    return Terms(_texts(row.machines), _texts(row.areas), row.names_shown, row.until, row.basis)


def _texts(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(found)


def _engagement(row: Row[Any]) -> Engagement:
    terms = _terms(row)
    return Engagement(row.id, row.tenant, row.person, terms.machines, terms.areas, terms.names_shown, terms.until,
                      terms.basis, row.at, row.revoked, row.office,
                      keys.derived(row.key, f"engagement:{row.id}"))


def _granted(row: Row[Any], acts: dict[str, Row[Any]]) -> Granted:
    accepted, declined, revoked = (acts.get(kind.value) for kind in (Kind.ACCEPTED, Kind.DECLINED, Kind.REVOKED))
    return Granted(
        row.id, _terms(row), row.addressee, row.at, row.by, row.approved_by,
        accepted.at if accepted else None, accepted.by.partition(":")[2] if accepted else "",
        declined.at if declined else None, revoked.at if revoked else None,
        revoked.by if revoked else "", revoked.reason if revoked else "")
