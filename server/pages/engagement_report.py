"""The report of an engagement as PDF: the reviewer's copy, and the office's own."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath as Path

from server.access import rules
from server.pages import site
from server.pages.review_queue import REVIEWER
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.printing.engagement import engagement_pdf
from server.reading import Reading
from server.reviewers import queue, recorded, reported
from server.store import engagements
from server.store.database import Database

LAST = 1 << 62


@get("/{language:str}/review/{number:int}/report.pdf", access=REVIEWER, sync_to_thread=True)
def reviewers(request: Asked, language: FromPath, number: Path[int], database: Store, clock: Clock,
              session: SignedIn) -> Response[bytes]:
    """For the reviewer, while the engagement holds; written into the office's trail as an export."""
    language = site.checked(language)
    now = clock()
    held = next((one for one in queue.clients(database, session, now) if one.id == number), None)
    if held is None:
        raise NotFoundException
    with database.write(held.tenant) as connection:
        recorded.note(connection, held, session, recorded.place(request.scope), now, page=False)
    return _pdf(request, language, database, held.tenant, number, clock, own=False)


@get("/{language:str}/office/engagements/{number:int}/report.pdf", access=rules.OFFICE, sync_to_thread=True)
def offices(request: Asked, language: FromPath, number: Path[int], database: Store, clock: Clock,
            session: SignedIn) -> Response[bytes]:
    """For the office, with real names, also after the engagement."""
    return _pdf(request, site.checked(language), database, session.tenant, number, clock, own=True)


ROUTES = [reviewers, offices]


def _pdf(request: Asked, language: str, database: Database, tenant: str, number: int, clock: Any, *,
         own: bool) -> Response[bytes]:
    reading: Reading = request.app.state["reading"]
    now = site.now(clock)
    office = reading.office(tenant)
    with database.read(tenant) as connection:
        granted = engagements.get(connection, tenant, number) if number < LAST else None
        if granted is None or granted.accepted is None:
            raise NotFoundException
        engagement = reported.engagement_of(connection, tenant, granted, office.name)
        found = reported.read(connection, office, engagement, granted, now, own=own)
    content = engagement_pdf(found, site.pack(), language, now, own=own)
    kind = "office" if own else "reviewer"
    return Response(content, media_type="application/pdf", headers={
        "content-disposition": f'inline; filename="engagement-{number}-{kind}-{now:%Y-%m-%d}-{language}.pdf"'})
