"""``/``: to the scorecard, in the reader's language."""

from __future__ import annotations

from litestar import get
from litestar.response import Redirect

from server.access import rules
from server.pages.language import preferred
from server.pages.site import Asked


@get("/", access=rules.ANYONE, sync_to_thread=False)
def front(request: Asked) -> Redirect:
    """By the ``Accept-Language`` header."""
    return Redirect(f"/{preferred(request.headers.get('accept-language', ''))}/", status_code=302)


ROUTES = [front]
