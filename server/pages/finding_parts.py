"""What the pages of findings share."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Template
from sqlalchemy.engine import Connection

from server.access import rules
from server.access.rules import permits
from server.spoken import Spoken
from server.store import people
from server.store.people import Person, Role
from server.store.sessions import Session

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
FROM_HERE = ("state", "severity", "area", "machine", "site", "who", "owner", "fix")
"""What the form of filters asks with a list to choose from."""
_PICK = "n-"


def owners(connection: Connection, session: Session) -> list[Person]:
    """Who may be given a finding: the people of the office that can sign in. A reviewer is shown none of them."""
    if session.engagement is not None or session.role is Role.REVIEWER:
        return []
    return [one for one in people.every(connection, session.tenant) if one.disabled is None]


def picked(data: dict[str, str]) -> list[int]:
    """The findings that were ticked in a list."""
    marks = (name.removeprefix(_PICK) for name in data if name.startswith(_PICK))
    return sorted({int(one) for one in marks if one.isascii() and one.isdigit() and len(one) < 16})


def refused(page: Template, wrong: Spoken | None) -> Template:
    """The page again, as an answer that says no where something is wrong."""
    page.status_code = 200 if wrong is None else 400
    return page


def sees_machines(session: Session) -> bool:
    """Whether somebody may open the pages of machines and reports."""
    return permits(rules.READ, session)


def go(place: str) -> Response[Any]:
    """After a form: to another page."""
    return Response(b"", status_code=303, headers={"location": place}, media_type="text/plain")
