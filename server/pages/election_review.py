"""After an election: what was open on the day, and what to carry into the next plan."""

from __future__ import annotations

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.response import Template

from server import reviewing
from server.access import rules
from server.elections import days
from server.elections.phase import phase
from server.elections.review import SHOWN_CHANGES
from server.pages import site
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store


@get("/{language:str}/calendar/{election:str}/review", access=rules.READ, sync_to_thread=True)
def review(request: Asked, language: FromPath, election: FromPath, database: Store, clock: Clock,
           session: SignedIn) -> Template:
    """One election that is over. 404 for none, a cancelled one, or another office's."""
    language = site.checked(language)
    office = site.office(request, database, session)
    now = site.now(clock)
    found = next((one for one in office.elections if one.id == election), None)
    if found is None:
        raise NotFoundException
    today = days.today(now, office.zone)
    over = found.last < today
    made = reviewing.read(database, session.tenant, office, found, site.pack(), now) if over else None
    return site.page("calendar_review.html", request, language, session, here="calendar", office=office, today=today,
                     election=found, phase=phase(office.elections, today), review=made, most=SHOWN_CHANGES)


ROUTES = [review]
