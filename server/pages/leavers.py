"""People who left: every place where they can still get in, by person."""

from __future__ import annotations

from litestar import get
from litestar.response import Template

from server import leavers as rules
from server import scorecard
from server.access import rules as may
from server.pages import site
from server.pages.language import N_
from server.pages.navigation import Entry
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store


@get("/{language:str}/leavers", access=may.READ, sync_to_thread=True)
def leavers(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """Over all machines of the office."""
    language = site.checked(language)
    office = site.office(request, database, session)
    machines = scorecard.everyone(office, site.pack(), site.now(clock))
    return site.page("leavers.html", request, language, session, here="leavers", office=office,
                     picture=rules.picture(machines))


ROUTES = [leavers]
ENTRIES = [Entry("leavers", "/leavers", N_("Leavers"), may.READ, 60)]
