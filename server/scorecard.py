"""The scorecard: what an official reads first, as one record.

A grade of the *office* exists only against a declared inventory: then every asset the office
answers for counts, heard or not, and what vendors, the state or the county answer for is graded
apart. Without an inventory one machine is graded by itself; several are listed, and no letter is
given for all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from hustings.facts import Facts
from hustings.times import days_between
from hustings.verdicts import Result
from policies.derive import office as derived
from policies.derive.attested import attested_facts
from policies.evaluate import Context, judge_all
from policies.grade import Grade, Item, Marks
from policies.model import Pack
from server import access_difference, access_review
from server.actions import Action, actions, first
from server.findings import findings
from server.inventory_changes import Change, changes
from server.questions import Area, Question, areas, questions
from server.records import EXCEPTION, Asset, Exemption, Heard, Office, RoleChange
from server.standing import Standing, standing
from server.terms import NO_TERMS, Terms, TermsOf, terms
from server.weighing import Effect, Weighing, alone

SHOWN_ROLE_CHANGES = timedelta(days=90)
SHOWN_REVOKED = timedelta(days=90)
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
    weighing: Weighing | None = None
    """The grade in its parts, to ask what a repair would change."""
    together_effect: Effect | None = None
    """What all of ``first`` do to the grade together."""
    connecting: Effect | None = None
    """What it would do to the grade if the silent assets reported that all is well."""
    inventory_changes: tuple[Change, ...] = ()
    """What the last 90 days changed in the declared list, newest first."""
    all_machines: tuple[Standing, ...] = ()
    """Every machine whose reports are taken, whoever answers for it."""
    whole_terms: Terms = NO_TERMS
    """What the office says of itself as a whole."""
    revoked: tuple[Heard, ...] = ()
    """Machines that did report and whose reports are taken no longer, since at most 90 days; newest first."""
    other_packs: tuple[Standing, ...] = ()
    """Machines that were judged by another policy pack than this server's."""

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
    def exceptions(self) -> tuple[Exemption, ...]:
        """Failures that the office accepts at present, oldest first."""
        return tuple(one for one in self.office.exceptions if one.kind == EXCEPTION and one.in_force(self.now))

    @property
    def set_aside(self) -> tuple[tuple[Standing, Exemption], ...]:
        """What the office declared not to apply and is believed, with its machine."""
        return tuple((one, each) for one in self.all_machines for each in dict.fromkeys(one.set_aside.values()))

    @property
    def refused(self) -> tuple[tuple[Standing, Exemption], ...]:
        """What it declared not to apply and counts as measured, for want of a second signature."""
        return tuple((one, each) for one in self.all_machines for each in one.refused)

    @property
    def doubles(self) -> tuple[Standing, ...]:
        """Machines that report under the name of an asset that another machine speaks for."""
        names = {_label(one.name) for one in self.office.assets or ()}
        return tuple(one for one in self.undeclared if _label(one.name) in names)

    @property
    def strangers(self) -> tuple[Standing, ...]:
        """Machines that report under a name that is not in the inventory."""
        names = {_label(one.name) for one in self.office.assets or ()}
        return tuple(one for one in self.undeclared if _label(one.name) not in names)

    @property
    def measured_otherwise(self) -> bool:
        """Whether anything is to be said of what changed how this is measured."""
        return bool(self.overrides or self.role_changes or self.shrunk or self.inventory_changes or self.revoked
                    or self.other_packs or self.doubles)

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
        return _card(Scope.MACHINE, office, heard, alone(heard[0], pack), heard[0].roles, pack, now, everybody=machines)
    scope = Scope.MACHINES if heard else Scope.NOTHING
    return _card(scope, office, heard, None, _roles(heard), pack, now, everybody=machines,
                 items=[item for one in heard for item in one.grade.items])


def machine(office: Office, agent: str, pack: Pack, now: datetime) -> Standing | None:
    """One machine of an office at ``now``, revoked or not; None if there is none of that id."""
    read = _Read(office, pack, now)
    return next((read.standing(heard) for heard in office.machines if heard.agent == agent), None)


def everyone(office: Office, pack: Pack, now: datetime) -> tuple[Standing, ...]:
    """Every machine of an office whose reports are still taken."""
    read = _Read(office, pack, now)
    return tuple(read.standing(heard) for heard in office.machines if not heard.revoked)


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
    silent = tuple(asset for asset in ours if asset.name not in speaking)
    facts = _facts(office, assets, machines, now)
    together = tuple(judge_all(pack, facts, Context(now, voting_days=office.voting_days),
                               scope="office"))
    whole = terms(office).of("")
    weighing = Weighing({asset.name: asset.roles for asset in ours}, speaking, pack, together,
                        _whole_marks(together, whole, pack, now))
    return _card(
        Scope.OFFICE, office, mine, weighing,
        (*dict.fromkeys(role for asset in ours for role in asset.roles), ORGANISATION), pack, now,
        together=together, everybody=machines, whole_terms=whole,
        parties=tuple(Party(name, Weighing({one.name: one.roles for one in some}, speaking, pack).grade, tuple(some),
                            tuple(one for one in some if one.name not in speaking))
                      for name, some in sorted(others.items())),
        silent=silent,
        undeclared=tuple(one for one in machines if one.report and id(one) not in declared))


