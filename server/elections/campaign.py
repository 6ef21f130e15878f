"""A campaign's plan: the best ten actions, week by week until voting day. Pure.

A campaign lives for weeks and owns little: it needs no plan over years. Rules:

* the ten best actions of the scorecard, in its order;
* hours of work are set by effort: S one, M four, L sixteen; each action starts when the one before it ends, at so
  many hours a week as the campaign says it has;
* a repair that is not safe in a freeze is not begun or ended in the last ``STEADY`` before voting, when nobody has
  time to repair the repair: such ones come first where the order alone would be too late;
* what does not fit is listed apart, with what it would take.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hustings.verdicts import Verdict
from policies.model import Check, Fix
from server.actions import Action

MOST = 10
HOURS = {"S": 1, "M": 4, "L": 16}
USUAL_HOURS = 8
"""Hours a week, unless the campaign says otherwise."""
STEADY = timedelta(days=14)
NO_VOTE_WEEKS = 8
"""Weeks of the plan where no election is entered."""
MOST_WEEKS = 26
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Step:
    """One action and the days it is laid out for."""

    number: int
    """From 1, in the order of the days."""
    action: Action
    hours: int
    first: date
    last: date

    @property
    def fix(self) -> Fix | None:
        return self.action.fix

    @property
    def safe(self) -> bool:
        """Whether it may be done in a freeze."""
        return _safe(self.action)


@dataclass(frozen=True, slots=True)
class Week:
    number: int
    """From 1."""
    first: date
    last: date
    work: int
    """Hours."""
    steps: tuple[Step, ...]
    """Those that begin in it."""


@dataclass(frozen=True, slots=True)
class Done:
    """A check that failed and passes now wherever it did."""

    check: Check
    where: tuple[str, ...]
    at: datetime
    """When a report last said so for the first time."""


@dataclass(frozen=True, slots=True)
class Campaign:
    today: date
    vote: date | None
    hours: int
    """A week."""
    weeks: tuple[Week, ...]
    late: tuple[Action, ...]
    """What does not fit before voting day."""
    needed: int
    """Hours a week with which everything fits; 0 where it does, or where no number of hours would do."""
    done: tuple[Done, ...]

    @property
    def steps(self) -> int:
        return sum(len(one.steps) for one in self.weeks)


def campaign(actions: Sequence[Action], today: date, vote: date | None, hours: int = USUAL_HOURS,
             done: Iterable[Done] = ()) -> Campaign:
    """Lay out the ten best of ``actions`` (best first) from ``today`` to the day before ``vote``."""
    ten = list(actions[:MOST])
    end = vote if vote is not None else today + NO_VOTE_WEEKS * WEEK
    end = min(end, today + MOST_WEEKS * WEEK)
    steady = vote - STEADY if vote is not None else end
    steps, late = _laid(ten, today, end, steady, hours)
    needed = 0
    if late:
        needed = next((more for more in range(hours + 1, 61) if not _laid(ten, today, end, steady, more)[1]), 0)
    return Campaign(today, vote, hours, _weeks(steps, today, end, hours), tuple(late), needed, tuple(done))


Reports = Sequence[tuple[datetime, Mapping[str, Verdict]]]
"""When, and what each said."""


def done(told: Mapping[str, Reports], checks: Iterable[Check]) -> tuple[Done, ...]:
    """What was repaired, newest first, from each machine's reports of the time that counts, oldest first."""
    found = []
    for check in checks:
        where: dict[str, datetime] = {}
        open_ = False
        for machine, reports in told.items():
            failed, passed = False, None
            for at, verdicts in reports:
                verdict = verdicts.get(check.id)
                if verdict is Verdict.FAIL:
                    failed, passed = True, None
                elif verdict is Verdict.PASS and failed and passed is None:
                    passed = at
            open_ |= failed and passed is None
            if passed is not None:
                where[machine] = passed
        if where and not open_:
            found.append(Done(check, tuple(sorted(where)), max(where.values())))
    return tuple(sorted(found, key=lambda one: (one.at, one.check.id), reverse=True))


def _laid(actions: list[Action], today: date, end: date, steady: date, hours: int) -> tuple[list[Step], list[Action]]:
    """The steps in the order of their days, and what does not fit."""
    placed = _in_turn(actions, today, end, steady, hours)
    if any(not _safe(one) for one in placed[1]):
        placed = _in_turn(sorted(actions, key=_safe), today, end, steady, hours)
    return placed


def _in_turn(actions: list[Action], today: date, end: date, steady: date,
             hours: int) -> tuple[list[Step], list[Action]]:
    steps: list[Step] = []
    late: list[Action] = []
    spent = 0
    for action in actions:
        work = HOURS[action.fix.effort if action.fix else "M"]
        begins, ends = spent // hours, (spent + work - 1) // hours
        last = min(today + WEEK * (ends + 1), end) - timedelta(days=1)
        if today + WEEK * ends >= end or (not _safe(action) and last >= steady):
            late.append(action)
            continue
        steps.append(Step(len(steps) + 1, action, work, today + WEEK * begins, last))
        spent += work
    return steps, late


def _weeks(steps: list[Step], today: date, end: date, hours: int) -> tuple[Week, ...]:
    """Every week from ``today`` to ``end`` with what begins in it and the work that falls into it."""
    weeks: list[Week] = []
    first, left = today, sum(one.hours for one in steps)
    while first < end:
        mine = tuple(one for one in steps if one.first == first)
        weeks.append(Week(len(weeks) + 1, first, min(first + WEEK, end) - timedelta(days=1), min(left, hours), mine))
        first, left = first + WEEK, max(0, left - hours)
    return tuple(weeks)


def _safe(action: Action) -> bool:
    return action.verdict is Verdict.UNKNOWN or action.fix is None or action.fix.freeze_safe
