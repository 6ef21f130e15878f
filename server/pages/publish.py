"""Publishing: a public version is prepared, read, approved by two people, published, and perhaps withdrawn."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.response import Template
from sqlalchemy.engine import Connection

from hustings.errors import UsageError
from server import publishing
from server import scorecard as rules
from server.access import rules as may
from server.elections.days import today
from server.elections.phase import blocked, publication_block
from server.pages import site
from server.pages.language import language as spoken
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.planning.wording import money
from server.printing import gathered
from server.printing.public import Public
from server.problems import Refused
from server.publishing import Refusal
from server.records import Office
from server.store import publications
from server.store.publications import Publication
from server.store.sessions import Session

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
STATUS = {Refusal.ROLE: 403, Refusal.CHANGED: 409, Refusal.CLOSED: 409, Refusal.SAME: 409, Refusal.BLOCKED: 409,
          Refusal.REASON: 400}


@get("/{language:str}/publish", access=may.OFFICE, sync_to_thread=True)
def versions(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """Every version, what may leave, and the form that prepares one."""
    return _list(request, site.checked(language), database, clock, session)


@post("/{language:str}/publish/prepare", access=may.only(publishing.MAY_PREPARE), sync_to_thread=True)
def prepare(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Response[Any]:
    """Keep both files as they are now. Raises ``Refused`` for who may not."""
    language = site.checked(language)
    if session.role not in publishing.MAY_PREPARE:
        raise Refused("forbidden", "an administrator, IT staff or an official prepare a public version")
    now = site.now(clock)
    card = rules.scorecard(site.office(request, database, session), site.pack(), now)
    with database.write(session.tenant) as connection:
        number = publishing.prepare(connection, session.tenant, gathered.public_record(
            connection, session.tenant, card, site.pack()), now, f"person:{session.name}")
    return _to(f"/{language}/publish/{number}")


@post("/{language:str}/publish/handling", access=may.only(publishing.MAY_SET_HANDLING), sync_to_thread=True)
def handling(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock,
             session: SignedIn) -> Response[Any]:
    """Set the handling line of the annex."""
    language = site.checked(language)
    if session.role not in publishing.MAY_SET_HANDLING:
        raise Refused("forbidden", "an administrator sets the handling line")
    line = data.get("line", "")
    try:
        with database.write(session.tenant) as connection:
            publishing.set_handling(connection, session.tenant, line, site.now(clock), f"person:{session.name}")
    except UsageError:
        return _list(request, language, database, clock, session, line=line, status=400)
    return _to(f"/{language}/publish#handling")


@get("/{language:str}/publish/{number:str}", access=may.OFFICE, sync_to_thread=True)
def version(request: Asked, language: FromPath, number: FromPath, database: Store, clock: Clock,
            session: SignedIn) -> Template:
    """One version: what it says, who approved it, and the forms."""
    language = site.checked(language)
    with database.read(session.tenant) as connection:
        found = _found(connection, session, number)
    return _page(request, language, database, clock, session, found)


@get("/{language:str}/publish/{number:str}/preview.pdf", access=may.OFFICE, sync_to_thread=True)
def preview(language: FromPath, number: FromPath, database: Store, session: SignedIn) -> Response[bytes]:
    """The very bytes, for who reads them before approving."""
    language = site.checked(language)
    with database.read(session.tenant) as connection:
        found = _found(connection, session, number)
        content = publications.file(connection, session.tenant, found.id, language)
    return _pdf(content, f"preview-{found.id}-{language}.pdf")


@post("/{language:str}/publish/{number:str}/approve", access=may.only(publishing.MAY_APPROVE), sync_to_thread=True)
def approve(request: Asked, language: FromPath, number: FromPath, data: Form, database: Store, clock: Clock,
            session: SignedIn) -> Response[Any]:
    """Approve the very bytes that were read."""
    language = site.checked(language)
    now = site.now(clock)
    block = _block(site.office(request, database, session), now)
    reason = data.get("reason", "").strip()
    with database.write(session.tenant) as connection:
        found = _found(connection, session, number)
        found = publications.hold(connection, session.tenant, found.id) or found
        asked: dict[str, Any] = {"role": session.role, "person": session.name, "by": f"person:{session.name}",
                                 "given": data.get("digest", ""), "block": block[0] if block else "",
                                 "reason": reason}
        no: str | None = publishing.refusal(found, now, **asked)
        if no is None and data.get("read") != "yes":
            no = "unread"
        if no is None:
            publishing.approve(connection, session.tenant, found, now, **asked)
    if no == Refusal.ROLE:
        raise Refused("forbidden", "an administrator or an official approve")
    if no is not None:
        return _page(request, language, database, clock, session, found, refused=no, reason=reason,
                     status=400 if no == "unread" else STATUS[Refusal(no)])
    return _to(f"/{language}/publish/{found.id}")


@post("/{language:str}/publish/{number:str}/withdraw", access=may.only(publishing.MAY_APPROVE), sync_to_thread=True)
def withdraw(request: Asked, language: FromPath, number: FromPath, data: Form, database: Store, clock: Clock,
             session: SignedIn) -> Response[Any]:
    """Take a version back."""
    language = site.checked(language)
    if session.role not in publishing.MAY_APPROVE:
        raise Refused("forbidden", "an administrator or an official withdraw")
    reason = data.get("reason", "").strip()
    with database.read(session.tenant) as connection:
        found = _found(connection, session, number)
    try:
        with database.write(session.tenant) as connection:
            publishing.withdraw(connection, session.tenant, _found(connection, session, number), site.now(clock),
                                role=session.role, person=session.name, by=f"person:{session.name}", reason=reason)
    except UsageError:
        gone = publishing.standing(found, site.now(clock)).state is publishing.State.WITHDRAWN
        return _page(request, language, database, clock, session, found, withdrawal=reason,
                     refused="closed" if gone else "withdraw_reason", status=409 if gone else 400)
    return _to(f"/{language}/publish/{found.id}")


@get("/{language:str}/published/{name:str}", access=may.OFFICE, sync_to_thread=True)
def published(language: FromPath, name: FromPath, database: Store, clock: Clock,
              session: SignedIn) -> Response[bytes]:
    """What was published, at an address that stays: ``/en/published/3.pdf``. 404 for anything else."""
    language = site.checked(language)
    if not name.endswith(".pdf"):
        raise NotFoundException
    with database.read(session.tenant) as connection:
        found = _found(connection, session, name.removesuffix(".pdf"))
        if publishing.standing(found, site.now(clock)).state is not publishing.State.PUBLISHED:
            raise NotFoundException
        content = publications.file(connection, session.tenant, found.id, language)
    return _pdf(content, f"hustings-{found.prepared:%Y-%m-%d}-{found.id}-{language}.pdf")


ROUTES = [versions, prepare, handling, version, preview, approve, withdraw, published]


def _block(office: Office, now: datetime) -> tuple[str, Any, Any] | None:
    """The name of the election whose publication block holds, with the block's first and last day."""
    election = publication_block(office.elections, today(now, office.zone))
    return None if election is None else (election.name or election.id, *blocked(election))


