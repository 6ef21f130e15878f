"""Twelve months of the office: the line, what moved it, and every closed day."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.response import Template

from evidence.day import MILLION, Point
from hustings.times import utc_text
from server import trend as rules
from server.access import rules as may
from server.pages import site
from server.pages.language import N_
from server.pages.language import language as spoken
from server.pages.navigation import Entry
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.store import agents, days, inventory, rule_sets
from server.store.days import Kept

SCHEMA = "hustings.trend/1"


@get("/{language:str}/trend", access=may.READ, sync_to_thread=True)
def trend(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """The office, its areas, sites, machines and what others answer for."""
    language = site.checked(language)
    kept, waiting = site.closer(request, database, clock).year(session.tenant)
    machines: list[dict[str, Any]] = []
    if kept:
        with database.read(session.tenant) as connection:
            names = {one.agent.id: one.host for one in agents.summaries(connection, session.tenant)}
            then = days.machines_of(connection, session.tenant, kept[0].day)
            now = days.machines_of(connection, session.tenant, kept[-1].day)
        for agent, point in _listed(now, names):
            before = then.points.get(agent) if then else None
            machines.append({"agent": agent, "name": names.get(agent, agent), "now": point, "before": before})
    return site.page(
        "trend.html", request, language, session, here="trend", trend=rules.office(kept), waiting=waiting,
        machines=machines, areas=rules.of(kept, lambda one: one.points.areas),
        sites=rules.of(kept, lambda one: one.points.sites), parties=rules.of(kept, lambda one: one.points.parties),
        **shown(language))


@get("/{language:str}/trend/machines/{agent:str}", access=may.READ, sync_to_thread=True)
def machine(request: Asked, language: FromPath, agent: FromPath, database: Store, clock: Clock,
            session: SignedIn) -> Template:
    """One machine. 404 for any other office's."""
    language = site.checked(language)
    kept, waiting = site.closer(request, database, clock).year(session.tenant)
    with database.read(session.tenant) as connection:
        found = agents.summary(connection, session.tenant, agent)
        if found is None:
            raise NotFoundException
        told = list(days.machines_between(connection, session.tenant, kept[0].day, kept[-1].day)) if kept else []
    return site.page(
        "trend_part.html", request, language, session, here="trend", waiting=waiting, name=found.host,
        kind="machine", place=f"/{language}/machines/{agent}", **shown(language),
        trend=rules.line((day, one.points.get(agent)) for day, one in told))


@get("/{language:str}/trend/sites/{place:path}", access=may.READ, sync_to_thread=True)
def place(request: Asked, language: FromPath, place: FromPath, database: Store, clock: Clock,
          session: SignedIn) -> Template:
    """What the office answers for at one site. 404 for a site that no kept day knows."""
    language = site.checked(language)
    name = str(place).removeprefix("/")
    kept, waiting = site.closer(request, database, clock).year(session.tenant)
    found = rules.of(kept, lambda one: one.points.sites).get(name)
    if found is None:
        raise NotFoundException
    return site.page("trend_part.html", request, language, session, here="trend", waiting=waiting, name=name,
                     kind="site", place="", trend=found, **shown(language))


@get("/{language:str}/days/{day:str}", access=may.READ, sync_to_thread=True)
def day(request: Asked, language: FromPath, day: FromPath, database: Store, clock: Clock,
        session: SignedIn) -> Template:
    """One closed day with everything it was made of. 404 for one that is not kept."""
    language = site.checked(language)
    wanted = _date(str(day))
    with database.read(session.tenant) as connection:
        found = days.between(connection, session.tenant, wanted, wanted)
        machines = days.machines_of(connection, session.tenant, wanted)
        if not found or machines is None:
            raise NotFoundException
        before = days.before(connection, session.tenant, wanted)
        after = days.after(connection, session.tenant, wanted)
        names = {one.agent.id: one.host for one in agents.summaries(connection, session.tenant)}
        in_force = next((one.rules for one in reversed(rule_sets.every(connection, session.tenant))
                         if rule_sets.digest(one) == found[0].rules), None)
        declared = inventory.current(connection, session.tenant)
    [kept] = found
    steps = rules.line([*((one.day, one.points.office) for one in before), (kept.day, kept.points.office)]).steps
    return site.page(
        "day.html", request, language, session, here="trend", kept=kept, step=steps[-1],
        machines=[(agent, names.get(agent, agent), point, machines.reports.get(agent))
                  for agent, point in _listed(machines, names)],
        rows=machines.rows, in_force=in_force, declared=declared, **shown(language),
        before=before[-1].day if before else None, after=after)


