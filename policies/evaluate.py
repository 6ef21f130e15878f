"""Judging: a check and the facts in, a verdict with its reasons out. Pure and total.

Kleene's three-valued logic throughout: what is undecided stays undecided unless what is known
decides alone. A missing fact can never help a pass; an absent one only where the check asks for
absence, or says ``on_missing: fail``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

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
    if not check.each:
        return _with_validity(check, facts, context, None)
    subjects = context.declared.get(check.each, ())
    if not subjects:
        return _not_applicable(check, context, f"no {check.each.replace('_', ' ')} is declared")
    return _joined(check, context, {name: _with_validity(check, facts, context, name) for name in subjects})


def parameter_value(name: str, parameter: Parameter, check: str, context: Context) -> Any:
    """The value in force: the office's own, else the tightest election phase reached, else the default."""
    own = context.overrides.get(check, {})
    if name in own:
        return own[name]
    days = next_voting_day(context)
    if days is None:
        return parameter.default
    reached = [int(limit) for limit in parameter.from_T if days <= int(limit)]
    return parameter.from_T[str(min(reached))] if reached else parameter.default


def next_voting_day(context: Context) -> int | None:
    """Whole days until the next voting day, or None if none lies ahead."""
    today = context.now.date()
    ahead = [(day - today).days for day in context.voting_days if day >= today]
    return min(ahead, default=None)


def _with_validity(check: Check, facts: Mapping[str, Observation], context: Context, subject: str | None) -> Result:
    """Judge now, then find the first later moment at which the same facts would be judged otherwise."""
    result, flips = _judge_once(check, facts, context, subject)
    if not context.clock_ok and result.timed and result.verdict in (Verdict.PASS, Verdict.FAIL):
        reason = "error: this machine's clock is more than five minutes off the server's"
        return _replace(result, verdict=Verdict.UNKNOWN, reason=reason, valid_until=None)
    if result.verdict not in (Verdict.PASS, Verdict.FAIL):
        return result
    for moment in sorted({flip for flip in flips if flip > context.now})[:16]:
        later = Context(moment + timedelta(seconds=1), context.roles, context.declared, context.voting_days,
                        context.overrides)
        if _judge_once(check, facts, later, subject)[0].verdict is not result.verdict:
            return _replace(result, valid_until=moment)
    return result


def _judge_once(check: Check, facts: Mapping[str, Observation], context: Context,
                subject: str | None) -> tuple[Result, list[datetime]]:
    parameters = {name: parameter_value(name, one, check.id, context) for name, one in check.parameters.items()}
    logic = Logic(_Sight(facts, subject, context.now, parse_duration(check.max_age)).look, parameters, context.now)
    expected = condition_text(check.require, parameters)
    if check.applies is not None:
        applies = logic.evaluate(check.applies)
        if applies.truth is False:
            only_where = f"applies only where {condition_text(check.applies, parameters)}"
            return _result(check, Verdict.NOT_APPLICABLE, expected, applies, only_where), []
        if applies.truth is None:
            return _result(check, Verdict.UNKNOWN, expected, applies, applies.why()), applies.flips
    outcome = logic.evaluate(check.require)
    reason: str | None
    verdict, reason = _decide(check, outcome)
    flips = [*outcome.flips, *_phases(check, context), *outcome.expiries]
    if verdict is Verdict.PASS and check.unknown_when is not None:
        doubt = logic.evaluate(check.unknown_when)
        flips += [*doubt.flips, *doubt.expiries]
        outcome = outcome.also(doubt)
        if doubt.truth is not False:
            verdict = Verdict.UNKNOWN
            reason = doubt.why() if doubt.truth is None else (
                f"cannot be relied on when {condition_text(check.unknown_when, parameters)}")
    return _result(check, verdict, expected, outcome, reason), flips


