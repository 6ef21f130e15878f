"""Who may sign in, and which outside reviewers may look."""

from __future__ import annotations

from datetime import date

import msgspec

from hustings.times import Moment
from server.access import rules
from server.api.call import Call
from server.api.endpoint import read
from server.api.paging import Page, Paged, cut
from server.store import engagements as engagements_store
from server.store import people as people_store

_READ = rules.api("people:read")


class Person(msgspec.Struct, frozen=True):
    """A person of the office."""

    id: int
    name: str
    role: str
    created: Moment
    disabled: Moment | None
    """Since when they may sign in no more."""


class Engagement(msgspec.Struct, frozen=True):
    """What an outside reviewer may see, as the office granted it."""

    number: int
    reviewer: str
    """Who accepted it; empty while nobody has."""
    machines: tuple[str, ...]
    """Ids of machines; none: every machine."""
    areas: tuple[str, ...]
    """Areas of the catalogue; none: every area."""
    names_shown: bool
    until: date
    basis: str
    """On what legal basis."""
    at: Moment
    by: str
    approved_by: str
    accepted: Moment | None
    declined: Moment | None
    revoked: Moment | None


@read("/v1/people", _READ)
def people(call: Call, asked: Paged) -> Page[Person]:
    """Everyone who may sign in, or might."""
    with call.database.read(call.tenant) as connection:
        found = people_store.every(connection, call.tenant)
    return cut(found, asked, lambda one: f"{one.id:020}", lambda one: Person(
        one.id, one.name, one.role.value, one.created, one.disabled))


@read("/v1/engagements", _READ)
def engagements(call: Call, asked: Paged) -> Page[Engagement]:
    """Every engagement that the office ever offered, the oldest first."""
    with call.database.read(call.tenant) as connection:
        found = engagements_store.of_tenant(connection, call.tenant)
    return cut(found, asked, lambda one: f"{one.id:020}", _engagement)


def _engagement(one: engagements_store.Granted) -> Engagement:
    terms = one.terms
    return Engagement(one.id, one.reviewer, terms.machines, terms.areas, terms.names_shown, terms.until, terms.basis,
                      one.at, one.by, one.approved_by, one.accepted, one.declined, one.revoked)


ROUTES = [people, engagements]