def _found(connection: Connection, session: Session, number: str) -> Publication:
    found = (publications.get(connection, session.tenant, int(number))
             if number.isascii() and number.isdigit() and len(number) < 16 else None)
    if found is None:
        raise NotFoundException
    return found


def _list(request: Asked, language: str, database: Store, clock: Clock, session: Session, *, line: str | None = None,
          status: int = 200) -> Template:
    now = site.now(clock)
    office = site.office(request, database, session)
    with database.read(session.tenant) as connection:
        every = publications.every(connection, session.tenant)
        in_force = publishing.handling(connection, session.tenant)
    made = site.page(
        "publish.html", request, language, session, here="scorecard", office=office, block=_block(office, now),
        versions=[(one, publishing.standing(one, now)) for one in every],
        may_prepare=session.role in publishing.MAY_PREPARE, may_set=session.role in publishing.MAY_SET_HANDLING,
        handling=in_force, line=in_force if line is None else line, wrong=line is not None,
        most=publishing.HANDLING_MOST)
    made.status_code = status
    return made


def _page(request: Asked, language: str, database: Store, clock: Clock, session: Session, found: Publication, *,
          refused: str = "", reason: str = "", withdrawal: str = "", status: int = 200) -> Template:
    now = site.now(clock)
    office = site.office(request, database, session)
    stands = publishing.standing(found, now)
    with database.read(session.tenant) as connection:
        digests = {code: publishing.file_digest(publications.file(connection, session.tenant, found.id, code) or b"")
                   for code in ("en", "fr")}
    mine = next((one for one in stands.approvals if one.person == session.name), None)
    record = msgspec.json.decode(found.record, type=Public)
    made = site.page(
        "publication.html", request, language, session, here="scorecard", office=office, version_of=found,
        stands=stands, block=_block(office, now), digests=digests, record=record,
        total=money(record.plan.total, spoken(language)) if record.plan else "",
        may=session.role in publishing.MAY_APPROVE, mine=mine,
        open=stands.state in (publishing.State.PREPARED, publishing.State.ONE), refused=refused, reason=reason,
        withdrawal=withdrawal, least=publishing.REASON_LEAST, most=publishing.REASON_MOST,
        until=found.prepared + publishing.GOOD_FOR)
    made.status_code = status
    return made


def _pdf(content: bytes | None, name: str) -> Response[bytes]:
    if content is None:
        raise NotFoundException
    return Response(content, media_type="application/pdf",
                    headers={"content-disposition": f'inline; filename="{name}"'})


def _to(place: str) -> Response[bytes]:
    return Response(b"", status_code=303, headers={"location": place}, media_type="text/plain")
