"""A campaign's ten actions within weeks, on a page and as iCalendar."""

from __future__ import annotations

from datetime import datetime, timedelta

from litestar import Response, get
from litestar.response import Template

from evidence.ages import vouched
from hustings.verdicts import Verdict
from server import scorecard as cards
from server.access import rules as may
from server.actions import actions
from server.elections import campaign as rules
from server.elections import days, ics
from server.elections.campaign import Campaign
from server.elections.phase import phase
from server.pages import site
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.records import Office
from server.store import reports

LOOKED_BACK = timedelta(days=60)
"""What was repaired longer ago is not shown any more."""
REPORTS = 200
MOST_HOURS = 60
DONE = 20
"""Repairs of the page, the latest; the rest is counted."""


@get("/{language:str}/campaign", access=may.READ, sync_to_thread=True)
def campaign(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """Ten actions, week by week until voting day."""
    language = site.checked(language)
    office = site.office(request, database, session)
    now = site.now(clock)
    made = _made(request, office, database, session, now)
    return site.page("campaign.html", request, language, session, here="plan", office=office, plan=made,
                     phase=phase(office.elections, made.today), most_done=DONE, hours_of=rules.HOURS)


@get("/{language:str}/campaign.ics", access=may.READ, sync_to_thread=True)
def as_ics(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Response[bytes]:
    """The same for people's calendars: each action over the days it is laid out for."""
    language = site.checked(language)
    office = site.office(request, database, session)
    now = site.now(clock)
    made = ics.calendar(office.name)
    for week in _made(request, office, database, session, now).weeks:
        for step in week.steps:
            check = step.action.check
            about = f"{check.plain.say(language)} {step.fix.text.say(language) if step.fix else ''}".strip()
            made.add_component(ics.entry(f"{session.tenant}-campaign-{check.id.replace('/', '-')}",
                                         check.title.say(language), step.first, step.last, now, about))
    name = "campaign-actions" if language == "en" else "actions-de-campagne"
    return Response(bytes(made.to_ical()), media_type="text/calendar; charset=utf-8",
                    headers={"content-disposition": f'attachment; filename="{name}.ics"'})


ROUTES = [campaign, as_ics]


def _made(request: Asked, office: Office, database: Store, session: SignedIn, now: datetime) -> Campaign:
    pack = site.pack()
    card = cards.scorecard(office, pack, now)
    today = days.today(now, office.zone)
    ahead = phase(office.elections, today).next
    told: dict[str, rules.Reports] = {}
    with database.read(session.tenant) as connection:
        for heard in office.machines:
            lines = reports.history_after(connection, session.tenant, heard.agent, now - LOOKED_BACK, limit=REPORTS)
            told[heard.report.host if heard.report else heard.host] = [
                (vouched(one.made, one.received, clock_off=one.clock_off), one.verdicts)
                for one in lines if one.kind == "report"]
    done = [one for one in rules.done(told, pack.checks)
            if all(machine.verdict(one.check.id) is not Verdict.FAIL for machine in card.machines)]
    return rules.campaign(actions(card.machines, card.items, pack, card.together), today,
                          ahead.first if ahead else None, _hours(request.query_params.get("hours", "")), done)


def _hours(text: str) -> int:
    """Hours a week from an address: a whole number from 1 to ``MOST_HOURS``, else the usual ones."""
    if text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= MOST_HOURS:
        return int(text)
    return rules.USUAL_HOURS
