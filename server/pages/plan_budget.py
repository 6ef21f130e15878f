"""What money there is by fund and year, and how many hours the office's own staff can give."""

from __future__ import annotations

import asyncio
import csv
import io
from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Template

from hustings.errors import BadDocument
from server.access import rules
from server.pages import planning, site
from server.pages.language import N_
from server.pages.planning import Form
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.planning import budget_file
from server.planning.model import Budget
from server.planning.row_problem import FileProblems
from server.store import audit, budgets
from server.store.database import Database
from server.store.sessions import Session

MAX_BYTES = 1 << 20
FIELDS = ("fund", "year", "amount", "kinds", "match", "expires")
BLANK = 4
"""Empty lines of the form below those that are filled."""
LINES = 200
EXAMPLE = """fund,year,amount,kinds,match,expires
General fund,2027,60000,,,
General fund,2028,45000,,,
HAVA security grant,2027,40000,pollbook tabulator registration-db,0.2,2027-09-30
"""
Upload = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with what was typed or sent."""

    problems: tuple[tuple[str, str, str], ...] = ()
    """Where, what, and how to mend it."""
    plain: str = ""


@get("/{language:str}/plan/budget", access=rules.OFFICE)
async def show(request: Asked, language: FromPath, database: Store, session: SignedIn) -> Template:
    """The money and hours in force, and the forms that change them."""
    language = site.checked(language)
    return await asyncio.to_thread(_page, request, language, session, database)


@post("/{language:str}/plan/budget", access=rules.only(planning.MAY_DECLARE), sync_to_thread=True)
def declare(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock,
            session: SignedIn) -> Response[Any]:
    """Declare the whole budget anew from the lines that were typed."""
    language = site.checked(language)
    planning.may(session, planning.MAY_DECLARE, "an administrator or IT staff declare the budget")
    typed = _typed(data)
    return _declared(request, language, session, database, clock, _as_csv(typed), "", typed)


@post("/{language:str}/plan/budget/file", access=rules.only(planning.MAY_DECLARE),
      sync_to_thread=True, request_max_body_size=MAX_BYTES + (64 << 10))
def upload(request: Asked, language: FromPath, data: Upload, database: Store, clock: Clock,
           session: SignedIn) -> Response[Any]:
    """The same from a file."""
    language = site.checked(language)
    planning.may(session, planning.MAY_DECLARE, "an administrator or IT staff declare the budget")
    sent = data.get("file")
    body = sent.file.read(MAX_BYTES + 1) if isinstance(sent, UploadFile) else b""
    if not isinstance(sent, UploadFile) or not body:
        return _page(request, language, session, database, file_wrong=Wrong(plain="none"), status=400)
    if len(body) > MAX_BYTES:
        return _page(request, language, session, database, file_wrong=Wrong(plain="large"), status=413)
    return _declared(request, language, session, database, clock, body, sent.filename[-200:], None)


@post("/{language:str}/plan/hours", access=rules.only(planning.MAY_DECLARE), sync_to_thread=True)
def hours(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock,
          session: SignedIn) -> Response[Any]:
    """Declare the hours that staff can give in a month; none for no limit."""
    language = site.checked(language)
    planning.may(session, planning.MAY_DECLARE, "an administrator or IT staff declare the hours")
    typed = data.get("hours", "").strip()
    value = _hours(typed)
    if typed and value is None:
        return _page(request, language, session, database, hours_typed=typed, status=400)
    now, by = site.now(clock), f"person:{session.name}"
    with database.write(session.tenant) as connection:
        budgets.set_hours(connection, session.tenant, value, now=now, by=by)
        audit.record(connection, session.tenant, now, by, "plan.hours", "", {"hours_per_month": value})
    planning.make(request, database, session, clock)
    return planning.go(f"/{language}/plan/budget#hours")


@get("/{language:str}/plan/example-budget.csv", access=rules.OFFICE, sync_to_thread=False)
def example(language: FromPath, session: SignedIn) -> Response[bytes]:
    """A budget to start from."""
    site.checked(language)
    return planning.download(EXAMPLE.encode(), "text/csv", "budget.csv")


ROUTES = [show, declare, upload, hours, example]


def _hours(text: str) -> float | None:
    """A number of hours as people write it, ``40`` or ``37,5``; None for anything else."""
    plain = text.replace(",", ".")
    if not plain.replace(".", "", 1).isascii() or not plain.replace(".", "", 1).isdigit() or len(plain) > 8:
        return None
    return float(plain)


def _typed(data: dict[str, str]) -> list[dict[str, str]]:
    """The lines of the form, in order, those without a word left out."""
    found = []
    for number in range(LINES):
        line = {field: data.get(f"{field}-{number}", "").strip() for field in FIELDS}
        if any(line.values()):
            found.append(line)
    return found


def _as_csv(lines: list[dict[str, str]]) -> bytes:
    """The typed lines as the file that the one reader of budgets reads; line 2 is the first of the form."""
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS)
    writer.writeheader()
    writer.writerows({name: " ".join(value.split()) for name, value in one.items()} for one in lines)
    return out.getvalue().encode()


def _declared(request: Asked, language: str, session: Session, database: Database, clock: Any, body: bytes,
              file: str, typed: list[dict[str, str]] | None) -> Response[Any]:
    try:
        lines = budget_file.read(body, file or "budget")
    except FileProblems as problems:
        wrong = Wrong(tuple((_where(one.line, one.column, file, language), *one.said(language))
                            for one in problems.problems[:50]))
    except BadDocument as bad:
        wrong = Wrong(plain=str(bad))
    else:
        now, by = site.now(clock), f"person:{session.name}"
        with database.write(session.tenant) as connection:
            number = budgets.add(connection, session.tenant, lines, file=file, now=now, by=by)
            audit.record(connection, session.tenant, now, by, "budget.declare", str(number),
                         {"file": file, "lines": len(lines)})
        planning.make(request, database, session, clock)
        return planning.go(f"/{language}/plan/budget")
    if typed is None:
        return _page(request, language, session, database, file_wrong=wrong, status=400)
    return _page(request, language, session, database, typed=typed, wrong=wrong, status=400)


def _where(line: int, column: str, file: str, language: str) -> str:
    """Line 2 of what is read is the first line of the form."""
    from server.pages.language import language as spoken

    speak = spoken(language)
    place = "" if not line else (speak.say(N_("line %(line)s")) % {"line": line if file else max(1, line - 1)})
    return ", ".join(filter(None, (place, column)))


def _page(request: Request[Any, Any, Any], language: str, session: Session, database: Database, *,
          typed: list[dict[str, str]] | None = None, wrong: Wrong | None = None, file_wrong: Wrong | None = None,
          hours_typed: str | None = None, status: int = 200) -> Template:
    office = site.office(request, database, session)
    with database.read(session.tenant) as connection:
        versions = budgets.versions(connection, session.tenant)
        settings = budgets.settings(connection, session.tenant)
    current = versions[0] if versions else None
    lines = typed if typed is not None else [_line(one) for one in current.lines] if current else []
    blank = dict.fromkeys(FIELDS, "")
    hours_now = settings.hours_per_month if settings else None
    return planning.page(
        "plan_budget.html", request, language, session, status=status, office=office, current=current,
        versions=versions, lines=[*lines, *([blank] * min(BLANK, max(0, LINES - len(lines))))], wrong=wrong,
        file_wrong=file_wrong, hours_now=hours_now, settings=settings,
        hours_typed=hours_typed if hours_typed is not None else f"{hours_now:g}" if hours_now is not None else "",
        hours_wrong=hours_typed is not None)


def _line(one: Budget) -> dict[str, str]:
    amount = f"{one.amount // 100}" if one.amount % 100 == 0 else f"{one.amount / 100:.2f}"
    return {"fund": one.fund, "year": str(one.year), "amount": amount, "kinds": " ".join(one.kinds),
            "match": f"{one.match:g}" if one.match else "", "expires": one.expires.isoformat() if one.expires else ""}
