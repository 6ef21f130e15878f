"""Unknown is never a pass: knowing less may only ever turn a verdict into unknown.

What is held, for every check of the shipped library and every one of its examples: let one fact be
known less well (a reason instead of a value, never collected, too old, dated in the future, a list
not whole or shorter, a field of a record not read). Then the verdict is the one it was, or unknown.
A pass may so stay a pass only where what remains known decides it alone, as in ``any``; an unknown
never becomes a pass or a fail; and ``not_applicable`` is never gained. The same holds for every
instance of a check with ``each``.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from hustings.facts import Facts, Missing, Observation, Reason
from hustings.times import parse_duration
from hustings.verdicts import Result, Verdict
from policies import pack as packs
from policies.evaluate import Context, judge
from policies.examples import situation
from policies.model import Check
from tests.policies.building import weaker

LIBRARY = packs.shipped()


def verdicts(result: Result) -> dict[str, Verdict]:
    return {"": result.verdict, **{one.subject: one.verdict for one in result.instances}}


def gained(check: Check, facts: Facts, context: Context, before: dict[str, Verdict]) -> list[str]:
    """The subjects whose verdict became another one than unknown."""
    after = verdicts(judge(check, facts, context))
    return [f"{subject or 'the check'}: {before.get(subject)} became {one}" for subject, one in after.items()
            if one not in (before.get(subject), Verdict.UNKNOWN)]


@pytest.mark.parametrize("check", LIBRARY.checks, ids=lambda check: check.id)
def test_knowing_one_fact_less_well_turns_no_verdict_into_another_but_unknown(check: Check) -> None:
    max_age = parse_duration(check.max_age)
    wrong = []
    for example in check.examples:
        facts, context = situation(check, example)
        before = verdicts(judge(check, facts, context))
        for name, one in facts.items():
            for how, less in weaker(one, context.now, max_age):
                others = {key: other for key, other in facts.items() if key != name}
                known = others if less is None else {**others, name: less}
                wrong += [f"{example.name!r}, {name} {how}: {what}" for what in gained(check, known, context, before)]
    assert wrong == []


@pytest.mark.parametrize("check", LIBRARY.checks, ids=lambda check: check.id)
def test_knowing_nothing_is_unknown_and_never_a_verdict(check: Check) -> None:
    for example in check.examples:
        facts, context = situation(check, example)
        if check.each and not context.declared.get(check.each):
            continue
        for known in ({}, {name: Observation(missing=Missing(Reason.DENIED)) for name in facts}):
            assert judge(check, known, context).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("check", LIBRARY.checks, ids=lambda check: check.id)
def test_every_decided_example_goes_stale_when_its_facts_do(check: Check) -> None:
    for example in check.examples:
        facts, context = situation(check, example)
        result = judge(check, facts, context)
        if result.verdict is Verdict.UNKNOWN or not facts:
            continue
        assert result.valid_until is not None or not result.facts
        late = Context(context.now + parse_duration(check.max_age) + timedelta(seconds=1), context.roles,
                       context.declared, context.voting_days, context.overrides)
        nothing_declared = check.each and not context.declared.get(check.each)
        assert judge(check, facts, late).verdict is Verdict.UNKNOWN or nothing_declared
