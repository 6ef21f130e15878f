"""The replacement plan: what to order by when, what it costs, what it cannot say; and its approval."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.response import Template

from server import plan as support
from server import plan_text
from server.access import rules
from server.pages import planning, site
from server.pages.language import N_
from server.pages.language import language as spoken
from server.pages.navigation import Entry
from server.pages.planning import Form, Shown
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.planning import difference, document, headlines, sentences, timeline
from server.planning.ends import Judge
from server.planning.freezes import frozen
from server.planning.model import Option
from server.planning.outlook import Kept, Outlook, outlooks
from server.planning.spending import by_year_and_fund
from server.problems import Refused
from server.records import Office
from server.store import audit, equipment, plans
from server.store.plans import Approval
from server.store.sessions import Session

LINES = 50
"""Lines of one page."""
SHOWN = 40
"""Assets that cannot be judged which a page asks about; the rest is counted."""
WORDS_MAX = 1000


@get("/{language:str}/plan", access=rules.READ, sync_to_thread=True)
def plan(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """The office's plan; while there is no equipment list, what its machines say by themselves."""
    language = site.checked(language)
    office, shown = planning.shown(request, database, session, clock)
    if shown is None:
        return _software(request, language, session, office, clock, alone=True)
    return _page(request, language, session, office, shown)


