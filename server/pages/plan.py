"""The replacement plan, on a page and as CSV."""

from __future__ import annotations

from functools import cache

from litestar import Response, get
from litestar.response import Template

from policies.lifecycle import Table
from server import plan as rules
from server import plan_text
from server.pages import site
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store


@cache
def table() -> Table:
    """The support dates of this release."""
    return Table.of(site.pack().tables)


@get("/{language:str}/plan", sync_to_thread=True)
def plan(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """What must be replaced, and when."""
    language = site.checked(language)
    office = site.office(request, database, session)
    made = rules.make(office, table(), site.now(clock))
    by_status = {status: [one for one in made.lines if one.status is status] for status in rules.Status}
    return site.page("plan.html", request, language, session, here="plan", office=office, plan=made, text=plan_text,
                     by_status=by_status)


@get("/{language:str}/plan.csv", sync_to_thread=True)
def download(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Response[bytes]:
    """The same plan for a spreadsheet: UTF-8 with a mark, as spreadsheets expect it."""
    language = site.checked(language)
    made = rules.make(site.office(request, database, session), table(), site.now(clock))
    name = f"{'plan-de-remplacement' if language == 'fr' else 'replacement-plan'}-{made.today}.csv"
    return Response(plan_text.as_csv(made, language).encode("utf-8-sig"), media_type="text/csv; charset=utf-8",
                    headers={"content-disposition": f'attachment; filename="{name}"'})


ROUTES = [plan, download]
