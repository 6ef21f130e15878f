"""What the pages of the plan share: the table of support dates, who may do what, the office's plan."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from litestar import Response
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Template

from policies.equipment import Equipment, shipped
from policies.lifecycle import Table
from server.pages import plan_words as words
from server.pages import site
from server.pages.language import language as spoken
from server.pages.site import Asked
from server.planning import joined, office_plan, wording
from server.planning.made import Made
from server.planning.office_plan import Inputs, Maker
from server.planning.place import key
from server.problems import Refused
from server.records import Office
from server.store import people, plans
from server.store.database import Database
from server.store.plans import Approval, Stored
from server.store.sessions import Session

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
MAY_DECLARE = frozenset((people.Role.ADMINISTRATOR, people.Role.STAFF))
"""Who may say what equipment and money there is, and have the plan made."""
MAY_APPROVE = frozenset((people.Role.ADMINISTRATOR, people.Role.OFFICIAL))
PATIENCE = 8.0
"""Seconds that a page waits for a plan; it goes on being made."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The office's plan as it stands. ``stored`` None: it has never been made."""

    inputs: Inputs
    stored: Stored | None
    made: Made | None
    approvals: tuple[Approval, ...]
    approved: Stored | None
    """The plan that was approved last, whichever it is."""

    @property
    def outdated(self) -> bool:
        """Whether something that decides the plan has changed since it was made."""
        return self.stored is None or self.stored.inputs != self.inputs.fingerprint

    @property
    def approval(self) -> Approval | None:
        """The last approval of this very plan."""
        return next((one for one in self.approvals if self.stored and one.digest == self.stored.digest), None)


@cache
def table() -> Table:
    """The support dates of this release."""
    return Table.of(site.pack().tables)


@cache
def models() -> Equipment:
    """The voting equipment this release knows."""
    return shipped()


def maker(request: Asked) -> Maker:
    """The one maker of plans of this server."""
    state = request.app.state
    if "plan_maker" not in state:
        state["plan_maker"] = Maker()
    found: Maker = state["plan_maker"]
    return found


def inputs(request: Asked, database: Database, session: Session, clock: Any) -> tuple[Office, Inputs | None]:
    """The office, and what its plan rests on; None while it has no equipment list."""
    office = site.office(request, database, session)
    with database.read(session.tenant) as connection:
        return office, office_plan.gather(connection, session.tenant, office, table(), models(), site.now(clock))


def shown(request: Asked, database: Database, session: Session, clock: Any) -> tuple[Office, Shown | None]:
    """The office's plan; None while it has no equipment list."""
    office, found = inputs(request, database, session, clock)
    if found is None:
        return office, None
    with database.read(session.tenant) as connection:
        stored = plans.current(connection, session.tenant)
        approvals = tuple(plans.approvals(connection, session.tenant))
        approved = plans.get(connection, session.tenant, approvals[0].plan) if approvals else None
    return office, Shown(found, stored, office_plan.record(stored) if stored else None, approvals, approved)


def make(request: Asked, database: Database, session: Session, clock: Any) -> bool:
    """Make the plan of what the records say now. False if that takes longer than a page waits."""
    _, found = inputs(request, database, session, clock)
    if found is None:
        return True
    return office_plan.make(maker(request), database, session.tenant, found, site.now(clock),
                            f"person:{session.name}", PATIENCE) is not None


def may(session: Session, roles: frozenset[people.Role], what: str) -> None:
    """Raises ``Refused`` for a person of another role."""
    if session.role not in roles:
        raise Refused("forbidden", what)


def page(template: str, request: Asked, language: str, session: Session, *, status: int = 200,
         **context: Any) -> Template:
    """A page of the plan, with what all of them say amounts and links with."""
    speak = spoken(language)
    made = site.page(
        template, request, language, session, here="plan", money=lambda cents: wording.money(cents, speak),
        inert=wording.inert, line_key=key, plan_words=words, may_declare=session.role in MAY_DECLARE,
        may_approve=session.role in MAY_APPROVE, silent_days=joined.SILENT.days, **context)
    made.status_code = status
    return made


def go(place: str) -> Response[Any]:
    """After a form: to another page."""
    return Response(b"", status_code=303, headers={"location": place}, media_type="text/plain")


def download(body: bytes, kind: str, name: str) -> Response[bytes]:
    return Response(body, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})