@get("/{language:str}/trend.csv", access=may.READ, sync_to_thread=True)
def as_csv(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Response[bytes]:
    """Every kept day of the office for a spreadsheet: UTF-8 with a mark, as spreadsheets expect it."""
    site.checked(language)
    kept, _ = site.closer(request, database, clock).year(session.tenant)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("day", "lower", "upper", "coverage", "letter", "changed_by_us", "changed_by_rules", "failing",
                     "unknown", "assets", "silent", "rules", "inputs"))
    for one, step in zip(kept, rules.office(kept).steps, strict=True):
        point = step.point
        writer.writerow((one.day.isoformat(), *(
            ("", "", "", "", "", "", "", "") if point is None else
            (_hundredths(point.lower), _hundredths(point.upper), _hundredths(point.coverage), point.letter or "",
             _hundredths(step.ours), _hundredths(step.rules), point.failing, point.unknown)),
            one.points.assets, one.points.silent, one.rules, one.inputs))
    return _download(out.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", "trend.csv")


@get("/{language:str}/trend.json", access=may.READ, sync_to_thread=True)
def as_json(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Response[bytes]:
    """The same for programs: ``hustings.trend/1``. Bounds are parts of one."""
    site.checked(language)
    kept, _ = site.closer(request, database, clock).year(session.tenant)
    body = {"schema": SCHEMA, "made": utc_text(site.now(clock)), "days": [
        _data(one, step) for one, step in zip(kept, rules.office(kept).steps, strict=True)]}
    return _download(json.dumps(body, ensure_ascii=False, indent=1).encode(), "application/json", "trend.json")


ROUTES = [trend, machine, place, day, as_csv, as_json]
ENTRIES = [Entry("trend", "/trend", N_("Trend"), may.READ, 30)]


def _listed(machines: days.Machines | None, names: dict[str, str]) -> list[tuple[str, Point]]:
    """Machines by name."""
    return sorted((machines.points if machines else {}).items(), key=lambda one: (names.get(one[0], ""), one[0]))


def shown(language: str) -> dict[str, Any]:
    """What every page of a trend needs to draw it."""
    return {"rules": rules, "MILLION": MILLION, "month": lambda day: spoken(language).date(day, "LLL"),
            "signed": lambda points: f"{points:+d}".replace("-", "−") if points else "0"}


def _data(kept: Kept, step: rules.Step) -> dict[str, Any]:
    points = kept.points
    return {"day": kept.day.isoformat(), "office": _point(points.office), "changed_by_us": step.ours / MILLION,
            "changed_by_rules": step.rules / MILLION, "assets": points.assets, "silent": points.silent,
            "undeclared": points.undeclared, "rules": kept.rules, "inputs": kept.inputs,
            **{name: {key: _point(one) for key, one in getattr(points, name).items()}
               for name in ("areas", "sites", "parties")}}


def _point(one: Point | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {"lower": one.lower / MILLION, "upper": one.upper / MILLION, "coverage": one.coverage / MILLION,
            "letter": one.letter, "caps": list(one.caps), "failing": one.failing, "unknown": one.unknown,
            "rows": one.rows}


def _hundredths(millionths: int) -> str:
    """Millionths as points of 100 with two decimals."""
    return f"{millionths * 100 / MILLION:.2f}"


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotFoundException from error


def _download(body: bytes, kind: str, name: str) -> Response[bytes]:
    return Response(body, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})
