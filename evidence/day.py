"""The points of one day, from its inputs and the rules in force alone.

The same grading as on the pages, with three differences that can only lower a point, since verdict vectors hold
letters and no times:

* a verdict counts until the report's moment plus the check's own ``max_age``, and never past ``SILENT_AFTER``; past
  that, what did not apply for another reason than the machine's roles is unknown too;
* of a report whose clock was off every verdict is unknown;
* a check that was judged with another threshold than the pack's is unknown.

Bounds and coverage are whole millionths, so that they compare exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import product

import msgspec
from msgspec import UNSET

from evidence import day_inputs, deadlines
from evidence.day_inputs import Asset, Inputs, Line, Machine
from evidence.rules import Rules, pack_of
from hustings.verdicts import Result, Verdict
from policies.derive import office as derived
from policies.derive.attested import Said, attested_facts
from policies.evaluate import Context, judge_all
from policies.grade import (
    CORE_ROLES,
    RESTORE_ROLES,
    Grade,
    Item,
    Marks,
    grade,
    office_items,
    own_items,
    restore_proven,
    row_item,
    stops,
    with_own,
)
from policies.not_applicable import Declared, believed

SILENT_AFTER = timedelta(days=7)
MILLION = 1_000_000
OURS = "us"
_VERDICTS = {"p": Verdict.PASS, "f": Verdict.FAIL, "u": Verdict.UNKNOWN, "n": Verdict.NOT_APPLICABLE}
_LEFT_OUT = "-"


class Point(msgspec.Struct, frozen=True, array_like=True):
    """One grade of one day. Bounds and coverage in millionths."""

    lower: int
    upper: int
    coverage: int
    letter: str | None
    """None where there was not enough evidence."""
    caps: tuple[str, ...]
    """Codes of the caps that held the letter down."""
    failing: int
    """Rows in which something failed."""
    unknown: int
    """Rows without a failure that were not wholly known."""
    rows: int
    by_rules: int = 0
    """Of the change of ``lower`` since the day before, the part that other rules made."""


class RowPoint(msgspec.Struct, frozen=True, array_like=True):
    """One row of the office's grade: the part of what was known that passed, and the part that was known."""

    passed: int
    known: int
    failing: str | None
    """The severity of the severest check that failed."""


class Day(msgspec.Struct, frozen=True):
    """Every point of one day."""

    office: Point | None
    """None where there was neither an inventory nor a single machine to grade."""
    parties: dict[str, Point]
    """What others answer for."""
    sites: dict[str, Point]
    """What the office answers for, by site."""
    areas: dict[str, Point]
    """The office's rows by the area of the catalogue, without a letter."""
    rows: dict[str, RowPoint]
    """The rows of ``office``."""
    machines: dict[str, Point]
    """By agent."""
    assets: int
    """Those the office answers for."""
    silent: int
    """Those of them that no machine spoke for."""
    undeclared: int
    """Machines that reported and were not in the inventory."""


