"""How grades are made, in plain words and with the very numbers the code uses."""

from __future__ import annotations

from litestar import get
from litestar.response import Template

from hustings.verdicts import Severity
from policies import grade
from policies.grade import Item
from policies.not_applicable import LIMIT
from server.access import rules
from server.glossary import REVIEWED, WORDS
from server.pages import site
from server.pages.language import N_
from server.pages.navigation import Entry
from server.pages.site import Asked, FromPath, SignedIn
from server.questions import AREAS
from server.standing import LATE_AFTER, SILENT_AFTER

EXAMPLE = (
    Item("PAT-01", Severity.CRITICAL, passed=1.0, known=1.0),
    Item("PAT-02", Severity.HIGH, passed=0.0, known=1.0, failing=Severity.HIGH),
    Item("DEV-04", Severity.HIGH, passed=0.75, known=1.0, failing=Severity.HIGH),
    Item("LOG-01", Severity.MEDIUM, passed=0.0, known=0.0, undecided=Severity.MEDIUM),
)
"""Four controls on four machines, worked out on the page by the very code that grades."""
EXAMPLE_GRADE = grade.grade(EXAMPLE)


@get("/{language:str}/method", access=rules.ANYONE, sync_to_thread=True)
def method(request: Asked, language: FromPath, session: SignedIn) -> Template:
    """The grading method, its formula with an example, and the rows it grades."""
    language = site.checked(language)
    pack = site.pack()
    measured = {check.catalogue for check in pack.checks}
    return site.page(
        "method.html", request, language, session, here="method", grade=grade, pack=pack, areas=AREAS,
        example=EXAMPLE, example_grade=EXAMPLE_GRADE,
        shares=grade.shares(EXAMPLE), limit=LIMIT,
        rows={area: [row for row in pack.rows if row.id.startswith(area + "-")] for area in AREAS},
        measured=measured, late_hours=int(LATE_AFTER.total_seconds() // 3600), silent_days=SILENT_AFTER.days)


@get("/{language:str}/glossary", access=rules.ANYONE, sync_to_thread=True)
def glossary(request: Asked, language: FromPath, session: SignedIn) -> Template:
    """The words of the pages, in both languages."""
    language = site.checked(language)
    return site.page("glossary.html", request, language, session, here="method", glossary=WORDS, reviewed=REVIEWED,
                     other="en" if language == "fr" else "fr")


ROUTES = [method, glossary]
ENTRIES = [Entry("method", "/method", N_("Method"), rules.ANYONE, 90)]
