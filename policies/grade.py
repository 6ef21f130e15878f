"""Grades: from results to a letter that cannot be talked up. Method version ``METHOD``.

The graded item is a row of the catalogue. Every row weighs by its severity (``WEIGHTS``), and loses by
the severest of its checks that fails, in proportion to the severest that applies: a minor failure costs
a part of the row, never all of it, and many minor ones no more than one. What is unknown counts as failed
in the *lower* bound, which gives the letter, and as passed in the *upper* one; ``coverage`` is the weighted
part that is known. Below half coverage there is no letter. ``caps`` hold a letter down whatever the
average says: a critical failure cannot be averaged away, and what is unknown of a critical row holds the
letter down as a fresh failure would. A failure that nobody has seen since counts in the caps as it stood:
silence never lifts a letter.

A failure that the office accepts for a while (an exception) is a failure here. ``Grade.adjusted`` leaves
accepted failures out, out of what is counted and not only of what is lost; it is shown beside the grade
and never alone. The phase of an election changes deadlines (``overdue``), never the formula.

What people attest is graded like what is measured, and lifts nothing that a measurement holds down: how much
evidence a letter needs is asked of what is measured by itself too, and a row that is measured and attested counts
as it was measured, unless the attestation is worse.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from math import fsum

import msgspec

from hustings.verdicts import SEVERITIES, Result, Severity, Verdict
from policies.attestations import is_attested
from policies.model import Pack, Row

METHOD = "4"
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


FEW = 0.95
"""From this proven part of its assets on, a critical row lacks only a few."""


class Item(msgspec.Struct, frozen=True):
    """One graded row on one asset (or, for an office, over several).

    ``passed`` is the part of what is known that passes, ``known`` the part that is known, both 0 to 1;
    ``failing`` and ``undecided`` the severity of the severest check that fails, and that is unknown (the row's
    own, if no severer check applies);
    ``overdue`` whether a failure as severe as the row itself is past its deadline;
    ``unmended`` the severity of the severest check that failed when it was last seen and is unknown now;
    ``weight`` the part of the row's weight that counts: 1 but where accepted failures are left out;
    ``adjusted`` the row with accepted failures left out, None where nothing is accepted;
    ``attested`` whether it rests on people's word alone.
    """

    row: str
    severity: Severity
    passed: float
    known: float
    core: bool = False
    overdue: bool = False
    failing: Severity | None = None
    undecided: Severity | None = None
    unmended: Severity | None = None
    weight: float = 1.0
    adjusted: Item | None = None
    attested: bool = False

    @property
    def proven(self) -> float:
        """The part of it that is known to pass."""
        return self.passed * self.known

    @property
    def counts(self) -> float:
        """What it weighs in a grade."""
        return WEIGHTS[self.severity] * self.weight


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
    adjusted: Grade | None = None
    """The same with accepted failures left out; None where none is accepted. Never to be shown alone."""


def letter(lower: float) -> str:
    """The letter a lower bound gives by itself."""
    return next(name for name, needed in LETTERS if lower >= needed - _ROUNDING)


def grade(items: Iterable[Item], *, stops: Iterable[str] = (), restore_proven: bool = True) -> Grade:
    """The grade of some rows. ``stops`` are rows in a stop condition; with no item there is no letter."""
    rows = tuple(items)
    stops = tuple(stops)
    adjusted = None
    if any(one.adjusted is not None for one in rows):
        adjusted = grade([one.adjusted or one for one in rows], stops=stops, restore_proven=restore_proven)
    total = fsum(one.counts for one in rows)
    if not total:
        return Grade(None, "F", 0.0, 1.0, 0.0, (), (), (), adjusted=adjusted)
    coverage = fsum(one.counts * one.known for one in rows) / total
    lower = fsum(one.counts * one.proven for one in rows) / total
    upper = min(1.0, lower + 1 - coverage)
    raw = letter(lower)
    measured = _measured(rows, coverage)
    limits = tuple(sorted((*_caps(rows, stops, restore_proven), *_lacking(coverage, measured)),
                          key=lambda cap: (-_rank(cap.letter), cap.code)))
    lowest = max([raw, *(cap.letter for cap in limits)], key=_rank)
    if measured < MIN_COVERAGE - _ROUNDING:
        return Grade(None, raw, lower, upper, coverage, (), limits, rows, adjusted=adjusted)
    holding = tuple(cap for cap in limits if _rank(cap.letter) > _rank(raw) and cap.letter == lowest)
    return Grade(lowest, raw, lower, upper, coverage, holding, limits, rows, adjusted=adjusted)


def _measured(rows: Sequence[Item], coverage: float) -> float:
    """The known part of what is measured, by weight, where that is less than the known part of everything."""
    counted = [one for one in rows if not one.attested]
    total = fsum(one.counts for one in counted)
    return min(coverage, fsum(one.counts * one.known for one in counted) / total) if total else 0.0


def gain(items: Iterable[Item], row: str) -> float:
    """Points (0 to 100) the lower bound gains when ``row`` passes and everything else stays."""
    rows = tuple(items)
    total = fsum(one.counts for one in rows) or 1
    return 100 * fsum(one.counts * (1 - one.proven) for one in rows if one.row == row) / total


class Share(msgspec.Struct, frozen=True):
    """What one row brings to a grade, in points of 100. ``weight`` is the most it can bring."""

    item: Item
    weight: float
    lower: float
    upper: float


def shares(items: Iterable[Item]) -> list[Share]:
    """What each row brings: the points add up to the bounds of the grade of all."""
    rows = list(items)
    total = fsum(one.counts for one in rows) or 1
    return [Share(one, 100 * one.counts / total, 100 * one.counts * one.proven / total,
                  100 * one.counts * (one.proven + 1 - one.known) / total) for one in rows]


def machine_items(results: Iterable[Result], pack: Pack, roles: Iterable[str], overdue: Iterable[str] = (), *,
                  remembered: Iterable[str] = (), accepted: Iterable[str] = ()) -> list[Item]:
    """The graded rows of one machine, in the catalogue's order.

    ``overdue`` names checks whose failure is past its deadline; ``remembered`` those that failed when they
    were last seen and are unknown now; ``accepted`` those whose failure the office accepts for now. A row
    whose checks are all not applicable is no item. A check the pack does not know cannot be graded and is
    left out.
    """
    marks = Marks(frozenset(overdue), frozenset(remembered), frozenset(accepted))
    core = bool(CORE_ROLES & set(roles))
    by_row: dict[str, list[Result]] = defaultdict(list)
    rows = {check.id: check.catalogue for check in pack.checks}
    for one in results:
        if one.check in rows:
            by_row[rows[one.check]].append(one)
    found = (row_item(row, by_row[row.id], marks, core=core) for row in pack.rows if row.id in by_row)
    return [one for one in found if one is not None]


class Marks(msgspec.Struct, frozen=True):
    """What is known of a machine's checks beside their verdicts; see ``machine_items``."""

    overdue: frozenset[str] = frozenset()
    remembered: frozenset[str] = frozenset()
    accepted: frozenset[str] = frozenset()


