"""What every page has: its language, the way to the other one, who is signed in, and the office read once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias

from litestar import Request, params
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.response import Template

from policies.model import LANGUAGES, Pack
from server.cards import Cards
from server.closing import Closer
from server.elections.phase import of_office
from server.pages.language import chosen
from server.reading import Reading
from server.records import Office
from server.scorecard import Scorecard
from server.store.database import Database
from server.store.sessions import Session

Asked: TypeAlias = Request[Any, Any, State]
FromPath: TypeAlias = params.FromPath[str]
Store: TypeAlias = NamedDependency[Database]
Clock: TypeAlias = NamedDependency[Any]
SignedIn: TypeAlias = NamedDependency[Session]


@cache
def pack() -> Pack:
    """The policy pack of this release."""
    from policies.pack import shipped

    return shipped()


def office(request: Asked, database: Database, session: Session) -> Office:
    """The office of whoever is signed in, and no other."""
    reading: Reading = request.app.state["reading"]
    return reading.office(session.tenant)


def card(request: Asked, database: Database, session: Session, clock: Callable[[], datetime]) -> Scorecard:
    """The scorecard of that office now."""
    cards: Cards = request.app.state["cards"]
    return cards.card(session.tenant, office(request, database, session), pack(), now(clock))


def closer(request: Asked, database: Database, clock: Callable[[], datetime]) -> Closer:
    """What closes days and hands out closed ones."""
    state = request.app.state
    if "closer" not in state:
        state["closer"] = Closer(database, pack(), clock)
    found: Closer = state["closer"]
    return found


def now(clock: Callable[[], datetime]) -> datetime:
    return clock().replace(microsecond=0)


def checked(language: str) -> str:
    """A language from a path. Raises Litestar's 404 for any other word."""
    if language not in LANGUAGES:
        raise NotFoundException
    return language


def page(template: str, request: Asked, language: str, session: Session, *, here: str, **context: Any) -> Template:
    """A page for a person who is signed in. ``here`` is its entry in the navigation. A page about an ``office`` knows
    its ``phase``: days to go and what they mean."""
    if "office" in context:
        context.setdefault("phase", of_office(context["office"], now(request.app.state["clock"])))
    return Template(template, context={"language": language, "person": session.name, "who": session, "here": here,
                                       **context})


def language_of(request: Asked) -> str:
    """The language of a page whose address does not name one."""
    return chosen(request.url.path, request.query_params, request.headers.get("accept-language", ""))
