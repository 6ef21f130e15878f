from __future__ import annotations

from hustings.verdicts import Verdict
from server.actions import Action, actions
from server.standing import standing
from tests.server.records import FAIL, NOW, PACK, UNKNOWN, heard, results


def order(roles: tuple[str, ...] = ("office-workstation",), **verdicts: Verdict) -> list[Action]:
    one = standing(heard(results(roles=roles, **verdicts), roles=roles), PACK, NOW)
    return actions([one], one.grade.items, PACK)


def names(found: list[Action]) -> list[str]:
    return [one.check.id for one in found]


def test_the_severest_comes_first() -> None:
    assert names(order(high=FAIL, critical=FAIL, medium=FAIL)) == [
        "patching/critical", "patching/high", "identity/medium"]


def test_a_stop_condition_comes_before_everything() -> None:
    assert names(order(critical=FAIL, stop=FAIL))[0] == "logging/stop"


def test_repairing_comes_before_proving_what_weighs_the_same() -> None:
    core = ("registration-db",)
    assert names(order(core, critical=UNKNOWN, rights=FAIL)) == ["registration/rights", "patching/critical"]


def test_nothing_to_do_is_an_empty_list() -> None:
    assert order() == []


def test_points_are_what_the_row_would_add() -> None:
    (only,) = order(critical=FAIL)
    assert round(only.points, 2) == round(100 * 10 / 22, 2)
    assert only.together == 0


def test_checks_that_share_a_row_are_said_to_count_together() -> None:
    assert {one.together for one in order(medium=FAIL, second=FAIL)} == {1}


def test_the_fix_is_the_one_for_this_platform() -> None:
    (only,) = order(critical=FAIL)
    assert only.fix is not None
    assert only.fix.platform == "debian"


def test_one_task_names_every_machine_it_is_to_be_done_on() -> None:
    machines = [standing(heard(results(critical=FAIL), agent=f"a{n}", host=f"h{n}"), PACK, NOW) for n in range(3)]
    (only,) = actions(machines, machines[0].grade.items, PACK)
    assert [one.name for one in only.machines] == ["h0", "h1", "h2"]


def test_an_unknown_task_says_why() -> None:
    (only,) = order(critical=UNKNOWN)
    assert only.reason == "denied"
