"""What the office says of itself: kind, time zone, size, and whom it lets see its points."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Template

from server import office_settings
from server.access import rules
from server.office_settings import MAY_CONSENT, MAY_SET, Jurisdiction
from server.pages import site
from server.pages.language import N_
from server.pages.navigation import Entry, Place
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.spoken import Spoken
from server.store import settings, sharing, tenants
from server.store.sessions import Session

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
BANDS = {"under-10k": N_("Fewer than 10,000 registered voters"), "10k-50k": N_("10,000 to 50,000 registered voters"),
         "50k-250k": N_("50,000 to 250,000 registered voters"), "over-250k": N_("More than 250,000 registered voters")}


@get("/{language:str}/office/settings", access=rules.OFFICE, sync_to_thread=True)
def show(request: Asked, language: FromPath, database: Store, session: SignedIn) -> Template:
    """The settings, with the forms of who may change them."""
    return _page(request, site.checked(language), database, session)


@post("/{language:str}/office/settings/profile", access=rules.only(MAY_SET), sync_to_thread=True)
def profile(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock,
            session: SignedIn) -> Response[Any]:
    """Office or campaign, and the time zone."""
    language = site.checked(language)
    try:
        with database.write(session.tenant) as connection:
            office_settings.describe(connection, session.tenant, profile=data.get("profile", ""),
                                     zone=data.get("zone", ""), now=clock(), by=f"person:{session.name}")
    except Spoken as wrong:
        return _page(request, language, database, session, wrong=wrong, typed=data)
    return _to(f"/{language}/office/settings")


@post("/{language:str}/office/settings/sharing", access=rules.only(MAY_CONSENT), sync_to_thread=True)
def share(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock,
          session: SignedIn) -> Response[Any]:
    """Consent, or take it back."""
    language = site.checked(language)
    try:
        parent = _parent(database, session, data)
        with database.write(session.tenant) as connection:
            office_settings.consent(connection, session.tenant, parent=parent, band=data.get("band") or None,
                                    now=clock(), by=f"person:{session.name}")
    except Spoken as wrong:
        return _page(request, language, database, session, wrong=wrong, typed=data)
    return _to(f"/{language}/office/settings#sharing")


ROUTES = [show, profile, share]
ENTRIES = [Entry("settings", "/office/settings", N_("Settings"), rules.OFFICE, 80, Place.OFFICE,
                 N_("What kind of office this is, its time zone and size, and who may see its points."))]


def _parent(database: Store, session: Session, data: dict[str, str]) -> Jurisdiction | None:
    """The jurisdiction of the code that was typed, the one there is where it is kept, or none."""
    if data.get("parent", "").strip():
        return office_settings.jurisdiction(database, data["parent"])
    if data.get("keep") != "yes":
        return None
    with database.read(session.tenant) as connection:
        own = sharing.current(connection, session.tenant)
    return office_settings.jurisdiction(database, own.parent) if own and own.parent else None


def _page(request: Asked, language: str, database: Store, session: Session, *, wrong: Spoken | None = None,
          typed: dict[str, str] | None = None) -> Template:
    office = site.office(request, database, session)
    with database.read(session.tenant) as connection:
        own = settings.current(connection, session.tenant)
        shared = sharing.current(connection, session.tenant)
        tenant = tenants.get(connection, session.tenant)
    parent = None
    if shared is not None and shared.parent is not None:
        try:
            parent = office_settings.jurisdiction(database, shared.parent).name
        except Spoken:
            parent = ""  # it is no longer on this server
    said = typed or {}
    sites: dict[str, int] = {}
    for asset in office.assets or ():
        sites[asset.site] = sites.get(asset.site, 0) + 1
    made = site.page(
        "settings.html", request, language, session, here="office", office=office, tenant=tenant, own=own,
        shared=shared, parent=parent, bands=BANDS, sites=sorted(sites.items()), zones=office_settings.zones(),
        profile=said.get("profile", own.profile.value), zone=said.get("zone", own.zone),
        code=said.get("parent", ""), band=said.get("band", (shared.band if shared else None) or ""),
        keep=said.get("keep", "yes") == "yes", wrong=wrong.said(language) if wrong else None,
        field=wrong.field if wrong else "", may_set=session.role in MAY_SET, may_consent=session.role in MAY_CONSENT)
    made.status_code = 400 if wrong else 200
    return made


def _to(place: str) -> Response[bytes]:
    return Response(b"", status_code=303, headers={"location": place}, media_type="text/plain")
