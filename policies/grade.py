"""Grades: from results to a letter that cannot be talked up. Method version ``METHOD``.

The graded item is a row of the catalogue. Every row weighs by its severity (``WEIGHTS``), and loses by
the severest of its checks that fails, in proportion to the severest that applies: a minor failure costs
a part of the row, never all of it, and many minor ones no more than one. What is unknown counts as failed
in the *lower* bound, which gives the letter, and as passed in the *upper* one; ``coverage`` is the weighted
part that is known. Below
half coverage there is no letter. ``caps`` hold a letter down whatever the average says: a critical
failure cannot be averaged away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from hustings.verdicts import SEVERITIES, Result, Severity, Verdict, worst
from policies.model import Pack, Row

METHOD = "2"
WEIGHTS = {Severity.CRITICAL: 10, Severity.HIGH: 5, Severity.MEDIUM: 2, Severity.LOW: 1}
_ROUNDING = 1e-9
LETTERS = (("A", 0.90), ("B", 0.80), ("C", 0.65), ("D", 0.50), ("F", 0.0))
"""Letters and the lower bound each needs."""
MIN_COVERAGE = 0.5
FULL_COVERAGE = 0.8
CORE_ROLES = frozenset({"registration-db", "registration-app"})
"""Roles whose critical failures weigh on the vote itself."""
RESTORE_ROLES = frozenset({"registration-db", "backup-server"})
RESTORE_ROW = "BKP-06"
DEADLINE_DAYS = {Severity.CRITICAL: 7, Severity.HIGH: 30, Severity.MEDIUM: 90, Severity.LOW: 180}
"""Days a failure may stay open before it is overdue (the first three: catalogue row LOG-10)."""


class Item(msgspec.Struct, frozen=True):
    """One graded row on one asset (or, for an office, over several).

    ``passed`` is the part of what is known that passes, ``known`` the part that is known, both 0 to 1;
    ``failing`` and ``undecided`` the severity of the severest check that fails, and that is unknown (the row's
    own, if no severer check applies);
    ``overdue`` whether a failure as severe as the row itself is past its deadline.
    """

    row: str
    severity: Severity
    passed: float
    known: float
    core: bool = False
    overdue: bool = False
    failing: Severity | None = None
    undecided: Severity | None = None


class Cap(msgspec.Struct, frozen=True):
    """A limit on the letter: ``code`` names the rule, ``rows`` the rows it is about."""

    letter: str
    code: str
    rows: tuple[str, ...] = ()


class Grade(msgspec.Struct, frozen=True):
    """``letter`` is None when there is not enough evidence. Bounds and coverage are 0 to 1."""

    letter: str | None
    raw: str
    lower: float
    upper: float
    coverage: float
    caps: tuple[Cap, ...]
    """Those that hold the letter down, hardest first; all that apply are in ``limits``."""
    limits: tuple[Cap, ...]
    items: tuple[Item, ...]
    method: str = METHOD


def letter(lower: float) -> str:
    """The letter a lower bound gives by itself."""
    return next(name for name, needed in LETTERS if lower >= needed - _ROUNDING)


def grade(items: Iterable[Item], *, stops: Iterable[str] = (), restore_proven: bool = True) -> Grade:
    """The grade of some rows. ``stops`` are rows in a stop condition; with no item there is no letter."""
    rows = tuple(items)
    total = sum(WEIGHTS[one.severity] for one in rows)
    if not total:
        return Grade(None, "F", 0.0, 1.0, 0.0, (), (), ())
    coverage = sum(WEIGHTS[one.severity] * one.known for one in rows) / total
    lower = sum(WEIGHTS[one.severity] * one.passed * one.known for one in rows) / total
    upper = min(1.0, lower + 1 - coverage)
    raw = letter(lower)
    limits = sorted(_caps(rows, coverage, tuple(stops), restore_proven), key=lambda cap: -_rank(cap.letter))
    lowest = max([raw, *(cap.letter for cap in limits)], key=_rank)
    if coverage < MIN_COVERAGE - _ROUNDING:
        return Grade(None, raw, lower, upper, coverage, (), tuple(limits), rows)
    holding = tuple(cap for cap in limits if _rank(cap.letter) > _rank(raw) and cap.letter == lowest)
    return Grade(lowest, raw, lower, upper, coverage, holding, tuple(limits), rows)


def gain(items: Iterable[Item], row: str) -> float:
    """Points (0 to 100) the lower bound gains when ``row`` passes and everything else stays."""
    rows = tuple(items)
    total = sum(WEIGHTS[one.severity] for one in rows) or 1
    return 100 * sum(WEIGHTS[one.severity] * (1 - one.passed * one.known) for one in rows if one.row == row) / total


def machine_items(results: Iterable[Result], pack: Pack, roles: Iterable[str],
                  overdue: Iterable[str] = ()) -> list[Item]:
    """The graded rows of one machine, in the catalogue's order.

    ``overdue`` names checks whose failure is past its deadline. A row whose checks are all not
    applicable is no item. A check the pack does not know cannot be graded and is left out.
    """
    late = set(overdue)
    core = bool(CORE_ROLES & set(roles))
    by_row: dict[str, list[Result]] = defaultdict(list)
    rows = {check.id: check.catalogue for check in pack.checks}
    for one in results:
        if one.check in rows:
            by_row[rows[one.check]].append(one)
    items = []
    for row in pack.rows:
        verdict = worst([one.verdict for one in by_row[row.id]])
        if verdict is Verdict.NOT_APPLICABLE:
            continue
        items.append(_item(row, by_row[row.id], late, core))
    return items


def _item(row: Row, results: list[Result], late: set[str], core: bool) -> Item:
    """One row of one machine. At least one of ``results`` applies."""
    applying = [one for one in results if one.verdict is not Verdict.NOT_APPLICABLE]
    failing = _severest(one for one in applying if one.verdict is Verdict.FAIL)
    undecided = _severest(one for one in applying if one.verdict is Verdict.UNKNOWN)
    whole = max(WEIGHTS[one.severity] for one in applying)
    lost = WEIGHTS[failing] / whole if failing else 0.0
    known = 1.0 - max(0.0, (WEIGHTS[undecided] / whole if undecided else 0.0) - lost)
    bad = [one.check for one in applying if one.verdict is Verdict.FAIL
           and SEVERITIES.index(one.severity) <= SEVERITIES.index(row.severity)]
    if undecided and WEIGHTS[undecided] == whole:
        undecided = row.severity
    return Item(row.id, row.severity, passed=max(0.0, known - lost) / known if known else 0.0, known=known,
                core=core, overdue=not late.isdisjoint(bad), failing=failing, undecided=undecided)


def _severest(results: Iterable[Result]) -> Severity | None:
    return min((one.severity for one in results), key=SEVERITIES.index, default=None)


def machine_grade(results: Iterable[Result], pack: Pack, roles: Iterable[str],
                  overdue: Iterable[str] = ()) -> Grade:
    """The grade of one machine over the rows of its roles."""
    rows = list(results)
    roles = tuple(roles)
    items = machine_items(rows, pack, roles, overdue)
    stopping = {check.id: check.catalogue for check in pack.checks if check.stop}
    stops = sorted({stopping[one.check] for one in rows if one.check in stopping and one.verdict is Verdict.FAIL})
    proven = any(one.row == RESTORE_ROW and one.passed == one.known == 1 for one in items)
    return grade(items, stops=stops, restore_proven=proven or not RESTORE_ROLES & set(roles))


def office_items(machines: Mapping[str, tuple[str, ...]], items: Mapping[str, list[Item]], pack: Pack) -> list[Item]:
    """Rows of an office over its *declared* assets (name → roles) and what their machines showed.

    An asset that has not reported holds every row of its roles as unknown, for the rows that any
    check of the pack measures: silence lowers coverage and never raises a score.
    """
    measured = {check.catalogue for check in pack.checks if check.scope == "machine"}
    joined: dict[str, list[Item]] = defaultdict(list)
    for asset, roles in machines.items():
        seen = {one.row: one for one in items.get(asset, ())}
        for row in pack.rows:
            if row.id in seen:
                joined[row.id].append(seen[row.id])
            elif asset not in items and row.id in measured and (not roles or set(row.roles) & set(roles)):
                joined[row.id].append(Item(row.id, row.severity, 0.0, 0.0, bool(CORE_ROLES & set(roles)),
                                           undecided=row.severity))
    return [_together(parts) for parts in (joined[row.id] for row in pack.rows) if parts]


def _together(parts: list[Item]) -> Item:
    known = sum(one.known for one in parts)
    failing = [one.failing for one in parts if one.failing is not None]
    undecided = [one.undecided for one in parts if one.undecided is not None]
    return Item(
        row=parts[0].row, severity=parts[0].severity,
        passed=sum(one.passed * one.known for one in parts) / known if known else 0.0,
        known=known / len(parts),
        core=any(one.core for one in parts if one.known < 1 or one.passed < 1),
        overdue=any(one.overdue for one in parts),
        failing=min(failing, key=SEVERITIES.index, default=None),
        undecided=min(undecided, key=SEVERITIES.index, default=None),
    )


def _caps(rows: tuple[Item, ...], coverage: float, stops: tuple[str, ...], restore_proven: bool) -> list[Cap]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in stops:
        found["F", "stop"].append(row)
    for one in rows:
        if one.failing is Severity.CRITICAL and one.severity is Severity.CRITICAL:
            if one.core and one.overdue:
                found["D", "critical_core_overdue"].append(one.row)
            elif one.passed >= 0.95 and not one.overdue:
                found["B", "critical_few"].append(one.row)
            else:
                found["C", "critical"].append(one.row)
        if one.severity is Severity.CRITICAL and one.undecided is Severity.CRITICAL and one.core:
            found["C", "critical_core_unknown"].append(one.row)
        if one.severity is Severity.HIGH and one.overdue:
            found["B", "high_overdue"].append(one.row)
    if not restore_proven:
        found["C", "restore_unproven"].append(RESTORE_ROW)
    if coverage < FULL_COVERAGE - _ROUNDING:
        found["B", "coverage"] = []
    return [Cap(name, code, tuple(about)) for (name, code), about in found.items()]


def _rank(name: str) -> int:
    return "ABCDF".index(name)
