"""Judging again with the pack's own thresholds what a machine was judged with others.

Grades are given with the pack's defaults, so that no office can relax its way to a better one. A verdict
under another threshold stands for the default only where the same check, judged again with the facts of
the report and the default, says so, and only if every fact that the check may ask for is in the report as
it was seen: what is withheld, counted or pseudonymous is no ground for a pass. Otherwise a failure stays a
failure, and everything else is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

import msgspec

from hustings.facts import Disclosure, Facts, Registry
from hustings.verdicts import Instance, Result, Verdict
from policies.evaluate import Context, judge
from policies.model import Check

REASON = "judged with another threshold than the pack's, and the report does not hold the facts to judge it again"


def with_defaults(check: Check, said: Result, facts: Facts, made: datetime, roles: tuple[str, ...],
                  voting_days: tuple[date, ...], *, clock_ok: bool = True) -> tuple[Result, bool]:
    """``said`` as the pack's defaults judge it at ``made``, and whether it could be judged again."""
    subjects = tuple(one.subject for one in said.instances)
    if _whole(check, facts, subjects):
        again = judge(check, facts, Context(
            made, roles, {check.each: subjects} if check.each else {}, voting_days, {}, clock_ok))
        if again.verdict is not Verdict.NOT_APPLICABLE or said.verdict is Verdict.NOT_APPLICABLE:
            return again, True
    if said.verdict is Verdict.FAIL or (said.verdict is Verdict.NOT_APPLICABLE and not _parameters(check.applies)):
        return said, False
    instances = tuple(one if one.verdict is Verdict.FAIL else Instance(one.subject, Verdict.UNKNOWN, one.actual, REASON)
                      for one in said.instances)
    return msgspec.structs.replace(said, verdict=Verdict.UNKNOWN, reason=REASON, share=None, instances=instances,
                                   valid_until=None), False


def _whole(check: Check, facts: Facts, subjects: tuple[str, ...]) -> bool:
    """Whether every fact that the check may ask for is in the report as the agent saw it."""
    if check.each and not subjects:
        return False
    registry = _registry()
    for name in _facts([check.require, check.applies, check.unknown_when]):
        fact = registry.get(name)
        if fact is None or fact.disclosure is not Disclosure.SHARED:
            return False
        if name not in facts and not (subjects and all(f"{name}@{subject}" in facts for subject in subjects)):
            return False
    return True


def _facts(condition: Any) -> Iterator[str]:
    """Every fact that a condition names, operands too."""
    if isinstance(condition, Mapping):
        for key, value in condition.items():
            if key == "fact" and isinstance(value, str):
                yield value
            else:
                yield from _facts(value)
    elif isinstance(condition, (list, tuple)):
        for one in condition:
            yield from _facts(one)


def _parameters(condition: Any) -> bool:
    """Whether a condition rests on a parameter."""
    if isinstance(condition, Mapping):
        return "param" in condition or any(_parameters(one) for one in condition.values())
    return isinstance(condition, (list, tuple)) and any(_parameters(one) for one in condition)


@cache
def _registry() -> Registry:
    return Registry.shipped()
