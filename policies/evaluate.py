"""Judging: a check and the facts in, a verdict with its reasons out. Pure and total.

Kleene's three-valued logic throughout: what is undecided stays undecided unless what is known
decides alone. A missing fact can never help a pass; an absent one only where the check asks for
absence, or says ``on_missing: fail``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec

from hustings.facts import Missing, Observation, Reason, key
from hustings.times import parse_duration
from hustings.verdicts import Instance, Result, Verdict, worst
from policies.explain import condition_text, facts_text
from policies.logic import Logic, Outcome
from policies.model import Check, Pack, Parameter

SKEW_LIMIT = timedelta(minutes=5)
"""How far ahead of now a source may be dated, and how far off the server's a clock may be."""


@dataclass(frozen=True)
class Context:
    """Everything a verdict depends on beside the facts and the pack."""

    now: datetime
    roles: tuple[str, ...] = ()
    declared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names declared, by kind."""
    voting_days: tuple[date, ...] = ()
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Parameter values by check id and name."""
    clock_ok: bool = True
    """False when this machine's clock is known to be more than five minutes off the server's."""


LOOK_AHEAD = 64
"""How many moments are tried for a verdict's end; past that it ends where the search did."""
INSTANT = timedelta.resolution


def judge_all(pack: Pack, facts: Mapping[str, Observation], context: Context, *, scope: str = "machine",
              only: Iterable[str] = ()) -> list[Result]:
    """A result for every check of ``scope`` (or of ``only``), in the pack's order."""
    wanted = set(only)
    return [judge(check, facts, context) for check in pack.checks
            if check.scope == scope and (not wanted or check.id in wanted)]


def judge(check: Check, facts: Mapping[str, Observation], context: Context) -> Result:
    """The verdict of one check."""
    if check.roles and context.roles and not set(check.roles) & set(context.roles):
        return _not_applicable(check, context, "not a check for this machine's roles")
    subjects = context.declared.get(check.each, ()) if check.each else (None,)
    if not subjects:
        return _not_applicable(check, context, f"no {check.each.replace('_', ' ')} is declared")
    judged = {subject: _decide(check, facts, context, subject) for subject in subjects}
    results = {subject: _result(check, one, context) for subject, one in judged.items()}
    result = _joined(check, {name: one for name, one in results.items() if name}) if check.each else results[None]
    if result.verdict is Verdict.UNKNOWN:
        return result
    moments = {moment for one in judged.values() for moment in one.moments if moment >= context.now}
    return msgspec.structs.replace(result, valid_until=_ends(check, facts, context, subjects, result.verdict, moments))


def _ends(check: Check, facts: Mapping[str, Observation], context: Context, subjects: Iterable[str | None],
          verdict: Verdict, moments: set[datetime]) -> datetime | None:
    """The last instant at which the same facts get the same verdict; None if they always will."""
    def other(now: datetime) -> bool:
        later = replace(context, now=now)
        return worst([_decide(check, facts, later, subject).verdict for subject in subjects]) is not verdict

    for tried, moment in enumerate(sorted(moments)):
        if tried == LOOK_AHEAD:
            return moment
        if other(moment + INSTANT):
            return moment - INSTANT if other(moment) else moment
    return None


def parameter_value(name: str, parameter: Parameter, check: str, context: Context) -> Any:
    """The value in force: the office's own, else the tightest election phase reached, else the default."""
    own = context.overrides.get(check, {})
    if name in own:
        return own[name]
    days = next_voting_day(context)
    if days is None:
        return parameter.default
    reached = [(int(limit), value) for limit, value in parameter.from_T.items() if days <= int(limit)]
    return min(reached, key=lambda step: step[0])[1] if reached else parameter.default


def next_voting_day(context: Context) -> int | None:
    """Whole days until the next voting day, or None if none lies ahead."""
    today = context.now.date()
    ahead = [(day - today).days for day in context.voting_days if day >= today]
    return min(ahead, default=None)


@dataclass
class _Judgement:
    """A verdict with what decided it, and the moments at which it may change by itself."""

    verdict: Verdict
    outcome: Outcome
    reason: str | None
    moments: list[datetime]
    timed: bool


def _decide(check: Check, facts: Mapping[str, Observation], context: Context, subject: str | None) -> _Judgement:
    """The verdict about one subject (None where a check has no ``each``)."""
    parameters = in_force(check, context)
    logic = Logic(_Sight(facts, subject, context.now, parse_duration(check.max_age)).look, parameters, context.now)
    applies = logic.evaluate(check.applies) if check.applies is not None else Outcome(True)
    outcome, doubt = applies, Outcome(False)
    verdict: Verdict
    reason: str | None = None
    if applies.truth is False:
        verdict = Verdict.NOT_APPLICABLE
        reason = f"applies only where {condition_text(check.applies or {}, parameters)}"
    elif applies.truth is None:
        verdict, reason = Verdict.UNKNOWN, applies.why()
    else:
        outcome = logic.evaluate(check.require)
        verdict, reason = _of_outcome(check, outcome)
        if check.unknown_when is not None and verdict is Verdict.PASS:
            doubt = logic.evaluate(check.unknown_when)
            if doubt.truth is not False:
                verdict, reason = Verdict.UNKNOWN, _doubtful(check, doubt, parameters)
    timed = applies.timed or outcome.timed or doubt.timed or bool(_steps(check) and context.voting_days)
    if timed and not context.clock_ok and verdict is not Verdict.UNKNOWN:
        verdict, reason = Verdict.UNKNOWN, "error: this machine's clock is more than five minutes off the server's"
    moments = [*applies.moments, *outcome.moments, *doubt.moments, *_phases(check, context)]
    return _Judgement(verdict, outcome.also(doubt), reason, moments, timed)


