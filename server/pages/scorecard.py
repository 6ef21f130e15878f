"""The scorecard."""

from __future__ import annotations

from litestar import get
from litestar.response import Template

from hustings.verdicts import WORST_FIRST, Verdict
from policies.attestations import is_attested
from server import drill
from server import trend as trend_rules
from server.access import rules
from server.access_overview import gravest, overview
from server.pages import site
from server.pages.language import N_
from server.pages.language import language as spoken
from server.pages.navigation import Entry
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.pages.trend import shown


@get("/{language:str}", access=rules.READ, sync_to_thread=True)
def scorecard(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """What an official reads first."""
    language = site.checked(language)
    pack = site.pack()
    card = site.card(request, database, session, clock)
    attested = {check.id for check in pack.checks if check.scope == "office" and is_attested(check)}
    databases = gravest(overview(card.machines, card.office.reviews, pack, spoken(language)))
    return site.page("scorecard.html", request, language, session, here="scorecard", card=card, pack=pack,
                     checks={check.id: check for check in pack.checks}, databases=databases,
                     titles=drill.titles(pack),
                     together=sorted((one for one in card.together if one.check not in attested),
                                     key=lambda one: WORST_FIRST.index(one.verdict)),
                     attested=[one for one in card.together if one.check in attested
                               and one.verdict is not Verdict.NOT_APPLICABLE],
                     trend=trend_rules.office(site.closer(request, database, clock).year(session.tenant)[0]),
                     **shown(language))


ROUTES = [scorecard]
ENTRIES = [Entry("scorecard", "/", N_("Scorecard"), rules.READ, 10)]
