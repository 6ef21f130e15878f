"""The replacement plan: what must be replaced, where, why, and when to order it.

Pure rules over records; the same table of support dates decides here and in the checks. What the
table does not know is listed apart and never counted as fine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum

from hustings.report import Inventory
from hustings.times import shift
from policies.lifecycle import End, Kind, Table
from server import calendar as calendars
from server.calendar import Calendar, Window
from server.plan_needs import Category, Need, found
from server.plan_schedule import Schedule, Warn, schedule
from server.records import Asset, Heard, Office

HORIZON_MONTHS = 24


class Status(StrEnum):
    OUT_OF_SUPPORT = "out_of_support"
    WITHIN_12_MONTHS = "within_12_months"
    WITHIN_24_MONTHS = "within_24_months"


@dataclass(frozen=True, slots=True)
class Rules:
    """The office's own numbers. Days, but for ``hardware_years``."""

    freeze_before: int = calendars.BEFORE
    freeze_after: int = calendars.AFTER
    lead_days: Mapping[Category, int] = field(default_factory=lambda: dict(LEAD_DAYS))
    """From the order to going live."""
    margin_days: int = 30
    """How long before the end of support the replacement should be live."""
    hardware_years: int = 7
    """How long hardware serves after the date of its last firmware."""


LEAD_DAYS: Mapping[Category, int] = {
    Category.SYSTEM: 120, Category.HARDWARE: 240, Category.DATABASE: 180, Category.PRODUCT: 60,
}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A machine on which something is to be replaced."""

    name: str
    agent: str
    site: str
    responsible: str
    """Who must act: ``us``, ``vendor``, ``state``, ``county``; "" where the inventory does not say."""
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the plan. ``ends`` is the last supported day; None if it has ended on a day unknown."""

    category: Category
    what: str
    where: tuple[Place, ...]
    kind: Kind | None
    """The kind of support in force; None for hardware."""
    rule: str
    """What that support is called ("Debian LTS"); for hardware, the date of its firmware."""
    ends: date | None
    status: Status
    lead_days: int
    order_by: date
    go_live: date
    warnings: tuple[Warn, ...]
    contract_ends: date | None
    """Until when paid support could follow."""
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something of which the plan cannot say when it ends."""

    what: str
    why: str
    where: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unlisted:
    """An installed package the table does not speak of: its end of support is not known."""

    name: str
    versions: tuple[str, ...]
    where: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole plan at one day."""

    today: date
    lines: tuple[Line, ...]
    unknown: tuple[Unknown, ...]
    machines: int
    """How many machines' inventories it rests on."""
    later: int
    """Things whose support ends after the horizon, or has no announced end."""
    covered: int
    """Recognised packages that are maintained with their operating system, counted on each machine."""
    unrecognised: tuple[Unlisted, ...]
    """Packages the table does not speak of, by name; none of them counts as fine."""
    freezes: tuple[Window, ...]
    """Freezes that are not over."""
    voting_days_known: bool
    looked_up: date
    """The age of the support dates."""
    rules: Rules


def make(office: Office, table: Table, now: datetime, rules: Rules | None = None) -> Plan:
    """The plan of an office at ``now`` (aware)."""
    rules = rules or Rules()
    today = now.astimezone(UTC).date()
    freeze = calendars.of_office(office.elections, office.voting_days, rules.freeze_before, rules.freeze_after)
    assets = {one.name.casefold(): one for one in office.assets or ()}
    gathered = _Gathered()
    for heard in office.machines:
        if not heard.revoked:
            gathered.add(heard, _place(heard, assets), table, today, rules)
    gathered.silent(office.assets or ())
    horizon = shift(datetime.combine(today, datetime.min.time(), UTC), f"+{HORIZON_MONTHS}mo").date()
    year = shift(datetime.combine(today, datetime.min.time(), UTC), "+12mo").date()
    due = {need: where for need, where in gathered.needs.items() if _due(need, horizon)}
    lines = [_line(need, tuple(sorted(where)), tuple(sorted(gathered.versions[need])), today, year, freeze, rules)
             for need, where in due.items()]
    return Plan(
        today=today, lines=tuple(sorted(lines, key=_order)), unknown=gathered.unknown(), machines=gathered.machines,
        later=len(gathered.needs) - len(due), covered=gathered.covered, unrecognised=gathered.unlisted(),
        freezes=tuple(one for one in freeze.windows() if one.last >= today),
        voting_days_known=any(day >= today for day in office.voting_days), looked_up=table.looked_up, rules=rules)


