"""Running the examples that every check carries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from hustings.facts import Facts, Listing, Missing, Observation, Reason
from hustings.times import parse_time
from hustings.verdicts import Result
from policies.evaluate import Context, judge
from policies.model import Check, Example, Pack


def run(check: Check, example: Example) -> Result:
    """The result of one example."""
    return judge(check, *situation(check, example))


def situation(check: Check, example: Example) -> tuple[Facts, Context]:
    """The facts of an example and what it is judged in. Subjects that it does not declare are those it has facts of."""
    now = parse_time(example.now)
    facts: Facts = {name: observation(value, parse_time(example.as_of.get(name, example.now)))
                    for name, value in example.facts.items()}
    declared = dict(example.declared)
    if check.each and check.each not in declared:
        subjects = sorted({name.partition("@")[2] for name in example.facts if "@" in name})
        declared[check.each] = tuple(subjects)
    return facts, Context(
        now=now, declared=declared,
        voting_days=(date.fromisoformat(example.voting_day),) if example.voting_day else (),
        overrides={check.id: example.parameters} if example.parameters else {},
    )


def failures(pack: Pack) -> Iterator[tuple[Check, Example, Result]]:
    """Every example whose verdict is not the one it promises."""
    for check in pack.checks:
        for example in check.examples:
            result = run(check, example)
            if result.verdict is not example.verdict:
                yield check, example, result


def observation(value: Any, as_of: datetime) -> Observation:
    """A fact as written in an example: a value, a list, ``{absent: true}`` or ``{unknown: denied}``."""
    if isinstance(value, dict):
        if value == {"absent": True}:
            return Observation(absent=True, as_of=as_of)
        if "unknown" in value:
            return Observation(missing=Missing(Reason(value["unknown"]), str(value.get("detail", ""))))
        if "items" in value:
            complete = bool(value.get("complete", True))
            why = None if complete else Missing(Reason.TRUNCATED)
            return Observation(listing=Listing(list(value["items"]), complete, why), as_of=as_of)
    if isinstance(value, list):
        return Observation(listing=Listing(value), as_of=as_of)
    return Observation(value=value, as_of=as_of)
