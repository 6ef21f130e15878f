"""The machines, and one machine with every result."""

from __future__ import annotations

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.response import Template

from hustings.verdicts import Verdict
from policies.model import Pack
from server import scorecard as rules
from server.access import rules as may
from server.access_overview import overview
from server.directories import directories
from server.pages import results, site
from server.pages.language import N_
from server.pages.language import language as spoken
from server.pages.navigation import Entry
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.questions import AREAS
from server.standing import Standing
from server.weighing import Effect, alone


@get("/{language:str}/machines", access=may.READ, sync_to_thread=True)
def machines(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """Every machine with its grade."""
    language = site.checked(language)
    office = site.office(request, database, session)
    now = site.now(clock)
    everyone = rules.everyone(office, site.pack(), now)
    speaking = rules.speakers(office.assets or (), everyone)
    silent = [one for one in office.assets or () if one.name not in speaking]
    return site.page("machines.html", request, language, session, here="machines", office=office,
                     machines=everyone, with_agents=sum(not (one.report and one.report.recording) for one in everyone),
                     silent=silent, declared={one.heard.agent for one in speaking.values()})


@get("/{language:str}/machines/{agent:str}", access=may.READ, sync_to_thread=True)
def machine(request: Asked, language: FromPath, agent: FromPath, database: Store, clock: Clock,
            session: SignedIn) -> Template:
    """One machine. 404 for any other office's."""
    language = site.checked(language)
    office = site.office(request, database, session)
    pack = site.pack()
    found = rules.machine(office, agent, pack, site.now(clock))
    if found is None:
        raise NotFoundException
    groups = results.groups(found, pack, language) if found.report else ()
    shown = [one for group in groups for one in group.results]
    show = request.query_params.get("show", "")
    return site.page(
        "machine.html", request, language, session, here="machines", office=office, machine=found, groups=groups,
        failing=sorted((one for one in shown if one.verdict is Verdict.FAIL), key=results.by_weight),
        databases=overview((found,), office.reviews, pack, spoken(language)), pack=pack, Verdict=Verdict,
        directories=directories(found), show=show if show in set(Verdict) else "", areas=AREAS,
        effects=_effects(found, pack), known={row.id for row in pack.rows})


def _effects(machine: Standing, pack: Pack) -> dict[str, Effect]:
    """What repairing or proving each open check would do to the machine's own grade."""
    weighing = alone(machine, pack)
    graded = {check.id for check in pack.checks}
    return {one.check: weighing.fixed({machine.name: {one.check}}) for one in (*machine.failing, *machine.unproven)
            if one.check in graded}


ROUTES = [machines, machine]
ENTRIES = [Entry("machines", "/machines", N_("Machines"), may.READ, 40)]
