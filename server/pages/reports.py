"""A signed report: what it says, what proves it, and its very bytes."""

from __future__ import annotations

import base64

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath as Path
from litestar.response import Template

from hustings import envelope
from hustings.envelope import Envelope
from hustings.errors import BadDocument, BadKey, BadSignature
from hustings.verdicts import SEVERITIES, WORST_FIRST, Result
from server.access import rules
from server.pages import site
from server.pages.site import Asked, FromPath, SignedIn, Store
from server.store import agents, reports

LAST = (1 << 63) - 1
"""The greatest number a report can have."""


@get("/{language:str}/reports/{number:int}", access=rules.READ, sync_to_thread=True)
def report(request: Asked, language: FromPath, number: Path[int], database: Store, session: SignedIn) -> Template:
    """One accepted report. 404 for any other office's."""
    language = site.checked(language)
    if not 0 < number <= LAST:
        raise NotFoundException
    with database.read(session.tenant) as connection:
        stored = reports.get(connection, session.tenant, number)
        sent = reports.envelope_bytes(connection, session.tenant, number)
        agent = agents.get(connection, session.tenant, stored.report.agent) if stored else None
    if stored is None or sent is None or agent is None:
        raise NotFoundException
    pack = site.pack()
    signed = envelope.parse(sent)
    kind = envelope.ATTESTED if agent.recorded else envelope.REPORT
    return site.page(
        "report.html", request, language, session, here="machines", stored=stored, report=stored.report, agent=agent,
        keys=[one.keyid for one in signed.signatures], size=len(sent), pack=pack, kind=kind,
        known={row.id for row in pack.rows},
        holds=_holds(signed, kind, agent.public_key), public_key=base64.b64encode(agent.public_key).decode(),
        results=sorted(stored.report.results, key=_order))


@get("/{language:str}/reports/{number:int}/envelope", access=rules.READ, sync_to_thread=True)
def signed_bytes(language: FromPath, number: Path[int], database: Store, session: SignedIn) -> Response[bytes]:
    """The envelope exactly as it was sent."""
    site.checked(language)
    sent = None
    if 0 < number <= LAST:
        with database.read(session.tenant) as connection:
            sent = reports.envelope_bytes(connection, session.tenant, number)
    if sent is None:
        raise NotFoundException
    return Response(sent, media_type="application/vnd.hustings.report.v1+json", headers={
        "content-disposition": f'attachment; filename="report-{number}.dsse.json"'})


def _holds(signed: Envelope, kind: str, public: bytes) -> bool:
    """Whether the signature over the stored bytes holds, asked anew each time."""
    try:
        envelope.verify(signed, kind, public)
    except (BadSignature, BadKey, BadDocument):
        return False
    return True


def _order(one: Result) -> tuple[int, int, str]:
    return WORST_FIRST.index(one.verdict), SEVERITIES.index(one.severity), one.check


ROUTES = [report, signed_bytes]
