"""The office's own affairs: one page that leads to all of them."""

from __future__ import annotations

from litestar import get
from litestar.response import Template

from server.access import rules
from server.pages import site
from server.pages.language import N_
from server.pages.navigation import Entry
from server.pages.site import Asked, FromPath, SignedIn


@get("/{language:str}/office", access=rules.OFFICE, sync_to_thread=False)
def office(request: Asked, language: FromPath, session: SignedIn) -> Template:
    """What there is to look after, each with a sentence."""
    return site.page("office.html", request, site.checked(language), session, here="office")


ROUTES = [office]
ENTRIES = [Entry("office", "/office", N_("Office"), rules.OFFICE, 85)]
