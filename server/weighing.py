"""A grade kept in its parts, so that it can be asked what a repair would change.

Every "fix this" is answered by grading again with the repair done, caps included, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from hustings.verdicts import Result, Verdict
from policies.grade import (
    CORE_ROLES,
    RESTORE_ROLES,
    Cap,
    Grade,
    Item,
    Marks,
    grade,
    office_parts,
    own_items,
    restore_proven,
    row_item,
    stops,
    together,
    with_own,
)
from policies.model import Pack, Row
from server.standing import Standing

LETTERS = "ABCDF"
_LEAST = 0.05
"""Points below this read as none."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a repair does to a grade."""

    before: Grade
    after: Grade

    @property
    def points(self) -> float:
        """Points of 100 that the lower bound gains."""
        return max(0.0, 100 * (self.after.lower - self.before.lower))

    @property
    def better(self) -> bool:
        """Whether the letter itself gets better."""
        return self.after.letter is not None and self.after.letter != self.before.letter

    @property
    def ceilings(self) -> tuple[str, str] | None:
        """The best letter that caps allow before and after, where that changes."""
        both = ceiling(self.before), ceiling(self.after)
        return None if both[0] == both[1] else both

    @property
    def nothing(self) -> bool:
        return self.points < _LEAST and not self.better and self.ceilings is None


def ceiling(one: Grade) -> str:
    """The best letter that the caps of a grade allow."""
    return max((cap.letter for cap in one.limits), key=LETTERS.index, default="A")


NO_MARKS = Marks()


@dataclass(frozen=True)
class Weighing:
    """Some assets (name → declared roles) and the machines that speak for them, weighed together.

    ``whole`` are results about all of them at once, which are rows of their own.
    """

    assets: Mapping[str, tuple[str, ...]]
    speaking: Mapping[str, Standing]
    pack: Pack
    whole: Sequence[Result] = ()
    whole_marks: Marks = NO_MARKS

    @cached_property
    def parts(self) -> dict[str, dict[str, Item]]:
        """Each row on each asset it is for."""
        return office_parts(self.assets, {name: list(self.speaking[name].grade.items) for name in self.assets
                                          if name in self.speaking}, self.pack)

    @cached_property
    def grade(self) -> Grade:
        return self._graded({}, self._own(frozenset()), self._stops, self._unrestored)

    def fixed(self, repairs: Mapping[str, Collection[str]], own: Collection[str] = ()) -> Effect:
        """The effect of making checks pass: ``repairs`` names them by asset, ``own`` those of the office itself."""
        changed: dict[str, dict[str, Item]] = {}
        stopped, unrestored = dict(self._stops), set(self._unrestored)
        for asset, checks in repairs.items():
            machine = self.speaking[asset]
            mended = self._mended(machine, checks)
            for row, item in mended.items():
                changed.setdefault(row, dict(self.parts.get(row, {})))[asset] = item
            if self._stopping & set(checks):
                left = stops(_passing(machine.results, checks), self.pack, machine.marks.remembered)
                stopped[asset] = frozenset(left)
            if asset in unrestored and restore_proven(mended.values(), RESTORE_ROLES):
                unrestored.discard(asset)
        return Effect(self.grade, self._graded(changed, self._own(frozenset(own)), stopped, frozenset(unrestored)))

    def heard(self, assets: Iterable[str]) -> Effect:
        """The effect of silent ``assets`` reporting that all is well."""
        changed: dict[str, dict[str, Item]] = {}
        names = set(assets)
        for row, some in self.parts.items():
            if names & some.keys():
                changed[row] = {name: Item(item.row, item.severity, 1.0, 1.0, item.core) if name in names else item
                                for name, item in some.items()}
        return Effect(self.grade, self._graded(changed, self._own(frozenset()), self._stops,
                                               self._unrestored - names))

    def _graded(self, changed: Mapping[str, Mapping[str, Item]], own: list[Item],
                stopped: Mapping[str, frozenset[str]], unrestored: Collection[str]) -> Grade:
        items = [together(list(changed[row].values())) if row in changed else item for row, item in self._rows.items()]
        return grade(with_own(items, own), stops=sorted({row for some in stopped.values() for row in some}),
                     restore_proven=not unrestored)

    @cached_property
    def _rows(self) -> dict[str, Item]:
        return {row: together(list(some.values())) for row, some in self.parts.items()}

    @cached_property
    def _stopping(self) -> frozenset[str]:
        return frozenset(check.id for check in self.pack.checks if check.stop)

    @cached_property
    def _stops(self) -> dict[str, frozenset[str]]:
        return {name: frozenset(row for cap in self.speaking[name].grade.limits if cap.code == "stop"
                                for row in cap.rows) for name in self.assets if name in self.speaking}

    @cached_property
    def _unrestored(self) -> frozenset[str]:
        return frozenset(name for name, roles in self.assets.items() if not restore_proven(
            self.speaking[name].grade.items if name in self.speaking else (), roles))

    def _own(self, fixed: Collection[str]) -> list[Item]:
        return own_items(_passing(self.whole, fixed), self.pack, self.whole_marks)

    def _mended(self, machine: Standing, checks: Collection[str]) -> dict[str, Item]:
        core = not CORE_ROLES.isdisjoint(machine.roles)
        mended: dict[str, Item] = {}
        for row in {self._row_of[check] for check in checks if check in self._row_of}:
            if row in self._catalogue:
                item = row_item(self._catalogue[row], _passing(self._results(machine, row), checks), machine.marks,
                                core=core)
                if item is not None:
                    mended[row] = item
        return mended

    def _results(self, machine: Standing, row: str) -> list[Result]:
        return [one for one in machine.by_row.get(row, ()) if one.check in self._row_of]

    @cached_property
    def _row_of(self) -> dict[str, str]:
        return {check.id: check.catalogue for check in self.pack.checks}

    @cached_property
    def _catalogue(self) -> dict[str, Row]:
        return {row.id: row for row in self.pack.rows}


def alone(machine: Standing, pack: Pack) -> Weighing:
    """One machine by itself."""
    return Weighing({machine.name: machine.roles}, {machine.name: machine}, pack)


def caps_of(one: Grade, row: str) -> tuple[Cap, ...]:
    """The caps of a grade that a row is behind."""
    return tuple(cap for cap in one.limits if row in cap.rows)


def _passing(results: Sequence[Result], checks: Collection[str]) -> list[Result]:
    return [msgspec.structs.replace(one, verdict=Verdict.PASS) if one.check in checks else one for one in results]