def row_item(row: Row, results: Sequence[Result], marks: Marks, *, core: bool) -> Item | None:
    """One row of one machine from the results of its checks; None where none of them applies."""
    applying = [one for one in results if one.verdict is not Verdict.NOT_APPLICABLE]
    if not applying:
        return None
    whole = max(WEIGHTS[one.severity] for one in applying)
    item = _item(row, applying, marks, core=core, whole=whole)
    bad = [one.check for one in applying if one.verdict is Verdict.FAIL or one.check in marks.remembered]
    if marks.accepted.isdisjoint(bad):
        return item
    return msgspec.structs.replace(item, adjusted=_leave_out(item, row, applying, marks, whole))


def _item(row: Row, applying: Sequence[Result], marks: Marks, *, core: bool, whole: int) -> Item:
    failing = _severest(one for one in applying if one.verdict is Verdict.FAIL)
    unknown = [one for one in applying if one.verdict is Verdict.UNKNOWN]
    undecided = _severest(unknown)
    unmended = [one for one in unknown if one.check in marks.remembered]
    lost = WEIGHTS[failing] / whole if failing else 0.0
    blind = WEIGHTS[undecided] / whole if undecided else 0.0
    known = 1.0 - max(0.0, blind - lost)
    bad = [one.check for one in applying if (one.verdict is Verdict.FAIL or one in unmended)
           and SEVERITIES.index(one.severity) <= SEVERITIES.index(row.severity)]
    if undecided and WEIGHTS[undecided] == whole:
        undecided = row.severity
    return Item(row.id, row.severity, passed=max(0.0, known - lost) / known if known else 0.0, known=known,
                core=core, overdue=not marks.overdue.isdisjoint(bad), failing=failing, undecided=undecided,
                unmended=_severest(unmended))