def _of_outcome(check: Check, outcome: Outcome) -> tuple[Verdict, str | None]:
    if outcome.truth is None:
        if check.on_missing == "fail" and outcome.causes and all(cause is None for cause in outcome.causes.values()):
            return Verdict.FAIL, outcome.why()
        return Verdict.UNKNOWN, outcome.why()
    return (Verdict.PASS if outcome.truth else Verdict.FAIL), None


def _doubtful(check: Check, doubt: Outcome, parameters: Mapping[str, Any]) -> str:
    if doubt.truth is None:
        return doubt.why()
    return f"cannot be relied on when {condition_text(check.unknown_when or {}, parameters)}"


def in_force(check: Check, context: Context) -> dict[str, Any]:
    """A check's parameters as they stand in ``context``."""
    return {name: parameter_value(name, one, check.id, context) for name, one in check.parameters.items()}


def _steps(check: Check) -> set[int]:
    return {int(limit) for one in check.parameters.values() for limit in one.from_T}


def _phases(check: Check, context: Context) -> list[datetime]:
    """The midnights at which a parameter may change because a voting day comes near or has passed."""
    steps = _steps(check)
    ahead = [day for day in context.voting_days if steps and day >= context.now.date()]
    return [datetime.combine(day, time(), UTC) - timedelta(days=step) for day in ahead for step in steps | {-1}]


class _Sight:
    """The facts as one check may see them: about its subject, and fresh enough."""

    def __init__(self, facts: Mapping[str, Observation], subject: str | None, now: datetime,
                 max_age: timedelta) -> None:
        self.facts = facts
        self.subject = subject
        self.now = now
        self.max_age = max_age

    def look(self, fact: str) -> tuple[str, Observation, list[datetime]]:
        """The fact's key, what is known of it, and when that changes because time passes."""
        name = key(fact, self.subject) if key(fact, self.subject) in self.facts else fact
        seen = self.facts.get(name)
        if seen is None:
            return name, Observation(missing=Missing(Reason.ERROR, "was not collected")), []
        if seen.missing is not None:
            return name, seen, []
        if seen.as_of is None:
            return name, Observation(missing=Missing(Reason.ERROR, "says not of which time it speaks")), []
        moments = [seen.as_of - SKEW_LIMIT, seen.as_of + self.max_age]
        dated = f"{seen.as_of:%Y-%m-%d %H:%M}Z"
        if seen.as_of - self.now > SKEW_LIMIT:
            return name, Observation(missing=Missing(Reason.ERROR, f"is dated in the future ({dated})")), moments
        if self.now - seen.as_of > self.max_age:
            return name, Observation(missing=Missing(Reason.STALE, f"last known on {dated}")), []
        return name, seen, moments


def _result(check: Check, judged: _Judgement, context: Context) -> Result:
    facts = judged.outcome.facts
    return Result(check=check.id, catalogue=check.catalogue, severity=check.severity, verdict=judged.verdict,
                  expected=condition_text(check.require, in_force(check, context)), actual=facts_text(facts),
                  reason=judged.reason, facts=facts, timed=judged.timed,
                  share=judged.outcome.share if judged.verdict is Verdict.FAIL else None)


def _not_applicable(check: Check, context: Context, reason: str) -> Result:
    return Result(check=check.id, catalogue=check.catalogue, severity=check.severity,
                  verdict=Verdict.NOT_APPLICABLE, expected=condition_text(check.require, in_force(check, context)),
                  actual="", reason=reason)


def _joined(check: Check, results: dict[str, Result]) -> Result:
    """One row for a check over declared instances: the worst wins, each is kept."""
    verdict = worst([one.verdict for one in results.values()])
    deciding = {name: one for name, one in results.items() if one.verdict is verdict}
    first = next(iter(deciding.values()))
    judged = [one for one in results.values() if one.verdict is not Verdict.NOT_APPLICABLE]
    passed = sum(one.verdict is Verdict.PASS for one in judged)
    return Result(
        check=check.id, catalogue=check.catalogue, severity=check.severity, verdict=verdict,
        expected=first.expected,
        actual="; ".join(f"{name}: {one.actual}" for name, one in deciding.items()),
        reason="; ".join(f"{name}: {one.reason}" for name, one in deciding.items() if one.reason) or None,
        facts={name: value for one in results.values() for name, value in one.facts.items()},
        instances=tuple(Instance(name, one.verdict, one.actual, one.reason) for name, one in results.items()),
        share=passed / len(judged) if verdict is Verdict.FAIL else None,
        timed=any(one.timed for one in results.values()),
    )
