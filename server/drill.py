"""From a number down to what it is made of: rows of the catalogue, areas, and each asset's part in them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from hustings.verdicts import SEVERITIES, WORST_FIRST, Result
from policies.grade import WEIGHTS, Cap, Grade, Item, Share, office_parts, shares
from policies.model import Check, Pack, Row, Text
from server.questions import AREAS, area_of
from server.records import Asset
from server.scorecard import OURS, Scorecard, speakers
from server.standing import Standing
from server.weighing import caps_of


class State(StrEnum):
    """How a row stands on one asset, or over all."""

    FAIL = "fail"
    UNKNOWN = "unknown"
    PASS = "pass"
    NOT_APPLICABLE = "not_applicable"


WORST = (State.FAIL, State.UNKNOWN, State.PASS, State.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the catalogue in the grade: what it weighs, what it brings, which caps it is behind."""

    row: Row
    area: str
    share: Share | None
    """None for a row that no check measures here."""
    caps: tuple[Cap, ...]
    check: Check | None
    """The check that speaks for it: the severest."""

    @property
    def state(self) -> State:
        return state(self.share.item if self.share else None)


@dataclass(frozen=True, slots=True)
class OnAsset:
    """A row on one asset: of the inventory, or a machine without one."""

    name: str
    machine: Standing | None
    """None for a silent asset."""
    item: Item | None
    """None where it does not apply."""
    results: tuple[Result, ...]
    responsible: str = ""

    @property
    def state(self) -> State:
        return state(self.item)


@dataclass(frozen=True, slots=True)
class OfRow:
    """Everything about one row of the catalogue in an office."""

    line: Line
    checks: tuple[Check, ...]
    own: tuple[Result, ...]
    """Results about the office as a whole."""
    assets: tuple[OnAsset, ...]
    """Those that the grade is about, the worst first."""
    others: tuple[OnAsset, ...]
    """What somebody else answers for, and machines that are on no list."""

    @property
    def references(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Where the row comes from: each source's ids, over all its checks."""
        return tuple((name, tuple(sorted({one for check in self.checks for one in getattr(check.references, name)})))
                     for name in ("cis", "csf", "cpg", "paris")
                     if any(getattr(check.references, name) for check in self.checks))

    def count(self, wanted: str) -> int:
        return sum(one.state == wanted for one in self.assets)


def state(item: Item | None) -> State:
    """A row with any failure fails; with anything unknown and no failure it is unknown."""
    if item is None:
        return State.NOT_APPLICABLE
    if item.failing is not None:
        return State.FAIL
    return State.UNKNOWN if item.known < 1 else State.PASS


def lines(grade: Grade | None, items: Iterable[Item], pack: Pack) -> tuple[Line, ...]:
    """Every graded row in the order of the areas, with its share; the shares add up to the bounds."""
    rows = {row.id: row for row in pack.rows}
    speaking = _speaking(pack)
    found = [Line(rows[one.item.row], area_of(one.item.row), one, caps_of(grade, one.item.row) if grade else (),
                  speaking.get(one.item.row)) for one in shares(items) if one.item.row in rows]
    order = list(AREAS)
    return tuple(sorted(found, key=lambda line: (order.index(line.area), line.row.id)))


def unmeasured(items: Iterable[Item], pack: Pack, area: str) -> tuple[Row, ...]:
    """The rows of an area that are in the catalogue and in no grade here."""
    graded = {one.row for one in items}
    return tuple(row for row in pack.rows if area_of(row.id) == area and row.id not in graded)


def row(card: Scorecard, pack: Pack, name: str) -> OfRow | None:
    """One row of the catalogue; None if there is none of that name."""
    of = next((one for one in pack.rows if one.id == name), None)
    if of is None:
        return None
    checks = tuple(sorted((check for check in pack.checks if check.catalogue == name),
                          key=lambda check: (SEVERITIES.index(check.severity), check.id)))
    line = next((one for one in lines(card.grade, card.items, pack) if one.row.id == name), None)
    if card.grade is None or line is None:
        line = Line(of, area_of(name), None, (), checks[0] if checks else None)
    others: list[OnAsset] = []
    if card.office.assets is None:
        mine = [_machine(one, name) for one in card.machines]
    else:
        declared = _declared(card, card.office.assets, pack, name)
        mine = [one for one in declared if one.responsible == OURS]
        others = [*(one for one in declared if one.responsible != OURS),
                  *(_machine(one, name) for one in card.undeclared)]
    return OfRow(line, checks, tuple(one for one in card.together if one.catalogue == name),
                 tuple(sorted(mine, key=_worst)), tuple(sorted(others, key=_worst)))


def _declared(card: Scorecard, assets: tuple[Asset, ...], pack: Pack, name: str) -> list[OnAsset]:
    speaking = speakers(assets, card.all_machines)
    parts = office_parts({one.name: one.roles for one in assets}, {
        asset: list(machine.grade.items) for asset, machine in speaking.items()}, pack).get(name, {})
    return [OnAsset(one.name, speaking.get(one.name), parts.get(one.name),
                    _results(speaking[one.name], name) if one.name in speaking else (), one.responsible)
            for one in assets]


def _machine(one: Standing, name: str) -> OnAsset:
    return OnAsset(one.name, one, next((item for item in one.grade.items if item.row == name), None),
                   _results(one, name))


def _results(one: Standing, name: str) -> tuple[Result, ...]:
    return tuple(sorted(one.by_row.get(name, ()), key=lambda result: (WORST_FIRST.index(result.verdict), result.check)))


def _worst(one: OnAsset) -> tuple[int, str]:
    return WORST.index(one.state), one.name


def titles(pack: Pack) -> dict[str, Text]:
    """What each check is called, and each row: by the severest check that speaks for it."""
    return {**{row: check.title for row, check in _speaking(pack).items()},
            **{check.id: check.title for check in pack.checks}}


def _speaking(pack: Pack) -> dict[str, Check]:
    found: dict[str, Check] = {}
    for check in pack.checks:
        held = found.get(check.catalogue)
        if held is None or WEIGHTS[check.severity] > WEIGHTS[held.severity]:
            found[check.catalogue] = check
    return found