def _leave_out(item: Item, row: Row, applying: Sequence[Result], marks: Marks, whole: int) -> Item:
    """``item`` without its accepted failures: their part of the row is not counted at all, what passes keeps its
    part and what is unknown stays unknown."""
    left = [one for one in applying if one.verdict is not Verdict.FAIL or one.check not in marks.accepted]
    open_ = Marks(marks.overdue - marks.accepted, marks.remembered - marks.accepted)
    rest = _item(row, left, open_, core=item.core, whole=whole)
    lost = WEIGHTS[rest.failing] / whole if rest.failing else 0.0
    known = item.proven + lost
    unknown = _severest(one for one in applying if one.verdict is Verdict.UNKNOWN)
    weight = known + max(0.0, (WEIGHTS[unknown] / whole if unknown else 0.0) - lost)
    return msgspec.structs.replace(
        rest, weight=weight, known=known / weight if weight else 1.0, passed=item.proven / known if known else 0.0)


def _severest(results: Iterable[Result]) -> Severity | None:
    return min((one.severity for one in results), key=SEVERITIES.index, default=None)


def machine_grade(results: Iterable[Result], pack: Pack, roles: Iterable[str], overdue: Iterable[str] = (), *,
                  remembered: Iterable[str] = (), accepted: Iterable[str] = ()) -> Grade:
    """The grade of one machine over the rows of its roles; arguments as for ``machine_items``."""
    rows = list(results)
    roles, remembered = tuple(roles), frozenset(remembered)
    items = machine_items(rows, pack, roles, overdue, remembered=remembered, accepted=accepted)
    return grade(items, stops=stops(rows, pack, remembered), restore_proven=restore_proven(items, roles))


def stops(results: Iterable[Result], pack: Pack, remembered: Collection[str] = ()) -> list[str]:
    """The rows in a stop condition: a check that must never fail does, or did when it was last seen."""
    stopping = {check.id: check.catalogue for check in pack.checks if check.stop}
    return sorted({stopping[one.check] for one in results if one.check in stopping and (
        one.verdict is Verdict.FAIL or (one.verdict is Verdict.UNKNOWN and one.check in remembered))})


def restore_proven(items: Iterable[Item], roles: Iterable[str]) -> bool:
    """Whether an asset of these roles has what it must have: a restore that was proven, if it holds the register
    or its copies."""
    return not RESTORE_ROLES & set(roles) or any(
        one.row == RESTORE_ROW and one.passed == one.known == 1 for one in items)


def office_parts(machines: Mapping[str, tuple[str, ...]], items: Mapping[str, list[Item]],
                 pack: Pack) -> dict[str, dict[str, Item]]:
    """Rows of an office, by row and asset, over its *declared* assets (name → roles) and what their machines showed.

    An asset that has not reported holds every row of its roles as unknown, for the rows that any
    check of the pack measures: silence lowers coverage and never raises a score.
    """
    measured = {check.catalogue for check in pack.checks if check.scope == "machine"}
    rows = [(row, set(row.roles)) for row in pack.rows if row.id in measured]
    parts: dict[str, dict[str, Item]] = {row.id: {} for row in pack.rows}
    for asset, roles in machines.items():
        if asset in items:
            for one in items[asset]:
                if one.row in parts:
                    parts[one.row][asset] = one
            continue
        core = bool(CORE_ROLES & set(roles))
        for row, wanted in rows:
            if not roles or not wanted.isdisjoint(roles):
                parts[row.id][asset] = Item(row.id, row.severity, 0.0, 0.0, core, undecided=row.severity)
    return {row: assets for row, assets in parts.items() if assets}


def office_items(machines: Mapping[str, tuple[str, ...]], items: Mapping[str, list[Item]], pack: Pack) -> list[Item]:
    """The rows of ``office_parts``, each over all its assets."""
    return [together(list(parts.values())) for parts in office_parts(machines, items, pack).values()]


