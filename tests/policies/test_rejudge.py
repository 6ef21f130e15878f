"""No office relaxes its way to a better grade: verdicts under other thresholds are judged with the pack's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hustings.facts import Disclosure, Facts, Missing, Observation, Reason, Registry
from hustings.verdicts import Instance, Result, Verdict
from policies.evaluate import Context, judge
from policies.examples import run
from policies.pack import shipped
from policies.rejudge import REASON, with_defaults

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PACK = shipped()
CHECK = "patching/lists-fresh"
ROLES = ("registration-db",)


def facts(age: timedelta) -> Facts:
    """The lists were updated ``age`` ago, as the agent knows it just now."""
    return {"patches.lists_updated": Observation(value=NOW - age, as_of=NOW)}


def said(age: timedelta, limit: str) -> Result:
    check = PACK.check(CHECK)
    assert check is not None
    return judge(check, facts(age), Context(NOW, ROLES, overrides={CHECK: {"lists_max_age": limit}}))


def again(result: Result, known: Facts, voting_days: tuple[date, ...] = ()) -> tuple[Verdict, bool]:
    check = PACK.check(CHECK)
    assert check is not None
    made, judged = with_defaults(check, result, known, NOW, ROLES, voting_days)
    return made.verdict, judged


def test_a_pass_under_a_laxer_threshold_fails_with_the_packs() -> None:
    lax = said(timedelta(days=20), "30d")
    assert lax.verdict is Verdict.PASS
    assert again(lax, facts(timedelta(days=20))) == (Verdict.FAIL, True)


def test_a_failure_under_a_stricter_threshold_passes_with_the_packs() -> None:
    strict = said(timedelta(hours=30), "1d")
    assert strict.verdict is Verdict.FAIL
    assert again(strict, facts(timedelta(hours=30))) == (Verdict.PASS, True)


def test_the_packs_own_threshold_tightens_before_a_vote() -> None:
    lax = said(timedelta(days=2), "30d")
    assert again(lax, facts(timedelta(days=2)))[0] is Verdict.PASS
    assert again(lax, facts(timedelta(days=2)), (date(2026, 12, 24),))[0] is Verdict.FAIL


def test_without_the_facts_a_pass_is_unknown_and_says_why() -> None:
    check = PACK.check(CHECK)
    assert check is not None
    made, judged = with_defaults(check, said(timedelta(days=2), "30d"), {}, NOW, ROLES, ())
    assert (made.verdict, made.reason, made.valid_until, judged) == (Verdict.UNKNOWN, REASON, None, False)


def test_without_the_facts_a_failure_stays_one() -> None:
    assert again(said(timedelta(days=20), "1d"), {}) == (Verdict.FAIL, False)


def test_instances_that_pass_are_unknown_too() -> None:
    check = next(one for one in PACK.checks if one.each and one.parameters)
    lax = Result(check.id, check.catalogue, check.severity, Verdict.PASS, "", "",
                 instances=(Instance("a", Verdict.PASS), Instance("b", Verdict.FAIL)))
    made, _ = with_defaults(check, lax, {}, NOW, (), ())
    assert [one.verdict for one in made.instances] == [Verdict.UNKNOWN, Verdict.FAIL]


def test_without_whole_facts_no_check_with_a_threshold_passes() -> None:
    tried = 0
    for check in PACK.checks:
        for example in check.examples if check.parameters and check.scope == "machine" else ():
            lax = run(check, example)
            if lax.verdict is Verdict.PASS:
                made, judged = with_defaults(check, lax, {}, NOW, check.roles, ())
                assert (made.verdict is Verdict.PASS, judged) == (False, False), check.id
                tried += 1
    assert tried > 20


def test_what_leaves_as_a_count_is_no_ground_for_a_pass() -> None:
    registry = Registry.shipped()
    tried = 0
    for check in PACK.checks:
        for example in check.examples if check.parameters and check.scope == "machine" and not check.each else ():
            lax = run(check, example)
            seen = {name: Observation(missing=Missing(Reason.WITHHELD)) for name in lax.facts}
            held = any(fact is None or fact.disclosure is not Disclosure.SHARED
                       for fact in (registry.get(name) for name in lax.facts))
            if lax.verdict is Verdict.PASS and held:
                assert with_defaults(check, lax, seen, NOW, check.roles, ())[0].verdict is Verdict.UNKNOWN, check.id
                tried += 1
    assert tried


@given(st.integers(1, 60), st.integers(1, 60), st.booleans())
def test_no_threshold_ever_raises_what_the_pack_gives(age: int, limit: int, sent: bool) -> None:
    rank = {Verdict.FAIL: 0, Verdict.UNKNOWN: 0, Verdict.PASS: 1}
    length = timedelta(days=age)
    honest = said(length, "3d").verdict
    assert rank[again(said(length, f"{limit}d"), facts(length) if sent else {})[0]] <= rank[honest]