class Grader:
    """Grades days by one set of rules, and remembers what it worked out: days are mostly alike."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.pack = pack_of(rules)
        self._checks = [one for one in rules.checks if one.scope == "machine"]
        self._place = {one.id: place for place, one in enumerate(self._checks)}
        self._results = [{letter: Result(one.id, one.row, one.severity, verdict, "", "")
                          for letter, verdict in _VERDICTS.items()} for one in self._checks]
        self._limits = frozenset(one.max_age for one in self._checks)
        in_row: dict[str, list[int]] = {}
        for place, one in enumerate(self._checks):
            in_row.setdefault(one.row, []).append(place)
        self._rows = [(row, in_row[row.id]) for row in rules.rows if row.id in in_row]
        self._stopping = [place for place, one in enumerate(self._checks) if one.stop]
        self._readers: dict[tuple[object, ...], tuple[list[int], list[dict[str, str]]]] = {}
        self._items: dict[tuple[object, ...], Item | None] = {}
        self._graded: dict[tuple[object, ...], _Graded] = {}

    def day(self, inputs: Inputs) -> Day:
        """The points of a day."""
        return _OneDay(self, inputs).day()

    def graded(self, one: Machine, given: tuple[str, ...], inputs: Inputs) -> _Graded:
        """One machine that has reported, at the day's end."""
        line = one.line
        assert line is not None
        now = day_inputs.ends(inputs.day)
        roles = tuple(dict.fromkeys((*line.roles, *one.roles, *given)))
        letters = self._effective(line, roles, now)
        open_ = {check: self._place[check] for check in one.failing if check in self._place}
        remembered = frozenset(check for check, place in open_.items() if letters[place] == "u")
        overdue = frozenset(
            check for check, place in open_.items() if letters[place] in "fu" and now > deadlines.due(
                min(one.failing[check], line.at), self._checks[place].severity, inputs.elections))
        declared = tuple(sorted(Declared(each.number, each.subject, each.seconded) for each in inputs.exemptions
                                if each.asset.casefold() == one.name.casefold()))
        key = (letters, roles, overdue, remembered, declared)
        found = self._graded.get(key)
        if found is None:
            found = self._grade(letters, roles, Marks(overdue, remembered), declared)
            if len(self._graded) > _KEPT:
                self._graded.clear()
            self._graded[key] = found
        return found

    def _effective(self, line: Line, roles: tuple[str, ...], now: datetime) -> str:
        """One letter for each check of the rules, as it reads at ``now``."""
        age = now - line.at
        ended = self._limits if age > SILENT_AFTER else frozenset(
            limit for limit in self._limits if age > timedelta(seconds=limit))
        key = (line.checks, line.roles, roles, ended, line.clock_off, line.overridden)
        reader = self._readers.get(key)
        if reader is None:
            place = {check: number for number, check in enumerate(line.checks)}
            reader = ([place.get(one.id, len(place)) for one in self._checks], [
                _READS[one.max_age in ended, line.clock_off or one.id in line.overridden, _shares(one.roles, roles),
                       _shares(one.roles, line.roles)] for one in self._checks])
            if len(self._readers) > _KEPT:
                self._readers.clear()
            self._readers[key] = reader
        said = line.vector + _LEFT_OUT
        return "".join([reads[said[number]] for number, reads in zip(*reader, strict=True)])

    def _grade(self, letters: str, roles: tuple[str, ...], marks: Marks, declared: tuple[Declared, ...]) -> _Graded:
        if declared:
            gone = believed(self._said(letters), self.pack, declared).checks
            letters = "".join("n" if one.id in gone else letter
                              for one, letter in zip(self._checks, letters, strict=True))
        core = bool(CORE_ROLES & set(roles))
        marked: dict[str, Marks] = {}
        for check in marks.overdue | marks.remembered:
            about, mine = self._checks[self._place[check]].row, {check}
            before = marked.get(about, _UNMARKED)
            marked[about] = Marks(before.overdue | marks.overdue & mine, before.remembered | marks.remembered & mine)
        items = []
        for row, places in self._rows:
            said = [letters[place] for place in places]
            key = (row.id, core, marked.get(row.id), *said)
            if key not in self._items:
                if len(self._items) > _KEPT:
                    self._items.clear()
                self._items[key] = row_item(row, self._some(letters, places), marked.get(row.id, _UNMARKED), core=core)
            item = self._items[key]
            if item is not None:
                items.append(item)
        stopping = stops(self._some(letters, self._stopping), self.pack, marks.remembered)
        proven = restore_proven(items, roles)
        return _Graded(letters, items, stopping, _restored(items), point(grade(items, stops=stopping,
                                                                              restore_proven=proven)))

    def _said(self, letters: str) -> list[Result]:
        return self._some(letters, range(len(letters)))

    def _some(self, letters: str, places: Iterable[int]) -> list[Result]:
        return [self._results[place][letters[place]] for place in places if letters[place] != _LEFT_OUT]

    def judged(self, letters: str) -> tuple[tuple[str, str, str], ...]:
        """Check, row and verdict of every result behind some letters."""
        return tuple((one.check, one.catalogue, one.verdict.value) for one in self._said(letters))


_KEPT = 100_000
_UNMARKED = Marks()


class _Graded:
    """One machine, graded."""

    __slots__ = ("items", "letters", "point", "restored", "stops")

    def __init__(self, letters: str, items: list[Item], stopping: list[str], restored: bool, made: Point) -> None:
        self.letters, self.items, self.stops, self.restored, self.point = letters, items, stopping, restored, made


