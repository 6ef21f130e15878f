"""``/``: to the scorecard, in the reader's language."""

from __future__ import annotations

from litestar import get
from litestar.response import Redirect

from server.access import rules
from server.pages.language import preferred
from server.pages.site import Asked, SignedIn
from server.store.people import Role


@get("/", access=rules.ANYONE, sync_to_thread=False)
def front(request: Asked, session: SignedIn) -> Redirect:
    """By the ``Accept-Language`` header; reviewers of other offices to their queue."""
    place = "review" if session.role is Role.REVIEWER else ""
    return Redirect(f"/{preferred(request.headers.get('accept-language', ''))}/{place}", status_code=302)


ROUTES = [front]
