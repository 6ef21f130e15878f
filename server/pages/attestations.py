"""Attestations: what is missing, current and ending, and one form each."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.response import Template

from hustings.verdicts import Verdict
from policies.attestations import forms
from server.access import rules
from server.attestations import entering
from server.attestations.again import again
from server.attestations.entering import MAY_ATTEST, Artefact
from server.attestations.standing import State, standings
from server.pages import site
from server.pages.language import N_
from server.pages.navigation import Entry, Place
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.spoken import Spoken
from server.store import attestations
from server.store.database import Database
from server.store.sessions import Session

MAX_FILE = 32 << 20
"""Bytes of a file that is hashed here; of a larger one the SHA-256 is typed."""
Sent = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
Form = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
STATES = {
    State.MISSING: N_("Nobody attested it"), State.CURRENT: N_("Current"), State.ENDING: N_("Ends soon"),
    State.ENDED: N_("It has ended"), State.WITHDRAWN: N_("Withdrawn"),
}
GROUPS = (
    ("now", N_("To be attested")),
    ("current", N_("In force")),
    ("later", N_("Not asked of you now")),
)


@get("/{language:str}/office/attestations", access=rules.OFFICE)
async def every(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """Every form and where it stands."""
    return await asyncio.to_thread(_list, request, site.checked(language), database, clock, session)


@get("/{language:str}/office/attestations/{name:str}", access=rules.OFFICE)
async def show(request: Asked, language: FromPath, name: FromPath, database: Store, clock: Clock,
               session: SignedIn) -> Template:
    """One form: what is in force, the questions, what was said before. 404 for what is none."""
    return await asyncio.to_thread(_page, request, site.checked(language), database, clock, session, name)


@post("/{language:str}/office/attestations/{name:str}", access=rules.only(MAY_ATTEST), sync_to_thread=True,
      request_max_body_size=MAX_FILE + (64 << 10))
def attest(request: Asked, language: FromPath, name: FromPath, data: Sent, database: Store, clock: Clock,
           session: SignedIn) -> Response[Any]:
    """Enter an attestation. The file is hashed and dropped."""
    language = site.checked(language)
    form = forms().get(name)
    if form is None:
        raise NotFoundException
    now, office = site.now(clock), site.office(request, database, session)
    try:
        if session.role.value not in form.roles:
            raise Spoken(N_("Your role may not attest this."), N_("Ask somebody who answers for it."))
        one = entering.read(form, data, _artefact(data.get("file")), office.assets or (), office.voting_days,
                            by=session.actor, now=now)
    except Spoken as wrong:
        return _page(request, language, database, clock, session, name, typed=data, wrong=wrong)
    with database.write(session.tenant) as connection:
        entering.enter(connection, session.tenant, one)
    return _to(f"/{language}/office/attestations/{form.id}")


@post("/{language:str}/office/attestations/{name:str}/withdraw", access=rules.only(MAY_ATTEST), sync_to_thread=True)
def withdraw(request: Asked, language: FromPath, name: FromPath, data: Form, database: Store, clock: Clock,
             session: SignedIn) -> Response[Any]:
    """Withdraw the attestation in force, with a reason."""
    language = site.checked(language)
    form = forms().get(name)
    if form is None:
        raise NotFoundException
    number = str(data.get("number", ""))
    try:
        if session.role.value not in form.roles:
            raise Spoken(N_("Your role may not attest this."), N_("Ask somebody who answers for it."))
        with database.write(session.tenant) as connection:
            entering.withdraw(connection, session.tenant, form.id,
                              int(number) if number.isascii() and number.isdigit() and len(number) < 16 else 0,
                              str(data.get("reason", "")), by=session.actor, now=site.now(clock))
    except Spoken as wrong:
        return _page(request, language, database, clock, session, name, typed=data, wrong=wrong, leaving=True)
    return _to(f"/{language}/office/attestations/{form.id}")


ROUTES = [every, show, attest, withdraw]
ENTRIES = [Entry("attestations", "/office/attestations", N_("Attestations"), rules.OFFICE, 10, Place.OFFICE,
                 N_("What no machine can show: paper, plans, training, contracts. Named people vouch for it."))]


def _artefact(sent: object) -> Artefact | None:
    """The name, size and digest of a file that came with a form; None where none did. Raises ``Spoken``."""
    if not isinstance(sent, UploadFile) or not sent.filename:
        return None
    digest, size = hashlib.sha256(), 0
    while part := sent.file.read(1 << 20):
        size += len(part)
        if size > MAX_FILE:
            raise Spoken(N_("The file is larger than 32 MB."), N_("Type its name and SHA-256 instead."), field="file")
        digest.update(part)
    if not size:
        raise Spoken(N_("The file is empty."), N_("Choose the file that shows it."), field="file")
    name = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in sent.filename)[-200:]
    return Artefact(name, digest.hexdigest(), size)


def _list(request: Asked, language: str, database: Database, clock: Clock, session: Session) -> Template:
    card = site.card(request, database, session, clock)
    with database.read(session.tenant) as connection:
        entered = attestations.every(connection, session.tenant)
    found = standings(entered, card.together, site.pack(), site.now(clock))
    groups: dict[str, list[Any]] = {name: [] for name, _ in GROUPS}
    for one in found:
        groups[_group(one)].append(one)
    return site.page("attestations.html", request, language, session, here="office", card=card,
                     groups=[(name, title, groups[name]) for name, title in GROUPS], states=STATES)


def _group(one: Any) -> str:
    if one.result is not None and one.result.verdict is Verdict.NOT_APPLICABLE:
        return "later"
    return "current" if one.state is State.CURRENT else "now"


def _page(request: Asked, language: str, database: Database, clock: Clock, session: Session, name: str, *,
          typed: Mapping[str, Any] | None = None, wrong: Spoken | None = None, leaving: bool = False) -> Template:
    card = site.card(request, database, session, clock)
    with database.read(session.tenant) as connection:
        entered = attestations.every(connection, session.tenant, name)
    found = next((one for one in standings(entered, card.together, site.pack(), site.now(clock))
                  if one.form.id == name), None)
    if found is None:
        raise NotFoundException
    assets = card.office.assets or ()
    made = site.page(
        "attestation.html", request, language, session, here="office", card=card, found=found, states=STATES,
        typed=again(typed), wrong=wrong.said(language) if wrong else None, field=wrong.field if wrong else "",
        leaving=leaving, may=session.role.value in found.form.roles, today=site.now(clock).date(),
        assets={one.name: entering.concerned(one, assets) for one in found.form.fields if one.roles})
    made.status_code = 400 if wrong else 200
    return made


def _to(place: str) -> Response[bytes]:
    return Response(b"", status_code=303, headers={"location": place}, media_type="text/plain")
