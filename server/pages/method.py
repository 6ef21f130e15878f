"""How grades are made, in plain words and with the very numbers the code uses."""

from __future__ import annotations

from litestar import get
from litestar.response import Template

from policies import grade
from server.pages import site
from server.pages.site import Asked, FromPath, SignedIn
from server.questions import AREAS
from server.standing import LATE_AFTER, SILENT_AFTER


@get("/{language:str}/method", sync_to_thread=True)
def method(request: Asked, language: FromPath, session: SignedIn) -> Template:
    """The grading method and the rows it grades."""
    language = site.checked(language)
    pack = site.pack()
    measured = {check.catalogue for check in pack.checks}
    return site.page(
        "method.html", request, language, session, here="method", grade=grade, pack=pack, areas=AREAS,
        rows={area: [row for row in pack.rows if row.id.startswith(area + "-")] for area in AREAS},
        measured=measured, late_hours=int(LATE_AFTER.total_seconds() // 3600), silent_days=SILENT_AFTER.days)


ROUTES = [method]