class _Gathered:
    """What all machines need, each thing once with every place it is at."""

    def __init__(self) -> None:
        self.needs: dict[Need, set[Place]] = {}
        self.versions: dict[Need, set[str]] = {}
        self.machines = self.covered = 0
        self._unlisted: dict[str, tuple[set[str], set[str]]] = {}
        self._unknown: dict[tuple[str, str], set[str]] = {}
        self._heard: set[str] = set()

    def add(self, heard: Heard, place: Place, table: Table, today: date, rules: Rules) -> None:
        self._heard.add(place.name.casefold())
        if heard.report is None or not isinstance(heard.report.inventory, Inventory):
            self._note("everything on it", "it has not reported yet", place.name)
            return
        self.machines += 1
        here = found(heard.report, heard.report.inventory, table, today, rules.hardware_years)
        self.covered += here.covered
        for name, version in here.unrecognised:
            versions, where = self._unlisted.setdefault(name, (set(), set()))
            versions.add(version)
            where.add(place.name)
        for need in here.needs:
            self.needs.setdefault(need, set()).add(place)
            self.versions.setdefault(need, set()).update(need.versions)
        for one in here.unjudged:
            self._note(one.what, one.why, place.name)

    def silent(self, assets: tuple[Asset, ...]) -> None:
        """Note every declared asset from which nothing was heard."""
        for one in assets:
            if one.name.casefold() not in self._heard:
                self._note("everything on it", "it is on the inventory and no agent reports from it", one.name)

    def unknown(self) -> tuple[Unknown, ...]:
        return tuple(Unknown(what, why, tuple(sorted(where)))
                     for (what, why), where in sorted(self._unknown.items()))

    def unlisted(self) -> tuple[Unlisted, ...]:
        return tuple(Unlisted(name, tuple(sorted(versions)), tuple(sorted(where)))
                     for name, (versions, where) in sorted(self._unlisted.items()))

    def _note(self, what: str, why: str, where: str) -> None:
        self._unknown.setdefault((what, why), set()).add(where)


def _place(heard: Heard, assets: Mapping[str, Asset]) -> Place:
    name = heard.report.host if heard.report else heard.host
    asset = assets.get(name.casefold())
    reported = heard.report.roles if heard.report else ()
    roles = tuple(sorted({*heard.roles, *reported, *(asset.roles if asset else ())}))
    return Place(name, heard.agent, asset.site if asset else heard.site, asset.responsible if asset else "", roles)


def _due(need: Need, horizon: date) -> bool:
    return need.end is End.OVER or (need.ends is not None and need.ends <= horizon)


def _line(need: Need, where: tuple[Place, ...], versions: tuple[str, ...], today: date, year: date, freeze: Calendar,
          rules: Rules) -> Line:
    lead = rules.lead_days[need.category]
    dates: Schedule = schedule(need.ends, today, lead, freeze, rules.margin_days)
    return Line(
        category=need.category, what=need.what, where=where, kind=need.kind, rule=need.rule, ends=need.ends,
        status=_status(need.ends, today, year), lead_days=lead, order_by=dates.order_by, go_live=dates.go_live,
        warnings=dates.warnings, contract_ends=need.contract_ends, versions=versions)


def _status(ends: date | None, today: date, year: date) -> Status:
    if ends is None or ends < today:
        return Status.OUT_OF_SUPPORT
    return Status.WITHIN_12_MONTHS if ends <= year else Status.WITHIN_24_MONTHS


def _order(line: Line) -> tuple[object, ...]:
    return (line.order_by, line.ends or date.min, line.category, line.what, line.where)
