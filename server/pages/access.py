"""Who may do what in each registration database: the picture, its sentences, its tables and its signature."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.response import Template

from policies.model import Check, Fix
from server import access_difference, access_export, access_matrix, access_review, access_sentences
from server import scorecard as rules
from server.access import rules as may
from server.access_difference import Fault, Picture
from server.access_overview import overview
from server.actions import fix_for
from server.config import Config
from server.pages import site
from server.pages.language import N_
from server.pages.language import language as spoken
from server.pages.navigation import Entry
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.problems import Refused
from server.records import Office

Settings = NamedDependency[Config]
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
LINES = 100
"""Rights of one page."""
REACHABLE = 200
"""Rights within reach that a page shows; the download has all."""


@dataclass(frozen=True, slots=True)
class Group:
    """The faults of one row of the catalogue, and the check that judges it."""

    row: str
    faults: tuple[Fault, ...]
    check: Check | None
    fix: Fix | None


@get("/{language:str}/access", access=may.READ, sync_to_thread=True)
def databases(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """Every registration database that a machine reports, with the gravest sentence about it."""
    language = site.checked(language)
    office = site.office(request, database, session)
    machines = rules.everyone(office, site.pack(), site.now(clock))
    return site.page("access_list.html", request, language, session, here="access", office=office,
                     lines=overview(machines, office.reviews, site.pack(), spoken(language)))


@get("/{language:str}/machines/{agent:str}/access/{name:str}", access=may.READ, sync_to_thread=True)
def picture(request: Asked, language: FromPath, agent: FromPath, name: FromPath, database: Store, clock: Clock,
            session: SignedIn) -> Template:
    """One database. 404 for any other office's."""
    language = site.checked(language)
    office = site.office(request, database, session)
    return _page(request, language, session, office, _found(office, agent, name, clock))


@get("/{language:str}/machines/{agent:str}/access/{name:str}/rights.csv", access=may.READ, sync_to_thread=True)
def as_csv(request: Asked, language: FromPath, agent: FromPath, name: FromPath, database: Store, clock: Clock,
           session: SignedIn) -> Response[bytes]:
    """Its rights for a spreadsheet: UTF-8 with a mark, as spreadsheets expect it."""
    language = site.checked(language)
    found = _found(site.office(request, database, session), agent, name, clock)
    return _download(access_export.as_csv(found, language).encode("utf-8-sig"), "text/csv; charset=utf-8",
                     f"{'droits' if language == 'fr' else 'rights'}.csv")


@get("/{language:str}/machines/{agent:str}/access/{name:str}/rights.json", access=may.READ, sync_to_thread=True)
def as_json(request: Asked, language: FromPath, agent: FromPath, name: FromPath, database: Store, clock: Clock,
            session: SignedIn) -> Response[bytes]:
    """The same for programs: ``hustings.access/1``."""
    site.checked(language)
    found = _found(site.office(request, database, session), agent, name, clock)
    body = json.dumps(access_export.as_data(found), ensure_ascii=False, indent=1).encode()
    return _download(body, "application/json", "rights.json")


@post("/{language:str}/machines/{agent:str}/access/{name:str}/review", access=may.only(access_review.MAY_SIGN),
      sync_to_thread=True)
def sign(request: Asked, language: FromPath, agent: FromPath, name: FromPath, data: Form, database: Store,
         clock: Clock, session: SignedIn, config: Settings) -> Response[Any]:
    """Sign the difference that was read. Raises ``Refused`` for who may not."""
    language = site.checked(language)
    if session.role not in access_review.MAY_SIGN:
        raise Refused("forbidden", "an administrator or IT staff sign")
    office = site.office(request, database, session)
    found = _found(office, agent, name, clock)
    if data.get("difference") != found.difference or not found.difference or found.stale:
        return _page(request, language, session, office, found, refused="changed", status=409)
    if data.get("read") != "yes":
        return _page(request, language, session, office, found, refused="unread", status=400)
    with database.write(session.tenant) as connection:
        access_review.sign(connection, session.tenant, found, found.difference, person=session.name,
                           by=f"person:{session.name}", key_file=config.recordings_key)
    place = request.url.path.removesuffix("/review")
    return Response(b"", status_code=303, headers={"location": f"{place}#review"}, media_type="text/plain")


ROUTES = [databases, picture, as_csv, as_json, sign]
ENTRIES = [Entry("access", "/access", N_("Access"), may.READ, 50)]


def _found(office: Office, agent: str, name: str, clock: Any) -> Picture:
    machine = rules.machine(office, agent, site.pack(), site.now(clock))
    found = access_difference.picture(machine, name) if machine else None
    if found is None:
        raise NotFoundException
    return found


def _page(request: Request[Any, Any, Any], language: str, session: SignedIn, office: Office, found: Picture, *,
          refused: str = "", status: int = 200) -> Template:
    query = request.query_params
    pack, speak = site.pack(), spoken(language)
    state = query.get("state", "")
    lines = access_export.rights(found, state if state in ("excess", "missing") else "")
    pages = max(1, -(-len(lines) // LINES))
    page = min(_number(query.get("page", "")), pages)
    said = access_sentences.sentences(found, pack, speak) if found.declared else ()
    groups = [Group(row, faults, check := access_sentences.check_for(pack, row),
                    fix_for(check, found.machine) if check else None)
              for row, faults in access_sentences.by_row(found.anomalies.items, pack)]
    first = next((check for one in said if one.kind == "fail"
                  and (check := access_sentences.check_for(pack, one.catalogue)) is not None), None)
    made = site.page(
        "access.html", request, language, session, here="access", office=office, picture=found, sentences=said,
        first=first, first_fix=fix_for(first, found.machine) if first else None,
        matrix=access_matrix.matrix(found.cells.items, _number(query.get("objects", ""))),
        lines=lines[(page - 1) * LINES:page * LINES], total=len(lines), page=page, pages=pages,
        state=state if state in ("excess", "missing") else "", groups=groups,
        reachable=found.assumable.items[:REACHABLE], review=access_review.status(found, office.reviews),
        proof=access_review.proof(found),
        may_sign=session.role in access_review.MAY_SIGN, refused=refused,
        place=f"/{language}/machines/{found.machine.heard.agent}/access/")
    made.status_code = status
    return made


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def _download(body: bytes, kind: str, name: str) -> Response[bytes]:
    return Response(body, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})
