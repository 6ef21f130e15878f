"""The scorecard: what an official reads first, as one record.

A grade of the *office* exists only against a declared inventory: then every asset the office
answers for counts, heard or not, and what vendors, the state or the county answer for is graded
apart. Without an inventory one machine is graded by itself; several are listed, and no letter is
given for all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from hustings.facts import Facts
from hustings.times import days_between
from hustings.verdicts import Result, Verdict
from policies.derive import office as derived
from policies.evaluate import Context, judge_all
from policies.grade import RESTORE_ROLES, RESTORE_ROW, Grade, Item, grade, machine_items, office_items
from policies.model import Pack
from server import access_difference, access_review
from server.actions import Action, actions
from server.questions import Area, Question, areas, questions
from server.records import Asset, Heard, Office, Review, RoleChange
from server.standing import Standing, reason_kind, standing
from server.terms import terms

SHOWN_ROLE_CHANGES = timedelta(days=90)
OURS = "us"
ORGANISATION = "organisation"
"""The role of the office itself: its rows are asked of every office."""


class Scope(StrEnum):
    """What the grade is about."""

    NOTHING = "nothing"
    MACHINE = "machine"
    MACHINES = "machines"
    OFFICE = "office"


@dataclass(frozen=True, slots=True)
class Unproven:
    """Unknown results that share a reason. ``kind`` is a ``Reason`` or one of ``standing``'s doubts."""

    kind: str
    checks: tuple[tuple[str, Standing], ...]
    """Check id and machine."""


@dataclass(frozen=True, slots=True)
class Party:
    """What somebody else answers for."""

    responsible: str
    grade: Grade
    assets: tuple[Asset, ...]
    silent: tuple[Asset, ...]


@dataclass(frozen=True, slots=True)
class Override:
    """A check that was judged with another threshold than the pack's."""

    machine: Standing
    check: str
    value: Any


@dataclass(frozen=True)
class Scorecard:
    """Everything on the first page."""

    scope: Scope
    now: datetime
    office: Office
    machines: tuple[Standing, ...]
    """Those the grade is about (all that reported, where there is no grade)."""
    grade: Grade | None
    questions: tuple[Question, ...]
    areas: tuple[Area, ...]
    first: tuple[Action, ...]
    unproven: tuple[Unproven, ...]
    voting_day: date | None
    days: int | None
    parties: tuple[Party, ...] = ()
    silent: tuple[Asset, ...] = ()
    """Assets of the office that no machine speaks for."""
    undeclared: tuple[Standing, ...] = ()
    """Machines that report and are not in the inventory."""
    together: tuple[Result, ...] = ()
    """Checks of the office as a whole, judged here from its records."""
    overrides: tuple[Override, ...] = ()
    role_changes: tuple[tuple[Standing, RoleChange], ...] = ()
    recorded: tuple[Standing, ...] = ()
    """Machines that no agent speaks for: people recorded them."""
    shrunk: tuple[tuple[Standing, tuple[str, ...]], ...] = ()
    """Checks that applied in the last 90 days and no longer do."""

    @property
    def items(self) -> tuple[Item, ...]:
        return self.grade.items if self.grade else ()

    @property
    def failing(self) -> int:
        return sum(one.failing is not None for one in self.items)

    @property
    def unknown(self) -> int:
        return sum(one.failing is None and one.known < 1 for one in self.items)

    @property
    def measured(self) -> datetime | None:
        """When the oldest of the machines' last reports arrived."""
        return min((one.heard.received for one in self.machines if one.heard.received), default=None)


def scorecard(office: Office, pack: Pack, now: datetime) -> Scorecard:
    """The scorecard of an office at ``now``."""
    machines = everyone(office, pack, now)
    if office.assets is not None:
        return _of_office(office, machines, pack, now)
    heard = tuple(one for one in machines if one.report)
    if len(heard) == 1:
        return _card(Scope.MACHINE, office, heard, heard[0].grade, heard[0].roles, pack, now)
    scope = Scope.MACHINES if heard else Scope.NOTHING
    return _card(scope, office, heard, None, _roles(heard), pack, now,
                 items=[item for one in heard for item in one.grade.items])


def machine(office: Office, agent: str, pack: Pack, now: datetime) -> Standing | None:
    """One machine of an office at ``now``, revoked or not; None if there is none of that id."""
    return next((_standing(office, heard, pack, now)
                 for heard in office.machines if heard.agent == agent), None)


def everyone(office: Office, pack: Pack, now: datetime) -> tuple[Standing, ...]:
    """Every machine of an office whose reports are still taken."""
    return tuple(_standing(office, heard, pack, now) for heard in office.machines if not heard.revoked)


def speakers(assets: Iterable[Asset], machines: Sequence[Standing]) -> dict[str, Standing]:
    """The machine that speaks for each asset, by the asset's name: of several of one name the last heard, and
    an agent of its own before any recording."""
    by_name: dict[str, Standing] = {}
    for one in sorted((one for one in machines if one.report), key=_heard_at):
        by_name[_label(one.name)] = one
    return {asset.name: by_name[_label(asset.name)] for asset in assets if _label(asset.name) in by_name}


