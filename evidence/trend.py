"""A row of days from plain records, each with what its change came from. Pure: recomputing gives the same, bit for bit.

What changed from one day to the next is split in two. The day is graded a second time as if the rules had stayed:
by the rules of the day before, and with the verdicts of the day before where a machine was judged with another pack
that defines the check anew. From the day before to there is the office's own doing (repairs, failures, reports,
inventory); from there to the day's points is the rules'. A check that is new to the rules is unknown until it is
measured: its coming counts for the rules, measuring it for the office.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

import msgspec
from msgspec import UNSET

from evidence import ages, day_inputs
from evidence.ages import Ages, Said
from evidence.day import Day, Grader, Point
from evidence.day_inputs import NOT_APPLICABLE, Asset, Exemption, Inputs, Line, Machine
from evidence.deadlines import Voting
from evidence.rules import Rules
from evidence.rules import digest as rules_digest
from evidence.said import Word, said_at
from policies.attestations import is_attested
from policies.derive.office import AccessReview


class Enrolled(msgspec.Struct, frozen=True):
    """A machine of the office, from its enrolment until it was revoked."""

    agent: str
    host: str
    roles: tuple[str, ...]
    recorded: bool
    since: datetime
    until: datetime | None = None


class Declared(msgspec.Struct, frozen=True):
    """A version of the inventory."""

    at: datetime
    assets: tuple[Asset, ...]


class Exempted(msgspec.Struct, frozen=True):
    """A statement that something does not apply, or that its failure is accepted for a while."""

    number: int
    kind: str
    subject: str
    asset: str
    seconded: bool
    since: datetime
    until: datetime


class Calendar(msgspec.Struct, frozen=True):
    """The elections as they were entered at one moment."""

    at: datetime
    elections: tuple[Voting, ...]
    voting_days: tuple[date, ...]


class InForce(msgspec.Struct, frozen=True):
    """The rules a server graded with from one moment on."""

    at: datetime
    rules: Rules


class Records(msgspec.Struct, frozen=True):
    """All of an office's records that its days are made of, but its reports. Each list is in order of time."""

    machines: tuple[Enrolled, ...]
    rules: tuple[InForce, ...]
    inventories: tuple[Declared, ...] = ()
    exemptions: tuple[Exempted, ...] = ()
    calendars: tuple[Calendar, ...] = ()
    word: Word = Word()


class Carried(msgspec.Struct):
    """Where the reading of an office's reports stands: what the next day starts from."""

    lines: dict[str, Line]
    """The last report of each agent."""
    failing: dict[str, dict[str, datetime]]
    day: date | None = None
    """The last day that was closed."""


class Closed(msgspec.Struct, frozen=True):
    """A day, what it was made of and what it was made with."""

    day: date
    points: Day
    inputs: str
    """The digest of its inputs and rules (``evidence.day_inputs.digest``)."""
    rules: str
    """The digest of the rules in force at its end."""
    reports: dict[str, int]
    """The report that each machine was graded by, by its number in the store."""


