"""What offices let others see: quartiles of a size, and a parent jurisdiction's list of those that consent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from litestar import get
from litestar.response import Template

from server import comparison
from server.access import rules
from server.pages import site
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.pages.trend import shown
from server.store import sharing, tenants
from server.store.database import WHOLE_SERVER

RECENT = timedelta(days=7)
"""A closed day that is older says nothing of now."""


@get("/{language:str}/trend/compare", access=rules.OFFICE, sync_to_thread=True)
def compare(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """The office beside the quartiles of its size: only for one that lets itself be counted."""
    language = site.checked(language)
    now = site.now(clock)
    with database.read(WHOLE_SERVER) as connection:
        own = sharing.current(connection, session.tenant)
        band = own.band if own else None
        found = sharing.last_days(connection, sharing.counted(connection, band), _since(now)) if band else {}
        parent = tenants.get(connection, own.parent) if own and own.parent else None
    offices = {tenant: one.points.office for tenant, one in found.items() if one.points.office is not None}
    return site.page(
        "compare.html", request, language, session, here="trend", band=band, parent=parent, least=comparison.LEAST,
        quartiles=comparison.quartiles(one.lower for one in offices.values()), mine=offices.get(session.tenant),
        **shown(language))


@get("/{language:str}/jurisdiction", access=rules.OFFICE, sync_to_thread=True)
def jurisdiction(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """The offices that let this one see their points, by name."""
    language = site.checked(language)
    now = site.now(clock)
    with database.read(WHOLE_SERVER) as connection:
        offices = sharing.children(connection, session.tenant)
        found = sharing.last_days(connection, offices, _since(now))
    return site.page("jurisdiction.html", request, language, session, here="trend",
                     offices=[(one, found.get(one.id)) for one in offices], **shown(language))


ROUTES = [compare, jurisdiction]


def _since(now: datetime) -> date:
    return (now.astimezone(UTC) - RECENT).date()
