from __future__ import annotations

import msgspec
import pytest

from hustings.verdicts import Instance, Severity
from policies.examples import run
from policies.model import Parameter
from policies.pack import shipped
from server.pages.results import Said, Seen, expected, groups, in_force, seen, shown, withheld
from server.standing import standing
from tests.server.records import FAIL, NOW, PACK, PASS, UNKNOWN, both, check, heard, result, results

CRITICAL = "patching/critical"


def report(**changes: object) -> object:
    return heard(results(), **changes).report


def test_french_says_the_condition_anew() -> None:
    said = expected(result(CRITICAL, FAIL), PACK.check(CRITICAL), report(), "fr")
    assert said == Said("sshd.permit_root_login vaut no", "fr")


def test_words_that_the_condition_does_not_give_stay_in_english() -> None:
    other = result(CRITICAL, FAIL, expected="something an older pack asked for")
    assert expected(other, PACK.check(CRITICAL), report(), "fr").language == "en"
    assert expected(other, None, report(), "fr").language == "en"


@pytest.mark.parametrize(("said", "parameters"), [
    ("3d", {}), ("1d", {}), ("9d", {"x/y": {"limit": "9d"}})])
def test_french_speaks_of_the_threshold_in_force(said: str, parameters: dict[str, object]) -> None:
    one = check("x/y", "PAT-02", Severity.HIGH, require={"fact": "a.b", "within": {"param": "limit"}},
                parameters={"limit": Parameter("3d", both("limit"), {"90": "1d"})})
    judged = result("x/y", FAIL, expected=f"a.b lies within the last {said}")
    assert expected(judged, one, report(parameters=parameters), "fr") == Said(f"a.b date de {said} au plus", "fr")


def test_every_shipped_check_can_be_said_in_french() -> None:
    for one in shipped().checks:
        for example in one.examples:
            judged = run(one, example)
            of = report(parameters={one.id: example.parameters} if example.parameters else {})
            assert expected(judged, one, of, "fr").language == "fr", one.id


def test_parameters_that_are_no_table_are_ignored() -> None:
    assert in_force(report(parameters={CRITICAL: 3}), CRITICAL) == {}


@pytest.mark.parametrize(("value", "there"), [
    ({"withheld": True}, True), ({"unknown": "withheld"}, True), ({"items": [{"name": {"withheld": True}}]}, True),
    ({"matching": 1, "total": 4, "complete": True}, True), ("yes", False), (3, False), ({"absent": True}, False),
    ({"items": ["a"], "total": 1, "complete": True}, False), ({"unknown": "denied"}, False), ([], False)])
def test_what_stays_on_the_machine_is_noticed_wherever_it_is(value: object, there: bool) -> None:
    assert withheld(value) is there


def test_lists_are_shown_entry_by_entry() -> None:
    value = {"items": [{"name": "a", "port": 22}, {"name": "b", "port": 23}], "matching": 5, "total": 9}
    assert seen("x", value, "en") == Seen("x", ("name a · port 22", "name b · port 23"), 5)
    assert seen("x", {"items": [], "matching": 0, "total": 0}, "fr") == Seen("x", ("aucun",))
    assert seen("x", {"matching": 3, "total": 9, "complete": True}, "en") == Seen("x", (), 3, withheld=True)
    assert seen("x", True, "fr") == Seen("x", ("oui",))


def test_results_are_grouped_by_area_worst_first_and_none_is_dropped() -> None:
    said = (*results(high=FAIL, critical=UNKNOWN), result("unheard/of", PASS))
    found = groups(standing(heard(said), PACK, NOW), PACK, "en")
    assert [group.area for group in found] == ["PAT", "IAM", "LPR", "BKP", "LOG", "other"]
    assert [one.verdict for one in found[0].results] == [FAIL, UNKNOWN]
    assert sum(len(group.results) for group in found) == len(said)


def test_a_result_carries_what_it_takes_to_act_on_it() -> None:
    machine = standing(heard(results(critical=FAIL)), PACK, NOW)
    one = shown(machine.by_check[CRITICAL], machine, PACK, "fr")
    assert one.title == Said(f"Title of {CRITICAL} (fr)", "fr")
    assert one.fix is not None
    assert one.fix.command == "apt install x"
    assert one.finding is not None
    assert one.references == (("cis", ("1.1",)),)


def test_instances_speak_for_themselves() -> None:
    said = msgspec.structs.replace(result(CRITICAL, FAIL), instances=(Instance("nightly", FAIL, "old"),),
                                   facts={"backup.age@nightly": 3})
    machine = standing(heard((said, *results()[1:])), PACK, NOW)
    one = shown(machine.by_check[CRITICAL], machine, PACK, "en")
    assert one.facts == ()
    assert [each.subject for each in one.instances] == ["nightly"]
