"""One line of the plan with everything behind it: the row of the file, the dates, the agent's word, the arithmetic."""

from __future__ import annotations

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.response import Template

from server.access import rules
from server.pages import planning, site
from server.pages.language import language as spoken
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.planning import kinds, sentences
from server.planning.exposure import exposure
from server.planning.horizon import last_day
from server.planning.outlook import outlooks
from server.planning.place import key
from server.store import equipment


@get("/{language:str}/plan/lines/{name:str}", access=rules.READ, sync_to_thread=True)
def show(request: Asked, language: FromPath, name: FromPath, database: Store, clock: Clock,
         session: SignedIn) -> Template:
    """Everything behind one line. 404 for what is in no plan of the office."""
    language = site.checked(language)
    office, shown = planning.shown(request, database, session, clock)
    if shown is None or shown.made is None or shown.stored is None:
        raise NotFoundException
    made, speak = shown.made, spoken(language)
    asset = next((one for one in made.problem.assets if key(one.id) == name), None)
    if asset is None:
        raise NotFoundException
    mine = [one for one in outlooks(made) if one.asset.id == asset.id]
    with database.read(session.tenant) as connection:
        version = equipment.get(connection, session.tenant, shown.stored.equipment)
        row = next((one for one in equipment.rows(connection, session.tenant, shown.stored.equipment)
                    if one.asset == asset.id), None)
        said = equipment.matches(connection, session.tenant).get(asset.id)
    today = made.problem.today
    elections = made.problem.calendar.elections
    end = last_day(today)
    spans = [(first, last, (last - first).days + 1) for one in mine for first, last in one.bare]
    kept = mine[-1].kept_bare if mine else None
    return planning.page(
        "plan_line.html", request, language, session, office=office, shown=shown, made=made, asset=asset,
        lines=[(one, sentences.why(one, made, speak), sentences.risk(one, made, speak),
                sentences.plan_b(one, made, speak)) for one in mine],
        thing=sentences.thing(asset), listed=version, row=row, said=said,
        unmatched=[(one, sentences.missing(one, speak)) for one in made.unmatched if one.asset == asset.id],
        reported=shown.inputs.joined.reported.get(asset.id), weight=kinds.weight(asset.kind),
        known_kind=kinds.known(asset.kind), spans=spans, kept=kept, end=end,
        counted=sum(exposure(asset, elections, first, last) for first, last, _ in spans),
        counted_kept=exposure(asset, elections, *kept) if kept else 0)


ROUTES = [show]
