"""What an office declares not to apply: how much of it is believed on one signature.

A check that does not apply leaves the grade, so saying so must not become a way to be rid of failures. Of
one machine, declarations with a single signature are believed, oldest first, as long as together they take
away no more than ``LIMIT`` of the weight of its rows. What goes beyond that counts as it was measured until
a second person signs, and so does, whatever it weighs, any check that is critical or a stop condition.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from hustings.verdicts import Result, Severity, Verdict
from policies.grade import WEIGHTS
from policies.model import Check, Pack, Row

LIMIT = 0.10
_ROUNDING = 1e-9


class Declared(msgspec.Struct, frozen=True, order=True):
    """A signed statement that a check, or every check of a row, does not apply to a machine.

    ``order`` says which came first; ``seconded`` whether a second person signed.
    """

    order: int
    subject: str
    """The id of a check or of a row of the catalogue."""
    seconded: bool = False


class Believed(msgspec.Struct, frozen=True):
    """``checks`` leave the grade. ``spent`` is the part of the machine's weight that single signatures took away,
    0 to ``LIMIT``; ``refused`` are the declarations that wait for a second signature."""

    checks: frozenset[str]
    spent: float
    refused: tuple[Declared, ...]


def believed(results: Iterable[Result], pack: Pack, declared: Iterable[Declared]) -> Believed:
    """Which of the checks that apply by ``results`` are believed not to."""
    rows = {row.id: row for row in pack.rows}
    known = {check.id: check for check in pack.checks if check.catalogue in rows}
    applying: dict[str, list[Result]] = {}
    for result in results:
        if result.check in known and result.verdict is not Verdict.NOT_APPLICABLE:
            applying.setdefault(known[result.check].catalogue, []).append(result)
    total = sum(WEIGHTS[rows[row].severity] for row in applying)
    gone: set[str] = set()
    single: set[str] = set()
    refused: list[Declared] = []
    spent = 0.0
    for one in sorted(declared, key=lambda one: (not one.seconded, one)):
        checks = {each.check for row, some in applying.items() for each in some
                  if one.subject in (row, each.check)} - gone
        if not checks:
            continue
        if one.seconded:
            gone |= checks
            continue
        cost = _cost(single | checks, applying, rows)
        if cost <= LIMIT * total + _ROUNDING and not any(grave(known[check], rows) for check in checks):
            gone |= checks
            single |= checks
            spent = cost
        else:
            refused.append(one)
    return Believed(frozenset(gone), spent / total if total else 0.0, tuple(refused))


def grave(check: Check, rows: Mapping[str, Row]) -> bool:
    """Whether two people must always say that it does not apply."""
    return check.stop or Severity.CRITICAL in (check.severity, rows[check.catalogue].severity)


def _cost(checks: set[str], applying: Mapping[str, list[Result]], rows: Mapping[str, Row]) -> float:
    """The weight that leaving out ``checks`` takes from their rows: of each row the part of its severest one."""
    cost = 0.0
    for row, some in applying.items():
        weights = [WEIGHTS[one.severity] for one in some]
        mine = [WEIGHTS[one.severity] for one in some if one.check in checks]
        if mine:
            cost += WEIGHTS[rows[row].severity] * (1 if len(mine) == len(some) else max(mine) / max(weights))
    return cost