class _OneDay:
    """One day under way."""

    def __init__(self, grader: Grader, inputs: Inputs) -> None:
        self._grader = grader
        self._inputs = inputs
        given = {asset.name.casefold(): asset.roles for asset in reversed(inputs.assets or ())}
        self._graded = {one.agent: grader.graded(one, given.get(one.name.casefold(), ()), inputs)
                        for one in inputs.machines if one.line is not None}

    def day(self) -> Day:
        machines = {agent: one.point for agent, one in sorted(self._graded.items())}
        assets = self._inputs.assets
        if assets is None:
            if len(machines) != 1:
                return Day(None, {}, {}, {}, {}, machines, 0, 0, 0)
            [only] = self._graded.values()
            return Day(only.point, {}, {}, _area_points(only.items), _rows(only.items), machines, 0, 0, 0)
        speaking = self._speakers(assets)
        ours = [one for one in assets if one.responsible == OURS]
        whole = self._office(ours, speaking, self._together(assets))
        named = {asset.name: asset for asset in assets}
        return Day(
            point(whole),
            {name: point(self._office([one for one in assets if one.responsible == name], speaking))
             for name in sorted({one.responsible for one in assets} - {OURS})},
            {site: point(self._office([one for one in ours if one.site == site], speaking))
             for site in sorted({one.site for one in ours if one.site})},
            _area_points(whole.items), _rows(whole.items), machines, len(ours),
            sum(one.name not in speaking for one in ours),
            len(self._graded) - len({speaking[name] for name in named if name in speaking}))

    def _speakers(self, assets: Sequence[Asset]) -> dict[str, str]:
        """The agent that speaks for each asset: of several of one name the last heard, an agent of its own before
        any recording."""
        reported = [one for one in self._inputs.machines if one.line is not None]
        by_name = {one.name.casefold(): one.agent for one in sorted(reported, key=_heard_at)}
        return {asset.name: by_name[asset.name.casefold()] for asset in assets if asset.name.casefold() in by_name}

    def _office(self, assets: Sequence[Asset], speaking: Mapping[str, str], together: Sequence[Result] = ()) -> Grade:
        graded = {asset.name: self._graded[speaking[asset.name]] for asset in assets if asset.name in speaking}
        items = with_own(office_items({asset.name: asset.roles for asset in assets},
                                      {name: one.items for name, one in graded.items()}, self._grader.pack),
                         own_items(together, self._grader.pack))
        proven = all(asset.name in graded and graded[asset.name].restored
                     for asset in assets if RESTORE_ROLES & set(asset.roles))
        return grade(items, stops=sorted({row for one in graded.values() for row in one.stops}),
                     restore_proven=proven)

    def _together(self, assets: Sequence[Asset]) -> list[Result]:
        """The checks of the office as a whole, judged at the day's end."""
        now = day_inputs.ends(self._inputs.day)
        declared = [derived.Asset(one.name, one.roles, one.site, one.responsible, one.mirror_of) for one in assets]
        facts = derived.office_facts(
            declared,
            [derived.Machine(one.agent, one.name, one.roles, one.line.at if one.line else None,
                             self._judged(one, assets)) for one in self._inputs.machines],
            now, self._inputs.reviews)
        said = self._inputs.said
        facts |= attested_facts(Said() if said is UNSET else said, declared, self._inputs.voting_days, now)
        return judge_all(self._grader.pack, facts, Context(now, voting_days=self._inputs.voting_days), scope="office")

    def _judged(self, one: Machine, assets: Sequence[Asset]) -> tuple[tuple[str, str, str], ...]:
        """What a machine says, where a mirror is to be held against its primary."""
        if one.agent not in self._graded or not any(asset.mirror_of for asset in assets):
            return ()
        return self._grader.judged(self._graded[one.agent].letters)


def point(one: Grade) -> Point:
    """A grade as it is kept."""
    return Point(round(one.lower * MILLION), round(one.upper * MILLION), round(one.coverage * MILLION), one.letter,
                 tuple(cap.code for cap in one.caps), sum(item.failing is not None for item in one.items),
                 sum(item.failing is None and item.known < 1 for item in one.items), len(one.items))


def _heard_at(one: Machine) -> tuple[bool, datetime]:
    assert one.line is not None
    return not one.recorded, one.line.at


def _area_points(items: Iterable[Item]) -> dict[str, Point]:
    found: dict[str, list[Item]] = {}
    for one in items:
        found.setdefault(one.row.partition("-")[0], []).append(one)
    return {area: point(msgspec.structs.replace(grade(rows), letter=None, caps=())) for area, rows in found.items()}


def _rows(items: Iterable[Item]) -> dict[str, RowPoint]:
    return {one.row: RowPoint(round(one.passed * MILLION), round(one.known * MILLION),
                              one.failing.value if one.failing else None) for one in items}


def _restored(items: Iterable[Item]) -> bool:
    return restore_proven(items, RESTORE_ROLES)


def _shares(wanted: tuple[str, ...], roles: tuple[str, ...]) -> bool:
    return not wanted or not roles or not set(wanted).isdisjoint(roles)


def _reads(letter: str, ended: bool, doubted: bool, wanted: bool, judged: bool) -> str:
    """How a verdict reads: see the module, and ``server.standing`` for roles and checks left out."""
    if letter == _LEFT_OUT:
        return "u" if wanted else _LEFT_OUT
    if letter == "n":
        return "u" if wanted and (ended or not judged) else "n"
    return "u" if (ended or doubted) and letter in "pf" else letter


_READS = {flags: {letter: _reads(letter, *flags) for letter in f"pfun{_LEFT_OUT}"}
          for flags in product((False, True), repeat=4)}
