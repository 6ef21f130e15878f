"""What to do first: failing and unproven checks in the order in which they repay the work.

The order is severity weight × 2 for a registration system × 10 for a stop condition × points the
grade can gain ÷ effort; an unproven check counts half of a failing one. Equal ones by their id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from hustings.verdicts import Result, Verdict
from policies.fixes import best_fix, directory_of, platforms
from policies.grade import CORE_ROLES, WEIGHTS, Item, shares
from policies.model import Check, Fix, Pack
from server.standing import LEFT_OUT, Standing
from server.weighing import Effect, Weighing

EFFORT = {"S": 1, "M": 2, "L": 4}
CORE_FACTOR = 2
STOP_FACTOR = 10
UNPROVEN_FACTOR = 0.5
LEFT_OUT_FACTOR = 0.1
"""A check that an older agent does not know: updating the agent answers it."""
NEXT = 3
"""How many come first."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do."""

    check: Check
    verdict: Verdict
    """``fail``: repair it; ``unknown``: prove it."""
    machines: tuple[Standing, ...]
    """None for a check of the office as a whole."""
    points: float
    """Points (0 to 100) the lower bound gains once the whole row passes."""
    together: int
    """Other checks of the same row that must pass too before the points count."""
    fix: Fix | None
    reason: str
    """Why it is unknown; empty for a failing one."""
    overdue: bool
    score: float
    effect: Effect | None = None
    """What doing this alone does to the grade, where it was asked for; of an unproven check: if it then passes."""

    @property
    def detail(self) -> str:
        """The agent's own words (English) for why it is unknown on the first machine; empty for a failing one."""
        return (self.machines[0].by_check[self.check.id].reason or "") if self.reason and self.machines else ""


def actions(machines: Sequence[Standing], items: Iterable[Item], pack: Pack,
            together: Sequence[Result] = (), row: str = "") -> list[Action]:
    """Every failing or unknown check (of ``row`` alone, if one is named) over ``machines`` and of the office itself,
    best first."""
    known = {check.id: check for check in pack.checks if row in ("", check.catalogue)}
    gains: dict[str, float] = {}
    for share in shares(items):
        gains[share.item.row] = gains.get(share.item.row, 0.0) + share.weight - share.lower
    found = _open(machines, together, known)
    open_by_row: dict[str, int] = {}
    for check in found:
        open_by_row[known[check].catalogue] = open_by_row.get(known[check].catalogue, 0) + 1
    made = (_best(known[check], one, gains.get(known[check].catalogue, 0.0), open_by_row[known[check].catalogue] - 1)
            for check, one in found.items())
    return sorted(made, key=lambda action: (-action.score, action.check.id))


def first(found: Sequence[Action], weighing: Weighing | None) -> tuple[tuple[Action, ...], Effect | None]:
    """The next three with what each of them does to the grade, and what all of them do together."""
    chosen = tuple(found[:NEXT])
    if weighing is None:
        return chosen, None
    repairs: dict[str, set[str]] = {}
    own: set[str] = set()
    for one in chosen:
        mine, ours = _repairs(one, weighing)
        for asset, checks in mine.items():
            repairs.setdefault(asset, set()).update(checks)
        own |= ours
    return (tuple(with_effect(one, weighing) for one in chosen),
            weighing.fixed(repairs, own) if chosen else None)


def with_effect(one: Action, weighing: Weighing) -> Action:
    """The action with what it does to the grade of ``weighing``."""
    repairs, own = _repairs(one, weighing)
    return replace(one, effect=weighing.fixed(repairs, own))


def fix_for(check: Check, machine: Standing) -> Fix | None:
    """The check's fix for this machine's platform, or for the directory it reads, or None."""
    system = machine.inventory.os if machine.inventory else None
    directory = directory_of(machine.report.facts) if machine.report else ""
    return best_fix(check, platforms(system.family, system.id, directory) if system else ("any",))


@dataclass(slots=True)
class _Open:
    """Where one check is open: by verdict, machines and the reason the first of them gives."""

    where: dict[Verdict, list[Standing]] = field(default_factory=dict)
    reason: str = ""
    own: Verdict | None = None


def _open(machines: Sequence[Standing], together: Sequence[Result], known: dict[str, Check]) -> dict[str, _Open]:
    found: dict[str, _Open] = {}
    for one in together:
        if one.verdict in (Verdict.FAIL, Verdict.UNKNOWN) and one.check in known:
            found.setdefault(one.check, _Open()).own = one.verdict
    for machine in machines:
        for result in machine.failing:
            if result.check in known:
                found.setdefault(result.check, _Open()).where.setdefault(Verdict.FAIL, []).append(machine)
        for result, reason in zip(machine.unproven, machine.reasons, strict=True):
            if result.check in known:
                open_ = found.setdefault(result.check, _Open())
                open_.where.setdefault(Verdict.UNKNOWN, []).append(machine)
                open_.reason = open_.reason or reason
    return found


def _best(check: Check, one: _Open, points: float, together: int) -> Action:
    made = [_action(check, verdict, tuple(one.where.get(verdict, ())), points, together, one.reason)
            for verdict in (Verdict.FAIL, Verdict.UNKNOWN) if verdict in one.where or one.own is verdict]
    return max(made, key=lambda action: action.score)


def _action(check: Check, verdict: Verdict, where: tuple[Standing, ...], points: float, together: int,
            why: str) -> Action:
    fix = fix_for(check, where[0]) if where else best_fix(check, ("any",))
    score = WEIGHTS[check.severity] * points / (1 + together) / EFFORT[fix.effort if fix else "M"]
    if any(not CORE_ROLES.isdisjoint(one.roles) for one in where):
        score *= CORE_FACTOR
    if check.stop and verdict is Verdict.FAIL:
        score *= STOP_FACTOR
    reason = ""
    if verdict is Verdict.UNKNOWN:
        score *= UNPROVEN_FACTOR
        reason = why or "absent"
        if reason == LEFT_OUT:
            score *= LEFT_OUT_FACTOR
    overdue = any(one.findings[check.id].overdue for one in where if check.id in one.findings)
    return Action(check, verdict, where, points, together, fix, reason, overdue, score)


def _repairs(one: Action, weighing: Weighing) -> tuple[dict[str, set[str]], set[str]]:
    """The checks that an action makes pass, by asset, and of the office itself."""
    machines = {id(machine) for machine in one.machines}
    repairs = {asset: {one.check.id} for asset, machine in weighing.speaking.items()
               if id(machine) in machines and asset in weighing.assets}
    own = {result.check for result in weighing.whole if result.check == one.check.id}
    return repairs, own
