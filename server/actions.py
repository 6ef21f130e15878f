"""What to do first: failing and unproven checks in the order in which they repay the work.

The order is severity weight × 2 for a registration system × 10 for a stop condition × points the
grade can gain ÷ effort; an unproven check counts half of a failing one. Equal ones by their id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hustings.verdicts import Result, Verdict
from policies.fixes import best_fix, directory_of, platforms
from policies.grade import CORE_ROLES, WEIGHTS, Item, gain
from policies.model import Check, Fix, Pack
from server.standing import LEFT_OUT, Standing, reason_kind

EFFORT = {"S": 1, "M": 2, "L": 4}
CORE_FACTOR = 2
STOP_FACTOR = 10
UNPROVEN_FACTOR = 0.5
LEFT_OUT_FACTOR = 0.1
"""A check that an older agent does not know: updating the agent answers it."""


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


def actions(machines: Sequence[Standing], items: Iterable[Item], pack: Pack,
            together: Sequence[Result] = ()) -> list[Action]:
    """Every failing or unknown check over ``machines`` and of the office itself, best first."""
    rows = list(items)
    found = []
    open_by_row: dict[str, set[str]] = {}
    for one in (*together, *(one for machine in machines for one in machine.results)):
        if one.verdict in (Verdict.FAIL, Verdict.UNKNOWN):
            open_by_row.setdefault(one.catalogue, set()).add(one.check)
    as_one = {one.check: one.verdict for one in together}
    for check in pack.checks:
        for verdict in (Verdict.FAIL, Verdict.UNKNOWN):
            where = tuple(one for one in machines if one.verdict(check.id) is verdict)
            if where or as_one.get(check.id) is verdict:
                found.append(_action(check, verdict, where, rows, len(open_by_row[check.catalogue]) - 1))
    best: dict[str, Action] = {}
    for action in sorted(found, key=lambda action: (-action.score, action.check.id)):
        best.setdefault(action.check.id, action)
    return list(best.values())


def fix_for(check: Check, machine: Standing) -> Fix | None:
    """The check's fix for this machine's platform, or for the directory it reads, or None."""
    system = machine.inventory.os if machine.inventory else None
    directory = directory_of(machine.report.facts) if machine.report else ""
    return best_fix(check, platforms(system.family, system.id, directory) if system else ("any",))


def _action(check: Check, verdict: Verdict, where: tuple[Standing, ...], rows: list[Item], together: int) -> Action:
    fix = fix_for(check, where[0]) if where else best_fix(check, ("any",))
    points = gain(rows, check.catalogue)
    score = WEIGHTS[check.severity] * points / (1 + together) / EFFORT[fix.effort if fix else "M"]
    if any(CORE_ROLES & set(one.roles) for one in where):
        score *= CORE_FACTOR
    if check.stop and verdict is Verdict.FAIL:
        score *= STOP_FACTOR
    if verdict is Verdict.UNKNOWN:
        score *= UNPROVEN_FACTOR
    reason = "" if verdict is Verdict.FAIL else _reason(check, where)
    if reason == LEFT_OUT:
        score *= LEFT_OUT_FACTOR
    overdue = any(one.findings[check.id].overdue for one in where if check.id in one.findings)
    return Action(check, verdict, where, points, together, fix, reason, overdue, score)


def _reason(check: Check, where: tuple[Standing, ...]) -> str:
    return reason_kind(where[0].by_check[check.id], where[0].doubts) if where else "absent"
