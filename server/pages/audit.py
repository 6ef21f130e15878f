"""The office's audit trail: who did what, when and from where, in plain sentences; and the head to note down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.response import Template

from server.access import rules
from server.pages import site
from server.pages.language import N_
from server.pages.navigation import Entry, Place
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.store import audit, audit_chain, audit_check
from server.store.audit import Act
from server.store.audit_check import Fault
from server.trail import telling

PAGE = 50
"""Lines of one page."""
TYPED_MOST = 100
FAULTS = {
    Fault.CHANGED: N_("The line was edited after it was written."),
    Fault.MISSING: N_("A line before it is gone, or lines stand in another order than they were written in."),
    Fault.OTHER: N_("It follows another line than the one before it: one was exchanged."),
    Fault.OUTSIDE: N_("It was added past the server: it is no part of the chain."),
    Fault.BEFORE: N_("What came before the first line of the chain is not what it was."),
    Fault.CUT: N_("The trail ends before the head that was noted down: its end was cut off."),
    Fault.NOTED: N_("The line at the place of the noted head is another one."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line as the page says it."""

    act: Act
    sentence: str
    whence: str
    details: tuple[tuple[str, str], ...]


@get("/{language:str}/office/audit", access=rules.OFFICE, sync_to_thread=True)
def trail(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """The newest lines first, filtered by person, act and day; with ``check`` the whole chain is computed anew."""
    language = site.checked(language)
    typed = {name: request.query_params.get(name, "").strip() for name in ("person", "action", "day", "before")}
    day, wrong = _day(typed["day"])
    if len(typed["person"]) > TYPED_MOST or not typed["person"].isprintable():
        wrong = "person"
    before = _number(typed["before"])
    asked = audit.Asked("" if wrong == "person" else typed["person"], typed["action"], day)
    with database.read(session.tenant) as connection:
        acts = [] if wrong else audit.recent(connection, session.tenant, limit=PAGE + 1, before=before, asked=asked)
        known = audit.actions(connection, session.tenant)
        total = 0 if wrong else audit.count(connection, session.tenant, asked)
        head = audit_chain.head(connection, session.tenant)
        checked = (audit_check.check(connection, session.tenant)
                   if request.query_params.get("check") == "yes" else None)
    lines = [Line(one, telling.sentence(one, language), telling.whence(one.origin, language),
                  tuple(telling.details(one))) for one in acts[:PAGE]]
    older = urlencode({**{name: value for name, value in typed.items() if value and name != "before"},
                       "before": acts[PAGE - 1].id}) if len(acts) > PAGE else ""
    made = site.page(
        "audit.html", request, language, session, here="office", lines=lines, typed=typed, wrong=wrong, total=total,
        kinds=sorted(((one, telling.label(one, language)) for one in known), key=lambda one: one[1].casefold()),
        older=older, paged=before is not None, head=head, checked=checked, faults=FAULTS,
        today=clock().date())
    made.status_code = 400 if wrong else 200
    return made


ROUTES = [trail]
ENTRIES = [Entry("audit", "/office/audit", N_("Audit trail"), rules.OFFICE, 90, Place.OFFICE,
                 N_("Who did what, when and from where; no line can be changed without it being found."))]


def _day(text: str) -> tuple[date | None, str]:
    """A day and an empty word, or none and ``day`` where it is none."""
    if not text:
        return None, ""
    try:
        return date.fromisoformat(text), ""
    except ValueError:
        return None, "day"


def _number(text: str) -> int | None:
    """The id to page on from. 404 for what is none."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFoundException
    return int(text)
