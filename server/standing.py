"""Where a machine stands now: its last report, read with today's eyes.

A stored verdict is never shown as it was written without asking whether it still holds:

* past its ``valid_until``, or in a report older than ``SILENT_AFTER``, a pass or a fail is
  ``unknown: stale``;
* in a report whose clock was off, a verdict that rests on the clock is unknown;
* a check that the pack holds and the report leaves out is unknown;
* how severe a check is, and of which row, is what this server's pack says, whatever pack the machine has;
* a check for a role that the office gave the machine, and that the machine was not judged for, is
  unknown: dropping a role in a file can never raise a grade;
* a verdict under another threshold than the pack's is judged again with the pack's, or is unknown
  (``policies.rejudge``): relaxing a threshold can never raise a grade.

What the office declares not to apply is applied last, as far as it is believed (``policies.not_applicable``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

import msgspec

from hustings.facts import Reason
from hustings.report import Inventory, Report
from hustings.times import parse_duration, utc_text
from hustings.verdicts import Instance, Result, Verdict
from policies import rejudge
from policies.grade import Grade, Marks, machine_grade
from policies.model import DEFAULT_MAX_AGE, Check, Pack
from server.findings import Finding, findings
from server.records import Exemption, Heard
from server.terms import NO_TERMS, Terms

SILENT_AFTER = timedelta(days=7)
"""Past this, what a machine said proves nothing of today (catalogue row PAT-11)."""
SHRUNK_WITHIN = timedelta(days=90)
"""How long it is shown that a check stopped applying."""
LATE_AFTER = parse_duration(DEFAULT_MAX_AGE)
"""Past this a daily report is missing, and its first verdicts go stale."""
FOREVER = datetime.max.replace(tzinfo=UTC)
STALE = "stale"
CLOCK = "clock"
LEFT_OUT = "left_out"
ROLE = "role"
THRESHOLD = "threshold"
_DECIDED = (Verdict.PASS, Verdict.FAIL)


@dataclass(frozen=True)
class Standing:
    """One machine as it is shown and graded at ``now``."""

    heard: Heard
    now: datetime
    roles: tuple[str, ...]
    """What it is graded for: the roles it was judged for and those its office gave it."""
    results: tuple[Result, ...]
    findings: dict[str, Finding]
    grade: Grade
    doubts: dict[str, str]
    """Checks whose stored verdict no longer stands, and why: ``stale``, ``clock``, ``left_out``, ``role``,
    ``threshold``."""
    accepted: Mapping[str, Exemption] = field(default_factory=dict)
    """Failing checks whose failure the office accepts for now."""
    set_aside: Mapping[str, Exemption] = field(default_factory=dict)
    """Checks that the office declared not to apply and that left the grade."""
    refused: tuple[Exemption, ...] = ()
    """Declarations that wait for a second signature: what they name counts as it was measured."""
    spent: float = 0.0
    """The part of the weight that single signatures took away, 0 to 0.1."""

    @property
    def name(self) -> str:
        return self.report.host if self.report else self.heard.host

    @property
    def report(self) -> Report | None:
        return self.heard.report

    @property
    def inventory(self) -> Inventory | None:
        inventory = self.report.inventory if self.report else None
        return inventory if isinstance(inventory, Inventory) else None

    @property
    def late(self) -> bool:
        """Whether a report is overdue: none yet, or none since ``LATE_AFTER``."""
        return self.heard.received is None or self.now - self.heard.received > LATE_AFTER

    @property
    def roles_not_judged(self) -> tuple[str, ...]:
        """Roles its office gave it and its own report leaves out."""
        judged = self.report.roles if self.report else ()
        return tuple(role for role in self.roles if judged and role not in judged)

    @cached_property
    def by_check(self) -> dict[str, Result]:
        return {one.check: one for one in self.results}

    def verdict(self, check: str) -> Verdict | None:
        """What it says of a check; None if it says nothing."""
        return self.by_check[check].verdict if check in self.by_check else None

    @cached_property
    def counts(self) -> dict[Verdict, int]:
        return {verdict: sum(one.verdict is verdict for one in self.results) for verdict in Verdict}

    @cached_property
    def failing(self) -> tuple[Result, ...]:
        """What fails, in the order of the results."""
        return tuple(one for one in self.results if one.verdict is Verdict.FAIL)

    @cached_property
    def unproven(self) -> tuple[Result, ...]:
        """What is unknown, in the order of the results."""
        return tuple(one for one in self.results if one.verdict is Verdict.UNKNOWN)

    @cached_property
    def judged(self) -> tuple[tuple[str, str, str], ...]:
        """Every result as check, row of the catalogue and verdict."""
        return tuple((one.check, one.catalogue, one.verdict.value) for one in self.results)

    @cached_property
    def by_row(self) -> dict[str, tuple[Result, ...]]:
        """Its results by row of the catalogue."""
        found: dict[str, list[Result]] = {}
        for one in self.results:
            found.setdefault(one.catalogue, []).append(one)
        return {row: tuple(some) for row, some in found.items()}

    @cached_property
    def marks(self) -> Marks:
        """What grading knows of its checks beside their verdicts."""
        open_ = self.findings.values()
        return Marks(frozenset(one.check for one in open_ if one.overdue),
                     frozenset(one.check for one in open_ if one.unseen), frozenset(self.accepted))

    @cached_property
    def reasons(self) -> tuple[str, ...]:
        """Why each of ``unproven`` is unknown (``reason_kind``)."""
        return tuple(reason_kind(one, self.doubts) for one in self.unproven)

    @property
    def newly_not_applicable(self) -> tuple[str, ...]:
        """Checks that do not apply now and last did within ``SHRUNK_WITHIN``."""
        since = self.now - SHRUNK_WITHIN
        return tuple(sorted(check for check, at in self.heard.applied_until.items()
                            if at >= since and self.verdict(check) is Verdict.NOT_APPLICABLE))


def standing(heard: Heard, pack: Pack, now: datetime, given: Iterable[str] = (), terms: Terms = NO_TERMS) -> Standing:
    """A machine's last report as it reads at ``now``. ``given`` are the roles the inventory gives it, ``terms`` what
    its office says of it.

    What was worked out is kept with ``heard`` and serves until time alone changes something (``_horizon``).
    """
    asked = tuple(given)
    kept = heard.memo.kept
    if (isinstance(kept, _Kept) and kept.pack is pack and kept.given == asked
            and kept.terms == terms and kept.standing.now <= now <= kept.until):
        return _at(kept.standing, now)
    made = _standing(heard, pack, now, asked, terms)
    _ = made.by_check, made.failing, made.unproven, made.judged, made.reasons, made.counts
    heard.memo.kept = _Kept(pack, asked, terms, made, _horizon(heard, made, terms, now))
    return made


def holds_until(heard: Heard) -> datetime:
    """The last moment at which the standing that was last worked out of ``heard`` still reads the same."""
    kept = heard.memo.kept
    return kept.until if isinstance(kept, _Kept) else FOREVER


@dataclass(frozen=True, slots=True)
class _Kept:
    """A standing, what it was asked with, and the last moment at which it still reads the same."""

    pack: Pack
    given: tuple[str, ...]
    terms: Terms
    standing: Standing
    until: datetime


def _at(one: Standing, now: datetime) -> Standing:
    """The same standing, read later: all that was worked out of it goes along."""
    if one.now == now:
        return one
    later = copy(one)
    object.__setattr__(later, "now", now)
    return later


def _horizon(heard: Heard, one: Standing, terms: Terms, now: datetime) -> datetime:
    """The last moment from ``now`` on at which nothing in a standing has changed by time alone: a verdict that
    ends, a machine that falls silent, a deadline that passes."""
    moments = [each.valid_until for each in heard.report.results if each.valid_until] if heard.report else []
    moments += [each.valid_until for each in one.results if each.valid_until]
    moments += [each.due for each in one.findings.values()]
    moments += [moment - timedelta.resolution for moment in terms.horizon(now)]
    if heard.received is not None:
        moments.append(heard.received + SILENT_AFTER)
    return min((moment for moment in moments if moment >= now), default=FOREVER)


def _standing(heard: Heard, pack: Pack, now: datetime, given: tuple[str, ...], terms: Terms) -> Standing:
    judged = heard.report.roles if heard.report else ()
    roles = tuple(dict.fromkeys((*judged, *heard.roles, *given)))
    results, doubts = _results(heard, pack, now, roles, terms) if heard.report else ((), {})
    results, set_aside, refused, spent = _set_aside(results, pack, now, terms)
    open_ = findings(results, heard.failing_since, heard.received or now, now, terms.elections)
    overdue = [one.check for one in open_.values() if one.overdue]
    remembered = [one.check for one in open_.values() if one.unseen]
    accepted = {check: one for check, one in terms.accepted(pack, now).items() if check in open_}
    grade = machine_grade(results, pack, roles, overdue, remembered=remembered, accepted=accepted)
    return Standing(heard, now, roles, results, open_, grade, doubts, accepted, set_aside, refused, spent)


def _set_aside(results: tuple[Result, ...], pack: Pack, now: datetime, terms: Terms) -> tuple[
        tuple[Result, ...], dict[str, Exemption], tuple[Exemption, ...], float]:
    """Results without what the office declared not to apply, as far as that is believed."""
    declared = terms.declared(now)
    if not declared:
        return results, {}, (), 0.0
    found = terms.not_applicable(results, pack, now)
    gone = {one.check: next(each for each in declared if each.subject in (one.check, one.catalogue))
            for one in results if one.check in found.checks}
    waiting = {one.order for one in found.refused}
    kept = tuple(msgspec.structs.replace(
        one, verdict=Verdict.NOT_APPLICABLE, reason=f"declared by {gone[one.check].owner}: {gone[one.check].reason}",
        valid_until=None, share=None) if one.check in gone else one for one in results)
    return kept, gone, tuple(one for one in declared if one.number in waiting), found.spent


def reason_kind(result: Result, doubts: Mapping[str, str]) -> str:
    """Why a result is unknown, as one word: a ``Reason``, one of our doubts, ``absent`` or ``doubtful``."""
    if result.check in doubts:
        return doubts[result.check]
    text = result.reason or ""
    if text.startswith("cannot be relied on"):
        return "doubtful"
    parts = [part.strip() for piece in text.split(";") for part in piece.split(":")]
    for kind in Reason:
        if kind.value in parts:
            return kind.value
    return "absent" if "absent" in parts else Reason.ERROR.value


def _results(heard: Heard, pack: Pack, now: datetime, roles: tuple[str, ...],
             terms: Terms) -> tuple[tuple[Result, ...], dict[str, str]]:
    report = heard.report
    assert report is not None
    silent = heard.received is not None and now - heard.received > SILENT_AFTER
    read: list[Result] = []
    doubts: dict[str, str] = {}
    said = {one.check: one for one in report.results}
    known = {check.id for check in pack.checks}
    for check in (one for one in pack.checks if one.scope == "machine"):
        result, doubt = _read(check, said.get(check.id), heard, now, silent, roles, terms)
        if doubt:
            doubts[check.id] = doubt
        if result is not None:
            read.append(result)
    for one in report.results:
        if one.check not in known:
            result, doubt = _aged(one, heard, now, silent)
            if doubt:
                doubts[one.check] = doubt
            read.append(result)
    return tuple(read), doubts


def _read(check: Check, said: Result | None, heard: Heard, now: datetime, silent: bool,
          roles: tuple[str, ...], terms: Terms) -> tuple[Result | None, str]:
    judged = heard.report.roles if heard.report else ()
    wanted = not check.roles or not roles or bool(set(check.roles) & set(roles))
    if said is None:
        return (_unknown(check, "not in this machine's report"), LEFT_OUT) if wanted else (None, "")
    if said.catalogue != check.catalogue or said.severity is not check.severity:
        said = msgspec.structs.replace(said, catalogue=check.catalogue, severity=check.severity)
    unjudged = check.roles and judged and not set(check.roles) & set(judged)
    if said.verdict is Verdict.NOT_APPLICABLE and unjudged and wanted:
        reason = "this machine was not judged for a role that its office gave it"
        return msgspec.structs.replace(said, verdict=Verdict.UNKNOWN, reason=reason), ROLE
    if heard.report is not None and check.id in heard.report.parameters:
        again, judged_again = rejudge.with_defaults(
            check, said, heard.report.facts, heard.report.times.wall, heard.report.roles, terms.voting_days,
            clock_ok=not heard.clock_off)
        if not judged_again and again.verdict is Verdict.UNKNOWN and said.verdict is not Verdict.UNKNOWN:
            return again, THRESHOLD
        said = again
    return _aged(said, heard, now, silent)


def _aged(said: Result, heard: Heard, now: datetime, silent: bool) -> tuple[Result, str]:
    ended = said.valid_until is not None and now > said.valid_until
    if said.verdict not in _DECIDED and not (ended and said.verdict is Verdict.NOT_APPLICABLE):
        return said, ""
    if silent or ended:
        until = said.valid_until or (heard.received or now) + SILENT_AFTER
        return _doubted(said, f"stale: this held until {utc_text(until)}"), STALE
    if heard.clock_off and said.timed:
        return _doubted(said, "error: this machine's clock is more than five minutes off the server's"), CLOCK
    return said, ""


def _doubted(said: Result, reason: str) -> Result:
    instances = tuple(
        Instance(one.subject, Verdict.UNKNOWN if one.verdict in _DECIDED else one.verdict, one.actual,
                 reason if one.verdict in _DECIDED else one.reason) for one in said.instances)
    return msgspec.structs.replace(said, verdict=Verdict.UNKNOWN, reason=reason, share=None, instances=instances)


def _unknown(check: Check, reason: str) -> Result:
    return Result(check.id, check.catalogue, check.severity, Verdict.UNKNOWN, "", "", reason)