def own_items(results: Iterable[Result], pack: Pack, marks: Marks | None = None) -> list[Item]:
    """The rows of an office's own checks, which are judged once for all its assets."""
    marks = marks or Marks()
    items = machine_items(results, pack, (), marks.overdue, remembered=marks.remembered, accepted=marks.accepted)
    own = [check for check in pack.checks if check.scope == "office"]
    words = {check.catalogue for check in own if is_attested(check)}
    words -= {check.catalogue for check in own if not is_attested(check)}
    return [_as_attested(one) if one.row in words else one for one in items]


def _as_attested(one: Item) -> Item:
    return msgspec.structs.replace(
        one, attested=True, adjusted=None if one.adjusted is None else _as_attested(one.adjusted))


def with_own(items: Iterable[Item], own: Iterable[Item]) -> list[Item]:
    """The rows that machines show, and the office's own. A row that is both measured and attested is one row: what
    was measured counts, unless it passes wholly and the attestation does not."""
    rest = list(own)
    words = {one.row: one for one in rest if one.attested}
    found = []
    for one in items:
        word = words.pop(one.row, None)
        found.append(one if word is None or one.proven < 1 or word.proven == 1 else word)
        if word is not None:
            rest.remove(word)
    return [*found, *rest]


def together(parts: Sequence[Item]) -> Item:
    """One row over several assets, at least one. In one pass: an office has thousands of parts."""
    if len(parts) == 1:
        return parts[0]
    weights, knowns, passes = [], [], []
    core = overdue = adjusted = False
    failing, undecided, unmended = set(), set(), set()
    for one in parts:
        known = one.weight * one.known
        weights.append(one.weight)
        knowns.append(known)
        passes.append(known * one.passed)
        core = core or (one.core and (one.known < 1 or one.passed < 1))
        overdue = overdue or one.overdue
        failing.add(one.failing)
        undecided.add(one.undecided)
        unmended.add(one.unmended)
        adjusted = adjusted or one.adjusted is not None
    weight, whole = fsum(weights), fsum(knowns)
    return Item(
        row=parts[0].row, severity=parts[0].severity, passed=fsum(passes) / whole if whole else 0.0,
        known=whole / weight if weight else 1.0, core=core, overdue=overdue, failing=_gravest(failing),
        undecided=_gravest(undecided), unmended=_gravest(unmended), weight=weight / len(parts),
        adjusted=together([one.adjusted or one for one in parts]) if adjusted else None)


def _gravest(severities: Iterable[Severity | None]) -> Severity | None:
    return min((one for one in severities if one is not None), key=SEVERITIES.index, default=None)


def _lacking(coverage: float, measured: float) -> list[Cap]:
    """The caps of what is not known."""
    if coverage < FULL_COVERAGE - _ROUNDING:
        return [Cap("B", "coverage")]
    return [Cap("B", "measured")] if measured < FULL_COVERAGE - _ROUNDING else []


def _caps(rows: tuple[Item, ...], stops: tuple[str, ...], restore_proven: bool) -> list[Cap]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in stops:
        found["F", "stop"].add(row)
    for one in rows:
        if one.severity is Severity.CRITICAL:
            for rule in _critical(one):
                found[rule].add(one.row)
        if one.severity is Severity.HIGH and one.overdue:
            found["B", "high_overdue"].add(one.row)
    if not restore_proven:
        found["C", "restore_unproven"].add(RESTORE_ROW)
    return [Cap(name, code, tuple(sorted(about))) for (name, code), about in found.items()]


def _critical(one: Item) -> list[tuple[str, str]]:
    """The caps of a critical row. What is unknown of it holds the letter down as a fresh failure would, so that
    keeping quiet is never better than saying so."""
    few = one.proven >= FEW - _ROUNDING and not one.overdue
    rules = []
    if Severity.CRITICAL in (one.failing, one.unmended):
        if one.core and one.overdue:
            rules.append(("D", "critical_core_overdue"))
        else:
            rules.append(("B", "critical_few") if few else ("C", "critical"))
    if one.undecided is Severity.CRITICAL:
        if one.core:
            rules.append(("C", "critical_core_unknown"))
        elif not rules:
            rules.append(("B", "critical_few_unknown") if few else ("C", "critical_unknown"))
    return rules


def _rank(name: str) -> int:
    return "ABCDF".index(name)
