"""What a repair is said to bring is what grading again gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hustings.verdicts import Verdict
from policies.grade import machine_grade
from server.records import Asset
from server.scorecard import Scorecard, scorecard
from server.standing import standing
from server.weighing import alone, ceiling
from tests.server.records import CHECKS, DAY, FAIL, NOW, PACK, PASS, UNKNOWN, heard, office, past, results

NAMES = tuple(one.id.partition("/")[2] for one in CHECKS)
DESKS = tuple(Asset(f"desk-{number}", ("office-workstation",), "hall", "us") for number in (1, 2, 3))


def card(*said: dict[str, Verdict], roles: tuple[str, ...] = ("office-workstation",)) -> Scorecard:
    """An office whose machines report in order; the desks after the last are silent."""
    machines = [heard(results(roles=roles, **one), agent=f"a{number}", host=f"desk-{number}", roles=roles)
                for number, one in enumerate(said, 1)]
    return scorecard(office(*machines, assets=DESKS), PACK, NOW)


verdicts = st.fixed_dictionaries({name: st.sampled_from([PASS, FAIL, UNKNOWN]) for name in NAMES})


@given(verdicts, st.sampled_from(CHECKS))
def test_one_machine_graded_again_is_what_its_effect_says(said: dict[str, Verdict], check: object) -> None:
    assert hasattr(check, "id")
    name = str(check.id)
    for roles in (("office-workstation",), ("registration-db",)):
        one = standing(heard(results(roles=roles, **said), roles=roles), PACK, NOW)
        mended = results(roles=roles, **{**said, name.partition("/")[2]: PASS})
        effect = alone(one, PACK).fixed({one.name: {name}})
        assert effect.before == one.grade
        assert effect.after == machine_grade(mended, PACK, roles)


@given(st.lists(verdicts, min_size=1, max_size=3), st.sampled_from(NAMES))
def test_an_office_graded_again_is_what_its_effect_says(said: list[dict[str, Verdict]], name: str) -> None:
    found = card(*said)
    check = next(one.id for one in CHECKS if one.id.endswith(f"/{name}"))
    assert found.weighing is not None
    effect = found.weighing.fixed({f"desk-{number}": {check} for number in range(1, len(said) + 1)})
    after = card(*({**one, name: PASS} for one in said)).grade
    assert after is not None
    assert effect.before == found.grade
    assert (effect.after.letter, effect.after.limits) == (after.letter, after.limits)
    assert effect.after.lower == pytest.approx(after.lower)


def test_the_first_three_say_what_each_brings_and_what_all_bring() -> None:
    found = card({"critical": FAIL, "high": FAIL, "medium": FAIL}, {}, {})
    assert [one.check.id for one in found.first] == ["patching/critical", "patching/high", "identity/medium"]
    assert found.together_effect is not None
    assert all(one.effect is not None and one.effect.points > 0 for one in found.first)
    assert found.together_effect.points == pytest.approx(
        sum(one.effect.points for one in found.first if one.effect is not None))
    assert (found.together_effect.before.letter, found.together_effect.after.letter) == ("C", "A")


def test_a_repair_that_brings_no_points_may_lift_the_best_grade() -> None:
    found = card({"stop": FAIL, "critical": FAIL}, {}, {})
    (stop,) = [one for one in found.first if one.check.id == "logging/stop"]
    assert stop.effect is not None
    assert stop.effect.ceilings == ("F", "C")
    assert ceiling(stop.effect.before) == "F"


def test_one_of_two_failing_checks_of_a_row_may_bring_nothing_by_itself() -> None:
    one = standing(heard(results(medium=FAIL, second=FAIL)), PACK, NOW)
    weighing = alone(one, PACK)
    assert weighing.fixed({one.name: {"identity/second"}}).nothing
    assert weighing.fixed({one.name: {"identity/medium", "identity/second"}}).points > 0


def test_silent_machines_say_what_their_reports_could_bring() -> None:
    found = card({}, {})
    assert [one.name for one in found.silent] == ["desk-3"]
    assert found.connecting is not None
    assert found.connecting.points == pytest.approx(100 / 3)
    assert found.connecting.after.letter == "A"


def test_a_failure_nobody_has_seen_since_is_remembered_until_a_report_says_pass() -> None:
    seen = heard(results(critical=FAIL), past=past((DAY, {"patching/critical": FAIL})))
    now, later = standing(seen, PACK, NOW), standing(seen, PACK, NOW + 9 * DAY)
    assert later.verdict("patching/critical") is UNKNOWN
    assert later.findings["patching/critical"].unseen
    assert later.findings["patching/critical"].overdue
    assert "FDCBA".index(later.grade.letter or "F") <= "FDCBA".index(now.grade.letter or "F")
    assert "critical" in [cap.code for cap in later.grade.limits]
    mended = heard(results(), past=past((DAY, {"patching/critical": PASS}), (2 * DAY, {"patching/critical": FAIL})))
    assert not standing(mended, PACK, NOW + 9 * DAY).findings
