"""The list of equipment: what is in force, and a new file from upload through a preview to a version, or not at all."""

from __future__ import annotations

import asyncio
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.response import Template

from hustings.errors import BadDocument, HustingsError
from server.access import rules
from server.elections.days import today
from server.pages import planning, site
from server.pages.planning import Form
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.planning import equipment_form
from server.planning.equipment_form import Preview
from server.store import audit, equipment, uploads
from server.store.database import Database
from server.store.sessions import Session

Upload = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
LINES = 200
"""Lines of the list on one page."""
EXAMPLE = """asset,kind,make,model,version,quantity,purchased,site,unit_cost,lead_months,group,hours,must_by
CLERK-PCS,pc,Dell,Windows 10 Pro,22H2,12,2019-06-14,Town hall,1150,3,,12,
REG-SERVER,registration-db,Dell,Debian,10,1,2018-02-01,Town hall,9800,6,,40,
SCANNERS,tabulator,ES&S,DS200,,24,2016-05-20,Warehouse,5750,10,voting,96,
POLLBOOKS,pollbook,KNOWiNK,Poll Pad,,40,2019-09-01,Warehouse,1400,8,voting,60,
PRINTERS,printer,HP,LaserJet M404,,6,2020-03-03,Annex,420,2,,3,
"""


@get("/{language:str}/plan/equipment", access=rules.OFFICE)
async def show(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """The list in force, and the form for a new one."""
    return await asyncio.to_thread(_page, request, site.checked(language), session, database)


@post("/{language:str}/plan/equipment", access=rules.only(planning.MAY_DECLARE),
      sync_to_thread=True, request_max_body_size=uploads.MAX_BYTES + (64 << 10))
def upload(request: Asked, language: FromPath, data: Upload, database: Store, clock: Clock,
           session: SignedIn) -> Response[Any]:
    """Keep a file until its sender says how it is to be read."""
    language = site.checked(language)
    planning.may(session, planning.MAY_DECLARE, "an administrator or IT staff give the equipment list")
    sent = data.get("file")
    body = sent.file.read(uploads.MAX_BYTES + 1) if isinstance(sent, UploadFile) else b""
    if not isinstance(sent, UploadFile) or not body:
        return _page(request, language, session, database, wrong="none", status=400)
    if len(body) > uploads.MAX_BYTES:
        return _page(request, language, session, database, wrong="large", status=413)
    with database.write(session.tenant) as connection:
        secret = uploads.keep(connection, session.tenant, session.person, _file_name(sent.filename), body,
                              site.now(clock))
    return planning.go(f"/{language}/plan/equipment/preview/{secret}")


@get("/{language:str}/plan/equipment/preview/{secret:str}", access=rules.OFFICE)
async def preview(request: Asked, language: FromPath, secret: FromPath, database: Store, clock: Clock,
                  session: SignedIn) -> Response[Any]:
    """How the file would be read. 404 for anybody but its sender, and after an hour."""
    return await asyncio.to_thread(_look, request, site.checked(language), secret, {}, database, clock, session)


@post("/{language:str}/plan/equipment/preview/{secret:str}", access=rules.only(planning.MAY_DECLARE),
      sync_to_thread=True, request_max_body_size=4 << 20)
def confirm(request: Asked, language: FromPath, secret: FromPath, data: Form, database: Store, clock: Clock,
            session: SignedIn) -> Response[Any]:
    """Look again with other columns or answers; or import, as a whole or not at all."""
    language = site.checked(language)
    answer: Response[Any] = _look(request, language, secret, data, database, clock, session)
    return answer


@get("/{language:str}/plan/example-equipment.csv", access=rules.OFFICE, sync_to_thread=False)
def example(language: FromPath, session: SignedIn) -> Response[bytes]:
    """A list to start from."""
    site.checked(language)
    return planning.download(EXAMPLE.encode(), "text/csv", "equipment.csv")


ROUTES = [show, upload, preview, confirm, example]


def _look(request: Asked, language: str, secret: str, form: dict[str, str], database: Database, clock: Any,
          session: Session) -> Any:
    planning.may(session, planning.MAY_DECLARE, "an administrator or IT staff give the equipment list")
    now = site.now(clock)
    with database.read(session.tenant) as connection:
        waiting = uploads.find(connection, session.tenant, session.person, secret, now)
        saved = [one.mapping for one in equipment.versions(connection, session.tenant)]
    if waiting is None:
        raise NotFoundException
    office = site.office(request, database, session)
    try:
        seen = equipment_form.preview(waiting.body, waiting.file, planning.table(), today(now, office.zone), form,
                                      saved)
    except BadDocument as bad:
        return _page(request, language, session, database, bad=bad, file=waiting.file, status=400)
    if form.get("do") == "import" and seen.ready:
        number = _import(database, session, secret, waiting, seen, now)
        if number is None:
            raise NotFoundException
        done = planning.make(request, database, session, clock)
        return planning.go(f"/{language}/plan" + ("" if done else "?making=yes"))
    status = 200 if not form or not seen.problems else 400
    return planning.page("plan_preview.html", request, language, session, status=status, office=office,
                         waiting=waiting, seen=seen, form=form, place=f"/{language}/plan/equipment/preview/{secret}",
                         asked=form.get("do") == "import")


def _import(database: Database, session: Session, secret: str, waiting: uploads.Upload, seen: Preview,
            now: Any) -> int | None:
    """Store the version and let go of the file, in one; None if it was imported in another window already."""
    by = f"person:{session.name}"
    rows = [equipment.Row(one.asset.line, one.asset.id, msgspec.to_builtins(
        msgspec.structs.replace(one, asset=msgspec.structs.replace(one.asset, ends=None))))
        for one in seen.inventory.entries]
    with database.write(session.tenant) as connection:
        if not uploads.drop(connection, session.tenant, session.person, secret):
            return None
        number = equipment.add(
            connection, session.tenant, rows, file=waiting.file, digest=waiting.digest, mapping=seen.mapping_record,
            answers=seen.answers_record, unanswered=len(seen.inventory.questions), now=now, by=by)
        audit.record(connection, session.tenant, now, by, "equipment.import", str(number), {
            "file": waiting.file, "sha256": waiting.digest, "lines": len(rows),
            "open": len(seen.inventory.questions), "held_back": seen.inventory.held_back})
    return number


def _page(request: Asked, language: str, session: Session, database: Database, *, wrong: str = "",
          bad: HustingsError | None = None, file: str = "", status: int = 200) -> Template:
    office = site.office(request, database, session)
    query = request.query_params.get("page", "")
    with database.read(session.tenant) as connection:
        versions = equipment.versions(connection, session.tenant)
        rows = equipment.rows(connection, session.tenant, versions[0].id) if versions else []
    pages = max(1, -(-len(rows) // LINES))
    page = min(pages, max(1, int(query) if query.isascii() and query.isdigit() and len(query) < 6 else 1))
    return planning.page("plan_equipment.html", request, language, session, status=status, office=office,
                         current=versions[0] if versions else None, versions=versions, total=len(rows),
                         rows=rows[(page - 1) * LINES:page * LINES], page=page, pages=pages, wrong=wrong, bad=bad,
                         file=file)


def _file_name(sent: str) -> str:
    """The name alone, as far as it can be shown."""
    name = PureWindowsPath(PurePosixPath(sent).name).name
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in name)[-200:] or "list"
