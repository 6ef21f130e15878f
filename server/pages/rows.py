"""From a number down: the points, a row of the catalogue, an area."""

from __future__ import annotations

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.response import Template

from policies.grade import DEADLINE_DAYS, WEIGHTS
from server import drill
from server.access import rules
from server.actions import actions, with_effect
from server.pages import site
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.questions import AREAS, QUESTIONS
from server.scorecard import Scorecard

SHOWN = 100
"""Assets of one state that a page lists."""


@get("/{language:str}/points", access=rules.READ, sync_to_thread=True)
def points(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """Every row with what it weighs and brings: the sums are the bounds of the grade."""
    card = _card(request, language, database, clock, session)
    asked = request.query_params.get("question", "")
    asked = asked if asked in QUESTIONS else ""
    every = drill.lines(card.grade, card.items, site.pack())
    return site.page("points.html", request, language, session, here="scorecard", card=card, asked=asked,
                     lines=[one for one in every if not asked or AREAS[one.area] == asked],
                     lower=sum(one.share.lower for one in every if one.share),
                     upper=sum(one.share.upper for one in every if one.share))


@get("/{language:str}/rows/{row:str}", access=rules.READ, sync_to_thread=True)
def row(request: Asked, language: FromPath, row: FromPath, database: Store, clock: Clock,
        session: SignedIn) -> Template:
    """One row of the catalogue. 404 for what is none."""
    card = _card(request, language, database, clock, session)
    pack = site.pack()
    found = drill.row(card, pack, row)
    if found is None:
        raise NotFoundException
    open_ = actions(card.machines, card.items, pack, card.together, row=row)
    if card.weighing is not None:
        open_ = [with_effect(one, card.weighing) for one in open_]
    return site.page("row.html", request, language, session, here="scorecard", card=card, found=found, pack=pack,
                     actions=open_, weight=WEIGHTS[found.line.row.severity], weights=WEIGHTS,
                     deadline=DEADLINE_DAYS[found.line.row.severity], shown=SHOWN, states=drill.WORST,
                     accepted=[one for one in card.exceptions if _about(one.subject, found)],
                     aside=[one for one in (*card.set_aside, *card.refused) if _about(one[1].subject, found)])


@get("/{language:str}/areas/{code:str}", access=rules.READ, sync_to_thread=True)
def area(request: Asked, language: FromPath, code: FromPath, database: Store, clock: Clock,
         session: SignedIn) -> Template:
    """One area of the catalogue. 404 for what is none."""
    card = _card(request, language, database, clock, session)
    if code not in AREAS:
        raise NotFoundException
    pack = site.pack()
    return site.page("area.html", request, language, session, here="scorecard", card=card, code=code,
                     area=next((one for one in card.areas if one.code == code), None), question=AREAS[code],
                     lines=[one for one in drill.lines(card.grade, card.items, pack) if one.area == code],
                     unmeasured=drill.unmeasured(card.items, pack, code))


def _card(request: Asked, language: str, database: Store, clock: Clock, session: SignedIn) -> Scorecard:
    site.checked(language)
    return site.card(request, database, session, clock)


def _about(subject: str, found: drill.OfRow) -> bool:
    return subject == found.line.row.id or any(subject == check.id for check in found.checks)


ROUTES = [points, row, area]