def _decide(check: Check, outcome: Outcome) -> tuple[Verdict, str | None]:
    if outcome.truth is None:
        if check.on_missing == "fail" and outcome.causes and all(cause is None for cause in outcome.causes.values()):
            return Verdict.FAIL, outcome.why()
        return Verdict.UNKNOWN, outcome.why()
    return (Verdict.PASS if outcome.truth else Verdict.FAIL), None


def _phases(check: Check, context: Context) -> list[datetime]:
    """The moments at which a parameter changes because a voting day comes near or has passed."""
    midnight = context.now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = next_voting_day(context)
    if days is None:
        return []
    steps = {int(limit) for one in check.parameters.values() for limit in one.from_T}
    return [midnight + timedelta(days=days - step) for step in steps | {-1} if steps]


class _Sight:
    """The facts as one check may see them: about its subject, and fresh enough."""

    def __init__(self, facts: Mapping[str, Observation], subject: str | None, now: datetime,
                 max_age: timedelta) -> None:
        self.facts = facts
        self.subject = subject
        self.now = now
        self.max_age = max_age

    def look(self, fact: str) -> tuple[str, Observation, datetime | None]:
        """The fact's key, what is known of it, and when it will be too old."""
        name = key(fact, self.subject) if key(fact, self.subject) in self.facts else fact
        seen = self.facts.get(name)
        if seen is None:
            return name, Observation(missing=Missing(Reason.ERROR, "was not collected")), None
        if seen.missing is not None or seen.as_of is None:
            return name, seen, None
        dated = f"{seen.as_of:%Y-%m-%d %H:%M}Z"
        if seen.as_of - self.now > SKEW_LIMIT:
            return name, Observation(missing=Missing(Reason.ERROR, f"is dated in the future ({dated})")), None
        if self.now - seen.as_of > self.max_age:
            return name, Observation(missing=Missing(Reason.STALE, f"last known on {dated}")), None
        return name, seen, seen.as_of + self.max_age


def _result(check: Check, verdict: Verdict, expected: str, outcome: Outcome, reason: str | None) -> Result:
    return Result(check=check.id, catalogue=check.catalogue, severity=check.severity, verdict=verdict,
                  expected=expected, actual=facts_text(outcome.facts), reason=reason, facts=outcome.facts,
                  share=outcome.share if verdict is Verdict.FAIL else None, timed=bool(outcome.flips))


def _not_applicable(check: Check, context: Context, reason: str) -> Result:
    parameters = {name: parameter_value(name, one, check.id, context) for name, one in check.parameters.items()}
    return Result(check=check.id, catalogue=check.catalogue, severity=check.severity,
                  verdict=Verdict.NOT_APPLICABLE, expected=condition_text(check.require, parameters),
                  actual="", reason=reason)


def _joined(check: Check, context: Context, results: dict[str, Result]) -> Result:
    """One row for a check over declared instances: the worst wins, each is kept."""
    verdict = worst([one.verdict for one in results.values()])
    deciding = {name: one for name, one in results.items() if one.verdict is verdict}
    first = next(iter(deciding.values()))
    judged = [one for one in results.values() if one.verdict is not Verdict.NOT_APPLICABLE]
    passed = sum(one.verdict is Verdict.PASS for one in judged)
    ends = [one.valid_until for one in results.values() if one.valid_until is not None]
    return Result(
        check=check.id, catalogue=check.catalogue, severity=check.severity, verdict=verdict,
        expected=first.expected,
        actual="; ".join(f"{name}: {one.actual}" for name, one in deciding.items()),
        reason="; ".join(f"{name}: {one.reason}" for name, one in deciding.items() if one.reason) or None,
        valid_until=min(ends, default=None),
        facts={name: value for one in results.values() for name, value in one.facts.items()},
        instances=tuple(Instance(name, one.verdict, one.actual, one.reason) for name, one in results.items()),
        share=passed / len(judged) if verdict is Verdict.FAIL else None,
        timed=any(one.timed for one in results.values()),
    )


def _replace(result: Result, **changes: Any) -> Result:
    import msgspec

    return msgspec.structs.replace(result, **changes)
