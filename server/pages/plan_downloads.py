"""The plan as files: for programs, spreadsheets, a board and a calendar."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.exceptions import NotFoundException

from server.access import rules
from server.pages import plan as plan_page
from server.pages import planning, site
from server.pages.planning import download
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.planning import csv_text, ics
from server.planning.made import Made
from server.store.database import Database
from server.store.plans import Stored
from server.store.sessions import Session

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@get("/{language:str}/plan.csv", access=rules.READ, sync_to_thread=True)
def as_csv(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Response[bytes]:
    """The lines for a spreadsheet; before the first plan, what agents report."""
    language = site.checked(language)
    office, shown = planning.shown(request, database, session, clock)
    if shown is None or shown.made is None or shown.stored is None:
        return plan_page.as_csv(office, language, clock)
    text = csv_text.as_csv(shown.made, language)
    body = text if isinstance(text, bytes) else text.encode("utf-8-sig")
    return download(body, "text/csv", _name(shown.made, language, "csv"))


@get("/{language:str}/plan.json", access=rules.READ, sync_to_thread=True)
def as_json(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Response[bytes]:
    """The very bytes whose hash is approved."""
    language = site.checked(language)
    made, stored = _found(request, database, session, clock)
    return download(stored.document, "application/json", _name(made, language, "json"))


@get("/{language:str}/plan.xlsx", access=rules.READ, sync_to_thread=True)
def as_xlsx(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Response[bytes]:
    """A workbook."""
    language = site.checked(language)
    from server.planning import xlsx

    made, _ = _found(request, database, session, clock)
    return download(xlsx.workbook(made, language), XLSX, _name(made, language, "xlsx"))


@get("/{language:str}/plan.pdf", access=rules.READ, sync_to_thread=True)
def as_pdf(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Response[bytes]:
    """For a board."""
    language = site.checked(language)
    from server.planning import printed

    made, _ = _found(request, database, session, clock)
    return download(printed.as_pdf(made, language), "application/pdf", _name(made, language, "pdf"))


@get("/{language:str}/plan.ics", access=rules.READ, sync_to_thread=True)
def as_ics(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Response[bytes]:
    """Its dates for a calendar."""
    language = site.checked(language)
    made, _ = _found(request, database, session, clock)
    text = ics.calendar(made, language)
    return download(text if isinstance(text, bytes) else text.encode(), "text/calendar",
                    _name(made, language, "ics"))


ROUTES = [as_csv, as_json, as_xlsx, as_pdf, as_ics]


def _found(request: Asked, database: Database, session: Session, clock: Any) -> tuple[Made, Stored]:
    _, shown = planning.shown(request, database, session, clock)
    if shown is None or shown.made is None or shown.stored is None:
        raise NotFoundException
    return shown.made, shown.stored


def _name(made: Made, language: str, kind: str) -> str:
    return f"{'plan-de-remplacement' if language == 'fr' else 'replacement-plan'}-{made.problem.today}.{kind}"