def _whole_marks(together: Sequence[Result], whole: Terms, pack: Pack, now: datetime) -> Marks:
    """What grading knows of the office's own checks: they are judged here and now, so none of them is overdue."""
    open_ = findings(together, {}, now, now)
    return Marks(accepted=frozenset(check for check in whole.accepted(pack, now) if check in open_))


def _facts(office: Office, assets: Sequence[Asset], machines: Sequence[Standing], now: datetime) -> Facts:
    declared = [derived.Asset(one.name, one.roles, one.site, one.responsible, one.mirror_of) for one in assets]
    reviews = [access_review.reported(one, office.reviews)
               for one in access_difference.every(machines) if one.declared]
    heard = [derived.Machine(one.heard.agent, one.name, one.roles, one.heard.received, one.judged)
             for one in machines]
    return {**derived.office_facts(declared, heard, now, reviews),
            **attested_facts(office.said, declared, office.voting_days, now)}


def _card(scope: Scope, office: Office, machines: tuple[Standing, ...], weighing: Weighing | None,
          roles: tuple[str, ...], pack: Pack, now: datetime, *, items: Sequence[Item] = (),
          parties: tuple[Party, ...] = (), silent: tuple[Asset, ...] = (),
          undeclared: tuple[Standing, ...] = (), together: tuple[Result, ...] = (),
          everybody: tuple[Standing, ...] = (), whole_terms: Terms = NO_TERMS) -> Scorecard:
    graded = weighing.grade if weighing else None
    rows = graded.items if graded else tuple(items)
    voting_day = min((day for day in office.voting_days if day >= now.date()), default=None)
    chosen, both = first(actions(machines, rows, pack, together), weighing)
    return Scorecard(
        scope=scope, now=now, office=office, machines=machines, grade=graded,
        questions=questions(rows, pack, roles), areas=areas(rows, pack, roles),
        first=chosen, unproven=_unproven(machines),
        voting_day=voting_day, days=days_between(now, voting_day) if voting_day else None,
        parties=parties, silent=silent, undeclared=undeclared, together=together,
        overrides=_overrides(machines),
        recorded=tuple(one for one in machines if one.report and one.report.recording),
        role_changes=tuple((one, change) for one in machines for change in one.heard.role_changes
                           if now - change.at <= SHOWN_ROLE_CHANGES and change.source != "enrolment"),
        shrunk=tuple((one, one.newly_not_applicable) for one in machines if one.newly_not_applicable),
        weighing=weighing, together_effect=both,
        connecting=weighing.heard(one.name for one in silent) if weighing and silent else None,
        inventory_changes=changes(office.declarations, now), all_machines=everybody, whole_terms=whole_terms,
        revoked=tuple(sorted((one for one in office.machines if one.revoked_at is not None and one.report
                              and now - one.revoked_at <= SHOWN_REVOKED), key=_revoked_at, reverse=True)),
        other_packs=tuple(one for one in machines if one.report and one.report.pack != pack.digest))


def _unproven(machines: Iterable[Standing]) -> tuple[Unproven, ...]:
    """Unknown results by reason, the most frequent first."""
    found: dict[str, list[tuple[str, Standing]]] = defaultdict(list)
    for one in machines:
        for result, reason in zip(one.unproven, one.reasons, strict=True):
            found[reason].append((result.check, one))
    kinds = sorted(found, key=lambda kind: (-len(found[kind]), kind))
    return tuple(Unproven(kind, tuple(found[kind])) for kind in kinds)


def _overrides(machines: Iterable[Standing]) -> tuple[Override, ...]:
    return tuple(Override(one, check, value) for one in machines if one.report
                 for check, value in sorted(one.report.parameters.items()))


def _roles(machines: Iterable[Standing]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(role for one in machines for role in one.roles))


class _Read:
    """Reads machines of one office, with the roles its inventory gives each of them."""

    def __init__(self, office: Office, pack: Pack, now: datetime) -> None:
        self._pack = pack
        self._now = now
        self._terms: TermsOf = terms(office)
        self._given: dict[str, tuple[str, ...]] = {}
        for asset in office.assets or ():
            self._given.setdefault(_label(asset.name), asset.roles)

    def standing(self, heard: Heard) -> Standing:
        name = _label(_name(heard))
        return standing(heard, self._pack, self._now, self._given.get(name, ()), self._terms.of(name))


def _name(heard: Heard) -> str:
    return heard.report.host if heard.report else heard.host


def _label(name: str) -> str:
    return name.casefold()


def _revoked_at(one: Heard) -> tuple[datetime, str]:
    assert one.revoked_at is not None
    return one.revoked_at, one.host


def _heard_at(one: Standing) -> tuple[bool, datetime]:
    assert one.report is not None
    assert one.heard.received is not None
    return one.report.recording is None, one.heard.received
