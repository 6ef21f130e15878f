"""What if: other money, other voting days, other hours. Nothing of it is stored."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Template

from server.access import rules
from server.pages import planning, site
from server.pages.language import N_
from server.pages.language import language as spoken
from server.pages.planning import Form, Shown
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.planning import difference, document, headlines
from server.planning.made import Made
from server.planning.model import Budget, Election, Problem
from server.planning.money import cents
from server.records import Office
from server.store.database import Database
from server.store.sessions import Session

FIRST, LAST = date(2000, 1, 1), date(2100, 12, 31)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the change does. ``made`` None: it is still being worked out."""

    made: Made | None
    sentences: tuple[str, ...] = ()
    headlines: tuple[str, ...] = ()
    different: bool = True


class BadField(Exception):
    """A field that cannot be read."""

    def __init__(self, field: str, text: str) -> None:
        self.field, self.text = field, text
        super().__init__(field)


@get("/{language:str}/plan/what-if", access=rules.OFFICE)
async def show(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Response[Any]:
    """The money, days and hours of the plan, to change."""
    return await asyncio.to_thread(_show, request, site.checked(language), database, clock, session)


@post("/{language:str}/plan/what-if", access=rules.OFFICE, sync_to_thread=True)
def ask(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock,
        session: SignedIn) -> Response[Any]:
    """What a change would do to the plan. Nothing is stored."""
    language = site.checked(language)
    office, shown = planning.shown(request, database, session, clock)
    if shown is None or shown.made is None or shown.stored is None:
        return planning.go(f"/{language}/plan")
    problem = shown.made.problem
    typed = {name: data.get(name, value).strip() for name, value in _as_typed(problem).items()}
    try:
        changed = _changed(problem, typed)
    except BadField as bad:
        return _page(request, language, session, office, shown, typed, bad=bad, status=400)
    if changed == problem:
        return _page(request, language, session, office, shown, typed, unchanged=True)
    made = planning.maker(request).ask(msgspec.structs.replace(shown.made, problem=changed), planning.PATIENCE)
    if made is None:
        return _page(request, language, session, office, shown, typed, answer=Answer(None))
    speak = spoken(language)
    moved = difference.compare(document.read(shown.stored.document, "plan"),
                               document.read(document.encoded(made, "en"), "plan"))
    answer = Answer(made, difference.in_words(moved, speak), headlines.headlines(made, speak),
                    not moved.nothing)
    return _page(request, language, session, office, shown, typed, answer=answer)


ROUTES = [show, ask]


def _show(request: Asked, language: str, database: Database, clock: Any, session: Session) -> Any:
    office, shown = planning.shown(request, database, session, clock)
    if shown is None or shown.made is None:
        return planning.go(f"/{language}/plan")
    return _page(request, language, session, office, shown, _as_typed(shown.made.problem))


def _as_typed(problem: Problem) -> dict[str, str]:
    """The form's fields as they are filled from the plan."""
    hours = problem.calendar.hours_per_month
    return {
        **{f"budget-{number}": _amount(one) for number, one in enumerate(problem.budgets)},
        **{f"election-{number}": one.date.isoformat() for number, one in enumerate(problem.calendar.elections)},
        "hours": "" if hours is None else f"{hours:g}",
    }


def _amount(one: Budget) -> str:
    return f"{one.amount // 100}" if one.amount % 100 == 0 else f"{one.amount / 100:.2f}"


def _changed(problem: Problem, typed: dict[str, str]) -> Problem:
    """The problem with what was typed. A freeze goes with the election it is for. Raises ``BadField``."""
    budgets = tuple(msgspec.structs.replace(one, amount=_cents(f"budget-{number}", typed))
                    for number, one in enumerate(problem.budgets))
    elections: list[Election] = []
    moved: dict[date, set[date]] = {}
    for number, one in enumerate(problem.calendar.elections):
        day = _day(f"election-{number}", typed)
        moved.setdefault(one.date, set()).add(day)
        elections.append(Election(day, one.name, one.scale))
    freezes = tuple(msgspec.structs.replace(one, around=tuple(sorted(set[date]().union(
        *(moved.get(day, {day}) for day in one.around)))))
                    for one in problem.calendar.freezes)
    calendar = msgspec.structs.replace(
        problem.calendar, elections=tuple(elections), freezes=freezes, hours_per_month=_hours(typed))
    return msgspec.structs.replace(problem, budgets=budgets, calendar=calendar)


def _cents(field: str, typed: dict[str, str]) -> int:
    text = typed[field].removeprefix("$").removesuffix("$").replace("\u00a0", "").replace(" ", "")
    try:
        found = cents(text)
    except ValueError:
        raise BadField(field, N_("That is no amount: write it in dollars, as 60000 or 60000.50.")) from None
    if found < 0:
        raise BadField(field, N_("That is no amount: write it in dollars, as 60000 or 60000.50."))
    return found


def _day(field: str, typed: dict[str, str]) -> date:
    try:
        day = date.fromisoformat(typed[field])
    except ValueError:
        raise BadField(field, N_("That is no day: write it as 2027-11-02.")) from None
    if not FIRST <= day <= LAST:
        raise BadField(field, N_("That is no day: write it as 2027-11-02."))
    return day


def _hours(typed: dict[str, str]) -> float | None:
    text = typed["hours"].replace(",", ".")
    if not text:
        return None
    if not text.isascii() or not text.replace(".", "", 1).isdigit() or len(text) > 8:
        raise BadField("hours", N_("That is no number of hours: write 40 or 37.5, or nothing for no limit."))
    return float(text)


def _page(request: Asked, language: str, session: Session, office: Office, shown: Shown, typed: dict[str, str], *,
          answer: Answer | None = None, bad: BadField | None = None, unchanged: bool = False,
          status: int = 200) -> Template:
    made = shown.made
    assert made is not None
    ahead = [(number, one) for number, one in enumerate(made.problem.calendar.elections)
             if one.date >= made.problem.today]
    return planning.page("plan_what_if.html", request, language, session, status=status, office=office, shown=shown,
                         made=made, typed=typed, ahead=ahead, answer=answer, bad=bad, unchanged=unchanged)
