"""Where a vendor or a state sends what it was asked for: one request, one purpose, nothing to read but the request."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.response import Template

from server.access import rules
from server.evidence_requests import asking
from server.pages import site
from server.pages.reply import LENGTH, slow_down
from server.pages.site import Asked, Clock, FromPath, Store
from server.spoken import Spoken
from server.store import evidence_requests, tenants
from server.store.database import WHOLE_SERVER, Database
from server.store.evidence_requests import Request

Sent = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]


@get("/evidence/{secret:str}", access=rules.PUBLIC)
async def show(request: Asked, secret: FromPath, database: Store, clock: Clock) -> Template:
    """What is asked, and the form. What is no link, or has ended, is not there."""
    found, office = await asyncio.to_thread(_open, request, secret, database, clock)
    return _page(request, found, office)


@post("/evidence/{secret:str}", access=rules.PUBLIC, sync_to_thread=True,
      request_max_body_size=asking.MAX_FILE + (64 << 10))
def send(request: Asked, secret: FromPath, data: Sent, database: Store, clock: Clock) -> Response[Any]:
    """Keep a file as it came."""
    found, office = _open(request, secret, database, clock)
    sent = data.get("file")
    content = sent.file.read(asking.MAX_FILE + 1) if isinstance(sent, UploadFile) else b""
    try:
        with database.write(found.tenant) as connection:
            now = evidence_requests.get(connection, found.tenant, found.number)
            if now is None or not now.open(clock()):
                raise NotFoundException
            asking.take(connection, now, data, sent.filename if isinstance(sent, UploadFile) else "", content,
                        site.now(clock))
    except Spoken as wrong:
        return _page(request, found, office, typed=data, wrong=wrong)
    return _page(request, found, office, done=True)


ROUTES = [show, send]


def _open(request: Asked, secret: str, database: Database, clock: Any) -> tuple[Request, str]:
    slow_down(request, "evidence")
    with database.read(WHOLE_SERVER) as connection:
        known = evidence_requests.of_secret(connection, secret) if len(secret) == LENGTH else None
    if known is None:
        raise NotFoundException
    tenant, number = known
    with database.read(tenant) as connection:
        found, office = evidence_requests.get(connection, tenant, number), tenants.get(connection, tenant)
    if found is None or not found.open(clock()):
        raise NotFoundException
    return found, office.name if office else ""


def _page(request: Asked, found: Request, office: str, *, typed: Mapping[str, Any] | None = None,
          wrong: Spoken | None = None, done: bool = False) -> Template:
    language = site.language_of(request)
    made = Template("evidence.html", context={
        "language": language, "one": found, "office": office, "done": done,
        "sender": str((typed or {}).get("sender", ""))[:200],
        "wrong": wrong.said(language) if wrong else None, "field": wrong.field if wrong else ""})
    made.status_code = 400 if wrong else 200
    return made