def _of_office(office: Office, machines: tuple[Standing, ...], pack: Pack, now: datetime) -> Scorecard:
    assets = office.assets or ()
    speaking = speakers(assets, machines)
    ours = tuple(asset for asset in assets if asset.responsible == OURS)
    others: dict[str, list[Asset]] = defaultdict(list)
    for asset in assets:
        if asset.responsible != OURS:
            others[asset.responsible].append(asset)
    mine = tuple(speaking[asset.name] for asset in ours if asset.name in speaking)
    declared = {id(one) for one in speaking.values()}
    facts = _facts(assets, machines, now, office.reviews)
    together = tuple(judge_all(pack, facts, Context(now, voting_days=office.voting_days),
                               scope="office"))
    return _card(
        Scope.OFFICE, office, mine, _asset_grade(ours, speaking, pack, together),
        (*dict.fromkeys(role for asset in ours for role in asset.roles), ORGANISATION), pack, now,
        together=together,
        parties=tuple(Party(name, _asset_grade(some, speaking, pack), tuple(some),
                            tuple(one for one in some if one.name not in speaking))
                      for name, some in sorted(others.items())),
        silent=tuple(asset for asset in ours if asset.name not in speaking),
        undeclared=tuple(one for one in machines if one.report and id(one) not in declared))


def _facts(assets: Sequence[Asset], machines: Sequence[Standing], now: datetime, signed: Sequence[Review]) -> Facts:
    return derived.office_facts(
        [derived.Asset(one.name, one.roles, one.site, one.responsible, one.mirror_of) for one in assets],
        [derived.Machine(one.heard.agent, one.name, one.roles, one.heard.received,
                         tuple((each.check, each.catalogue, str(each.verdict)) for each in one.results))
         for one in machines],
        now, [access_review.reported(one, signed) for one in access_difference.every(machines) if one.declared])


def _asset_grade(assets: Sequence[Asset], speaking: Mapping[str, Standing], pack: Pack,
                 together: Sequence[Result] = ()) -> Grade:
    """The grade of some declared assets, silent ones counting as unknown in every row of their roles.

    ``together`` are results about all of them at once, which are rows of their own.
    """
    heard = {asset.name: list(speaking[asset.name].grade.items) for asset in assets if asset.name in speaking}
    items = [*office_items({asset.name: asset.roles for asset in assets}, heard, pack),
             *machine_items(together, pack, ())]
    stops = {row for name in heard for cap in speaking[name].grade.limits if cap.code == "stop" for row in cap.rows}
    proven = all(_restored(heard.get(asset.name, [])) for asset in assets if RESTORE_ROLES & set(asset.roles))
    return grade(items, stops=sorted(stops), restore_proven=proven)


def _restored(items: Iterable[Item]) -> bool:
    return any(one.row == RESTORE_ROW and one.known == 1 and one.passed == 1 for one in items)


def _card(scope: Scope, office: Office, machines: tuple[Standing, ...], graded: Grade | None,
          roles: tuple[str, ...], pack: Pack, now: datetime, *, items: Sequence[Item] = (),
          parties: tuple[Party, ...] = (), silent: tuple[Asset, ...] = (),
          undeclared: tuple[Standing, ...] = (), together: tuple[Result, ...] = ()) -> Scorecard:
    rows = graded.items if graded else tuple(items)
    voting_day = min((day for day in office.voting_days if day >= now.date()), default=None)
    return Scorecard(
        scope=scope, now=now, office=office, machines=machines, grade=graded,
        questions=questions(rows, pack, roles), areas=areas(rows, pack, roles),
        first=tuple(actions(machines, rows, pack, together)[:3]), unproven=_unproven(machines),
        voting_day=voting_day, days=days_between(now, voting_day) if voting_day else None,
        parties=parties, silent=silent, undeclared=undeclared, together=together,
        overrides=_overrides(machines),
        recorded=tuple(one for one in machines if one.report and one.report.recording),
        role_changes=tuple((one, change) for one in machines for change in one.heard.role_changes
                           if now - change.at <= SHOWN_ROLE_CHANGES and change.source != "enrolment"),
        shrunk=tuple((one, one.newly_not_applicable) for one in machines if one.newly_not_applicable))


def _unproven(machines: Iterable[Standing]) -> tuple[Unproven, ...]:
    """Unknown results by reason, the most frequent first."""
    found: dict[str, list[tuple[str, Standing]]] = defaultdict(list)
    for one in machines:
        for result in one.results:
            if result.verdict is Verdict.UNKNOWN:
                found[reason_kind(result, one.doubts)].append((result.check, one))
    kinds = sorted(found, key=lambda kind: (-len(found[kind]), kind))
    return tuple(Unproven(kind, tuple(found[kind])) for kind in kinds)


def _overrides(machines: Iterable[Standing]) -> tuple[Override, ...]:
    return tuple(Override(one, check, value) for one in machines if one.report
                 for check, value in sorted(one.report.parameters.items()))


def _roles(machines: Iterable[Standing]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(role for one in machines for role in one.roles))


def _standing(office: Office, heard: Heard, pack: Pack, now: datetime) -> Standing:
    return standing(heard, pack, now, _given(office, heard), terms(office, _name(heard)))


def _given(office: Office, heard: Heard) -> tuple[str, ...]:
    """The roles the inventory gives a machine."""
    name = _label(_name(heard))
    return next((asset.roles for asset in office.assets or () if _label(asset.name) == name), ())


def _name(heard: Heard) -> str:
    return heard.report.host if heard.report else heard.host


def _label(name: str) -> str:
    return name.casefold()


def _heard_at(one: Standing) -> tuple[bool, datetime]:
    assert one.report is not None
    assert one.heard.received is not None
    return one.report.recording is None, one.heard.received