@get("/{language:str}/plan/software", access=rules.READ, sync_to_thread=True)
def software(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """When the support of each thing that an agent reports ends."""
    language = site.checked(language)
    return _software(request, language, session, site.office(request, database, session), clock, alone=False)


@get("/{language:str}/plan/software.csv", access=rules.READ, sync_to_thread=True)
def software_csv(request: Asked, language: FromPath, database: Store, clock: Clock,
                 session: SignedIn) -> Response[bytes]:
    """The same for a spreadsheet: UTF-8 with a mark, as spreadsheets expect it."""
    language = site.checked(language)
    return as_csv(site.office(request, database, session), language, clock)


@post("/{language:str}/plan/make", access=rules.only(planning.MAY_DECLARE), sync_to_thread=True)
def make(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Response[Any]:
    """Make the plan anew."""
    language = site.checked(language)
    planning.may(session, planning.MAY_DECLARE, "an administrator or IT staff make the plan")
    done = planning.make(request, database, session, clock)
    return planning.go(f"/{language}/plan" + ("" if done else "?making=yes"))


@post("/{language:str}/plan/match", access=rules.only(planning.MAY_DECLARE), sync_to_thread=True)
def match(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock,
          session: SignedIn) -> Response[Any]:
    """Say what an asset is: one of the guesses, or none of them any more."""
    language = site.checked(language)
    planning.may(session, planning.MAY_DECLARE, "an administrator or IT staff say what an asset is")
    _, found = planning.inputs(request, database, session, clock)
    asset, product, _, cycle = (data.get("asset", ""), *data.get("product", "").partition("/"))
    if found is None or all(one.id != asset for one in found.problem.assets):
        raise Refused("not_found", "the equipment list has no such asset")
    if product and not Judge(planning.table(), planning.models(), found.problem.today).knows(f"{product}/{cycle}"):
        raise Refused("bad_request", "the table of support dates has no such product")
    now, by = site.now(clock), f"person:{session.name}"
    with database.write(session.tenant) as connection:
        equipment.match(connection, session.tenant, equipment.Match(asset, product, cycle, now, by))
        audit.record(connection, session.tenant, now, by, "equipment.match", asset,
                     {"product": product, "cycle": cycle})
    done = planning.make(request, database, session, clock)
    return planning.go(f"/{language}/plan" + ("#unknown" if done else "?making=yes#unknown"))


@post("/{language:str}/plan/approve", access=rules.only(planning.MAY_APPROVE), sync_to_thread=True)
def approve(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock,
            session: SignedIn) -> Response[Any]:
    """Approve the plan that was read, by its hash. One whose inputs have changed since it was made is refused."""
    language = site.checked(language)
    planning.may(session, planning.MAY_APPROVE, "an official or an administrator approves")
    office, shown = planning.shown(request, database, session, clock)
    if shown is None or shown.stored is None:
        raise Refused("not_found", "there is no plan yet")
    words = data.get("words", "").strip()
    refused = ("changed" if data.get("hash") != shown.stored.digest else
               "outdated" if shown.outdated else
               "unread" if data.get("read") != "yes" else
               "long" if len(words) > WORDS_MAX else "")
    if refused:
        return _page(request, language, session, office, shown, refused=refused, words=words,
                     status=409 if refused in ("changed", "outdated") else 400)
    now, by = site.now(clock), f"person:{session.name}"
    with database.write(session.tenant) as connection:
        if plans.newest(connection, session.tenant) != shown.stored.id:
            raise Refused("bad_request", "a newer plan was made meanwhile: read that one")
        plans.approve(connection, session.tenant, Approval(shown.stored.id, shown.stored.digest, now, by, words))
        audit.record(connection, session.tenant, now, by, "plan.approve", str(shown.stored.id),
                     {"hash": shown.stored.digest, "words": words})
    return planning.go(f"/{language}/plan#approval")


ROUTES = [plan, software, software_csv, make, match, approve]
ENTRIES = [Entry("plan", "/plan", N_("Plan"), rules.READ, 70)]


def as_csv(office: Office, language: str, clock: Any) -> Response[bytes]:
    """What agents report, with the ends of support, as a download."""
    made = support.make(office, planning.table(), site.now(clock))
    name = f"{'plan-de-remplacement' if language == 'fr' else 'replacement-plan'}-{made.today}.csv"
    return planning.download(plan_text.as_csv(made, language).encode("utf-8-sig"), "text/csv", name)


def _software(request: Asked, language: str, session: Session, office: Office, clock: Any, *,
              alone: bool) -> Template:
    made = support.make(office, planning.table(), site.now(clock))
    by_status = {status: [one for one in made.lines if one.status is status] for status in support.Status}
    return planning.page("plan_software.html", request, language, session, office=office, plan=made, text=plan_text,
                         by_status=by_status, alone=alone)


def _page(request: Asked, language: str, session: Session, office: Office, shown: Shown, *, refused: str = "",
          words: str = "", status: int = 200) -> Template:
    making = request.query_params.get("making") == "yes" and shown.outdated
    if shown.made is None or shown.stored is None:
        return planning.page("plan_none.html", request, language, session, office=office, shown=shown, making=making)
    made, speak = shown.made, spoken(language)
    listed = outlooks(made)
    show, total, lines, number, pages = _lines(request, listed)
    unmatched = made.unmatched
    moved = None
    if shown.approved is not None and shown.approved.digest != shown.stored.digest:
        moved = difference.compare(document.read(shown.approved.document, "approved"),
                                   document.read(shown.stored.document, "plan"))
    return planning.page(
        "plan.html", request, language, session, status=status, office=office, shown=shown, made=made, making=making,
        headlines=headlines.headlines(made, speak, listed), decision=headlines.decision(made, speak, listed),
        warnings=headlines.warnings(made, speak, listed), spending=by_year_and_fund(made),
        picture=timeline.picture(made, speak), freezes=[one for one in frozen(made.problem.calendar)
                                                        if one.last >= made.problem.today],
        lines=[(one, sentences.why(one, made, speak), sentences.risk(one, made, speak),
                sentences.plan_b(one, made, speak)) for one in lines],
        thing=sentences.thing, show=show, counts=total, page=number, pages=pages,
        unmatched=[(one, sentences.missing(one, speak)) for one in unmatched[:SHOWN]],
        more_unmatched=max(0, len(unmatched) - SHOWN), joined=shown.inputs.joined,
        moved=difference.in_words(moved, speak) if moved is not None else (),
        refused=refused, words=words, Option=Option)


_SHOW = ("do", "exposed", "all")


def _lines(request: Asked, listed: tuple[Outlook, ...]) -> tuple[str, dict[str, int], list[Outlook], int, int]:
    """The lines that are asked for: to do (by order date), kept without support, or all."""
    groups = {
        "do": sorted((one for one in listed if one.line.option is not Option.KEEP), key=_when),
        "exposed": [one for one in listed
                    if one.line.option is Option.KEEP and (one.bare or one.reason is Kept.UNKNOWN)],
        "all": list(listed),
    }
    show = request.query_params.get("show", "")
    if show not in _SHOW:
        show = "do" if groups["do"] else "all"
    asked = request.query_params.get("page", "")
    pages = max(1, -(-len(groups[show]) // LINES))
    number = min(pages, max(1, int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1))
    return (show, {name: len(group) for name, group in groups.items()},
            groups[show][(number - 1) * LINES:number * LINES], number, pages)


def _when(one: Outlook) -> tuple[Any, ...]:
    day = one.line.order_by or one.line.go_live
    return (day is None, str(day), one.asset.id)