class Series:
    """Closes an office's days one after the other. ``received`` lines are given in the order of their acceptance."""

    def __init__(self, records: Records, carried: Carried | None = None) -> None:
        self._records = records
        self.carried = carried or Carried({}, {})
        self._graders: dict[str, Grader] = {}
        self._digests = [(one.at, rules_digest(one.rules), one.rules) for one in records.rules]
        self._definitions = {one.rules.pack: {each.id: each.definition for each in one.rules.checks}
                             for one in records.rules}
        self._asking = {digest for _, digest, rules in self._digests if any(map(is_attested, rules.office))}
        self._before: tuple[Inputs, Day, str] | None = None

    def close(self, day: date, lines: Iterable[tuple[str, Line]],
              reviews: Callable[[Inputs], tuple[AccessReview, ...]] | None = None) -> Closed:
        """The next day: ``lines`` (agent, report) are what was received in it; ``reviews`` reads the access reviews
        at its end."""
        if self._before is None and self.carried.day is not None:
            self._before = self._again(self.carried.day)
        for agent, line in lines:
            self.take(agent, line)
        rules = self._in_force(day)
        inputs = self._inputs(day, rules)
        if reviews is not None:
            inputs = msgspec.structs.replace(inputs, reviews=reviews(inputs))
        points = self._grader(rules).day(inputs)
        if self._before is not None:
            points = self._split(*self._before, inputs, points, rules)
        self._before = inputs, points, rules
        self.carried.day = day
        return Closed(day, points, day_inputs.digest(inputs, rules), rules, {
            one.agent: one.line.number for one in inputs.machines if one.line is not None})

    def _again(self, day: date) -> tuple[Inputs, Day, str]:
        """The day before the first that is closed here: a series may be continued at any day."""
        rules = self._in_force(day)
        inputs = self._inputs(day, rules)
        return inputs, self._grader(rules).day(inputs), rules

    def take(self, agent: str, line: Line) -> None:
        """The report becomes the agent's last. A list of checks is kept once, however many reports follow it."""
        before = self.carried.lines.get(agent)
        last = Said(before.at, before.checks, before.vector) if before else None
        ages_ = ages.following(Ages(self.carried.failing.get(agent, {}), {}, last),
                               Said(line.at, line.checks, line.vector))
        self.carried.failing[agent] = dict(ages_.failing)
        self.carried.lines[agent] = line

    def _inputs(self, day: date, rules: str) -> Inputs:
        end = day_inputs.ends(day)
        records = self._records
        declared = [one for one in records.inventories if one.at < end]
        known = [one for one in records.calendars if one.at < end]
        return Inputs(
            day,
            tuple(Machine(one.agent, one.host, one.roles, one.recorded, self.carried.lines.get(one.agent),
                          self.carried.failing.get(one.agent, {}))
                  for one in sorted(records.machines, key=lambda one: one.agent)
                  if one.since < end and (one.until is None or one.until >= end)),
            declared[-1].assets if declared else None,
            tuple(Exemption(one.number, one.subject, one.asset, one.seconded) for one in records.exemptions
                  if one.kind == NOT_APPLICABLE and one.since < end <= one.until),
            known[-1].elections if known else (), known[-1].voting_days if known else (),
            said=said_at(end, records.word) if rules in self._asking else UNSET)

    def _in_force(self, day: date) -> str:
        """The rules at the day's end; the first on record for days before them."""
        end = day_inputs.ends(day)
        found = [digest for at, digest, _ in self._digests if at < end]
        return found[-1] if found else self._digests[0][1]

    def _grader(self, digest: str) -> Grader:
        if digest not in self._graders:
            self._graders[digest] = Grader(next(rules for _, known, rules in self._digests if known == digest))
        return self._graders[digest]

    def _split(self, before: Inputs, old: Day, old_rules: str, inputs: Inputs, points: Day, rules: str) -> Day:
        as_before = _as_before(before, inputs, self._definitions)
        if rules == old_rules and as_before is inputs:
            return points
        middle = self._grader(old_rules).day(as_before)
        return msgspec.structs.replace(
            points, office=_by_rules(points.office, middle.office) if old.office else points.office,
            **{name: {key: _by_rules(one, getattr(middle, name).get(key)) if key in getattr(old, name) else one
                      for key, one in getattr(points, name).items()}
               for name in ("parties", "sites", "areas", "machines")})


def following_days(after: date | None, first: date, until: datetime) -> Iterator[date]:
    """The days to close: those after ``after`` (or from ``first``) that have ended by ``until``."""
    day = first if after is None else after + timedelta(days=1)
    while day_inputs.ends(day) <= until:
        yield day
        day += timedelta(days=1)


def ours(before: Point | None, now: Point | None) -> int:
    """The part of a change that the office made, in millionths; 0 where there is nothing to compare."""
    return now.lower - before.lower - now.by_rules if before and now else 0


def _by_rules(one: Point | None, middle: Point | None) -> Point | None:
    if one is None or middle is None:
        return one
    return msgspec.structs.replace(one, by_rules=one.lower - middle.lower)


def _as_before(before: Inputs, inputs: Inputs, definitions: Mapping[str, Mapping[str, str]]) -> Inputs:
    """``inputs`` with the verdicts of the day before in every check that a machine's new pack defines anew; the very
    same object where there is none."""
    earlier = {one.agent: one.line for one in before.machines if one.line is not None}
    machines, changed = [], False
    for one in inputs.machines:
        was = earlier.get(one.agent)
        if one.line is not None and was is not None and was.pack != one.line.pack:
            line = _restored(was, one.line, definitions.get(was.pack, {}), definitions.get(one.line.pack, {}))
            if line is not one.line:
                one, changed = msgspec.structs.replace(one, line=line), True
        machines.append(one)
    return msgspec.structs.replace(inputs, machines=tuple(machines)) if changed else inputs


def _restored(was: Line, line: Line, old: Mapping[str, str], new: Mapping[str, str]) -> Line:
    said = dict(zip(was.checks, was.vector, strict=True))
    vector = "".join(said[check] if check in said and check in old and check in new and old[check] != new[check]
                     else letter for check, letter in zip(line.checks, line.vector, strict=True))
    return line if vector == line.vector else msgspec.structs.replace(line, vector=vector)
