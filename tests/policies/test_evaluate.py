"""What a verdict says beside pass and fail: instances, phases, ages, clocks, shares and reasons."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from hustings.facts import Listing, Missing, Observation, Reason
from hustings.verdicts import Verdict
from policies.evaluate import LOOK_AHEAD, Context, judge, judge_all, next_voting_day
from policies.model import Pack, Parameter
from tests.policies.building import NOW, WORDS, judged, make, observed, seen, verdict

FRESH = {"fact": "r.latest", "within": "26h"}


def hours(count: float) -> datetime:
    return NOW + timedelta(hours=count)


def back(count: float) -> str:
    return f"{NOW - timedelta(hours=count):%Y-%m-%dT%H:%M:%SZ}"


# -- lists

@pytest.mark.parametrize("empty", ["pass", "fail", "unknown"])
@pytest.mark.parametrize("condition", [{"every": {"field": "good", "equals": True}},
                                       {"none": {"field": "good", "equals": True}}, {"count": {"at_least": 1}},
                                       {"count": {"at_most": 0}}])
def test_an_empty_list_means_what_the_check_says(condition: dict[str, Any], empty: str) -> None:
    assert verdict({"fact": "t.records", "empty_is": empty, **condition}, {"t.records": []}) == empty


@pytest.mark.parametrize("empty", ["pass", "fail", "unknown"])
def test_every_over_nothing_selected_is_the_empty_case_but_a_count_of_nothing_selected_is_zero(empty: str) -> None:
    nothing: dict[str, Any] = {"fact": "t.records", "where": {"field": "name", "equals": "x"}, "empty_is": empty}
    values = {"t.records": [{"name": "y", "good": False}]}
    assert verdict({**nothing, "every": {"field": "good", "equals": True}}, values) == empty
    assert verdict({**nothing, "count": {"at_most": 0}}, values) == "pass"
    assert verdict({**nothing, "count": {"at_least": 1}}, values) == "fail"


def test_a_list_not_whole_decides_by_a_counterexample_alone() -> None:
    every = {"fact": "t.records", "every": {"field": "good", "equals": True}, "empty_is": "pass"}
    count = {"fact": "t.records", "count": {"at_most": 1}, "empty_is": "pass"}
    good, bad = {"good": True}, {"good": False}
    why = Missing(Reason.DENIED, "/home")
    assert verdict(every, {"t.records": Listing([good], False)}) == "unknown"
    assert verdict(every, {"t.records": Listing([], False)}) == "unknown"
    assert verdict(every, {"t.records": Listing([good, bad], False)}) == "fail"
    assert verdict(count, {"t.records": Listing([good], False)}) == "unknown"
    assert verdict(count, {"t.records": Listing([good, bad], False)}) == "fail"
    assert verdict({"fact": "t.texts", "contains": "a"}, {"t.texts": Listing(["b"], False)}) == "unknown"
    assert verdict({"fact": "t.texts", "contains": ["a", "b"]}, {"t.texts": Listing(["b", "a"])}) == "pass"
    assert verdict({"fact": "t.texts", "contains": ["a", "b"]}, {"t.texts": Listing(["b", "c"])}) == "fail"
    assert verdict({"fact": "t.texts", "contains": ["a", "b"]}, {"t.texts": Listing(["b"], False)}) == "unknown"
    assert verdict({"not": {"fact": "t.texts", "contains": "a"}}, {"t.texts": Listing(["a"], False)}) == "fail"
    assert judged(every, {"t.records": Listing([good], False, why)}).reason == "t.records: denied: /home"


def test_a_field_that_was_not_read_leaves_its_entry_open() -> None:
    every = {"fact": "t.records", "every": {"field": "good", "equals": True}, "empty_is": "pass"}
    result = judged(every, {"t.records": [{"good": True}, {"good": {"reason": "denied", "detail": "shadow"}}]})
    assert (result.verdict, result.reason) == (Verdict.UNKNOWN, "t.records.good: denied: shadow")


def test_an_entry_that_may_or_may_not_be_meant_counts_both_ways() -> None:
    open_ = {"name": {"reason": "denied"}, "good": False}
    where = {"field": "name", "equals": "x"}
    records: dict[str, Any] = {"t.records": [open_, {"name": "x", "good": True}]}
    ask: dict[str, Any] = {"fact": "t.records", "where": where, "empty_is": "pass"}
    assert verdict({**ask, "every": {"field": "good", "equals": True}}, records) == "unknown"
    assert verdict({**ask, "count": {"at_most": 1}}, records) == "unknown"
    assert verdict({**ask, "count": {"at_most": 2}}, records) == "pass"
    assert verdict({**ask, "count": {"at_least": 1}}, records) == "pass"
    assert verdict({**ask, "count": {"at_least": 3}}, records) == "fail"


@pytest.mark.parametrize(("empty", "said"), [("pass", "pass"), ("fail", "unknown"), ("unknown", "unknown")])
def test_where_perhaps_nothing_is_meant_the_empty_case_counts_too(empty: str, said: str) -> None:
    ask: dict[str, Any] = {"fact": "t.records", "every": {"field": "good", "equals": True},
                           "where": {"field": "name", "equals": "x"}, "empty_is": empty}
    assert verdict(ask, {"t.records": [{"name": {"reason": "denied"}, "good": True}]}) == said


@pytest.mark.parametrize(("groups", "bound", "said"), [
    ("aab", {"at_most": 1}, "fail"), ("abc", {"at_most": 1}, "pass"), ("ab?", {"at_most": 1}, "unknown"),
    ("?", {"at_most": 1}, "pass"), ("??", {"at_most": 1}, "unknown"), ("aabb", {"at_least": 2}, "pass"),
    ("aab", {"at_least": 2}, "fail"), ("aa?", {"at_least": 2}, "unknown"), ("aa?", {"at_least": 1}, "pass"),
    ("aabb", {"equals": 2}, "pass"), ("aab", {"equals": 2}, "fail"), ("a?", {"equals": 1}, "unknown"),
])
def test_entries_are_counted_by_group_and_one_without_a_known_group_may_be_in_any(
        groups: str, bound: dict[str, int], said: str) -> None:
    records = [{"group": {"reason": "denied"} if one == "?" else one} for one in groups]
    condition = {"fact": "t.records", "count": bound, "same": "group", "empty_is": "unknown"}
    assert verdict(condition, {"t.records": records}) == said


def test_share_is_the_satisfied_part_of_a_failing_whole_list() -> None:
    every: dict[str, Any] = {"fact": "t.records", "every": {"field": "good", "equals": True}, "empty_is": "pass"}
    three = [{"good": True}, {"good": True}, {"good": False}, {"good": True}]
    assert judged(every, {"t.records": three}).share == 0.75
    assert judged(every, {"t.records": three[:2]}).share is None
    assert judged(every, {"t.records": Listing(three, False)}).share is None
    assert judged({"not": every}, {"t.records": three[:2]}).share is None


# -- absence and reasons

def test_absence_is_undecided_unless_it_is_asked_for_or_means_failure() -> None:
    leaf = {"fact": "t.text", "equals": "x"}
    assert verdict(leaf, {"t.text": None}) == "unknown"
    assert verdict({"not": leaf}, {"t.text": None}) == "unknown"
    assert verdict(leaf, {"t.text": None}, on_missing="fail") == "fail"
    assert verdict({"not": leaf}, {"t.text": None}, on_missing="fail") == "fail"
    assert verdict({"fact": "t.text", "absent": True}, {"t.text": None}) == "pass"
    assert verdict({"fact": "t.text", "absent": False}, {"t.text": None}) == "fail"


@pytest.mark.parametrize("reason", list(Reason))
def test_on_missing_fail_never_covers_a_reason(reason: Reason) -> None:
    both = {"any": [{"fact": "t.text", "equals": "x"}, {"fact": "t.int", "equals": 1}]}
    assert verdict({"fact": "t.text", "equals": "x"}, {"t.text": reason}, on_missing="fail") == "unknown"
    assert verdict(both, {"t.text": None, "t.int": reason}, on_missing="fail") == "unknown"
    assert verdict(both, {"t.text": None, "t.int": 2}, on_missing="fail") == "fail"
    assert verdict({"fact": "t.text", "absent": True}, {"t.text": reason}, on_missing="fail") == "unknown"


@pytest.mark.parametrize("order", [1, -1])
def test_an_absent_field_does_not_hide_an_unread_one_whatever_their_order(order: int) -> None:
    records = [{"good": {"reason": "denied"}}, {"name": "x"}][::order]
    every = {"fact": "t.records", "every": {"field": "good", "equals": True}, "empty_is": "pass"}
    assert verdict(every, {"t.records": records}, on_missing="fail") == "unknown"
    assert verdict(every, {"t.records": [{"name": "x"}]}, on_missing="fail") == "fail"


def test_a_fact_nobody_collected_is_unknown_with_its_name() -> None:
    result = judged({"fact": "t.text", "equals": "x"}, {}, on_missing="fail")
    assert (result.verdict, result.reason) == (Verdict.UNKNOWN, "t.text: error: was not collected")


def test_a_fact_that_names_no_date_proves_nothing() -> None:
    assert verdict({"fact": "t.int", "equals": 1}, {"t.int": Observation(value=1)}) == "unknown"


# -- operands

def test_a_fact_can_be_held_against_another() -> None:
    ask = {"fact": "t.time", "later_than": {"fact": "t.other_time"}}
    values = {"t.time": back(1), "t.other_time": back(2)}
    assert verdict(ask, values) == "pass"
    assert verdict(ask, {**values, "t.other_time": None}) == "unknown"
    assert verdict(ask, {**values, "t.other_time": Reason.DENIED}, on_missing="fail") == "unknown"
    old = Observation(value=back(2), as_of=hours(-10))
    result = judged(ask, {**values, "t.other_time": old})
    assert (result.valid_until, set(result.facts)) == (hours(16), {"t.time", "t.other_time"})


@pytest.mark.parametrize(("value", "operand", "said"), [
    (259200, "3d", "pass"), (259200, 259200, "pass"), (259201, "3d", "fail")])
def test_a_duration_equals_its_length_however_it_is_written(value: int, operand: Any, said: str) -> None:
    assert verdict({"fact": "t.duration", "equals": operand}, {"t.duration": value}) == said


@pytest.mark.parametrize(("version", "wanted", "said"), [
    ("9.10", "9.9", "pass"), ("9.9", "9.10", "fail"), ("9", "9.0.0", "pass"), ("9.6p1", "9.6", "unknown"),
    ("", "1", "unknown"), ("1.²", "1", "unknown")])
def test_versions_are_compared_number_by_number_or_not_at_all(version: str, wanted: str, said: str) -> None:
    assert verdict({"fact": "t.version", "version_at_least": wanted}, {"t.version": version}) == said


@pytest.mark.parametrize(("mode", "most", "said"), [
    ("0640", "0640", "pass"), ("0600", "0640", "pass"), ("0000", "0000", "pass"), ("640", "0640", "pass"),
    ("0644", "0640", "fail"), ("0604", "0640", "fail"), ("4755", "0755", "fail"), ("1777", "6777", "fail"),
    ("0777", "6777", "pass"), ("rw-r-----", "0640", "unknown"), ("0o640", "0640", "unknown"), ("", "0640", "unknown"),
    ("0648", "0640", "unknown"), ("00640", "0640", "unknown")])
def test_permission_bits_lie_within_others_or_cannot_be_compared(mode: str, most: str, said: str) -> None:
    assert verdict({"fact": "t.text", "mode_within": most}, {"t.text": mode}) == said
    other = {"pass": "fail", "fail": "pass", "unknown": "unknown"}[said]
    assert verdict({"not": {"fact": "t.text", "mode_within": most}}, {"t.text": mode}) == other
    records = {"t.records": [{"name": mode}]}
    assert verdict({"fact": "t.records", "every": {"field": "name", "mode_within": most}, "empty_is": "fail"},
                   records) == said


@pytest.mark.parametrize(("mask", "least", "said"), [
    ("0027", "027", "pass"), ("0077", "027", "pass"), ("0777", "0027", "pass"), ("0022", "0027", "fail"),
    ("0017", "0027", "fail"), ("0000", "0000", "pass"), ("u=rwx", "0027", "unknown"), ("22", "0027", "unknown")])
def test_permission_bits_cover_others_or_cannot_be_compared(mask: str, least: str, said: str) -> None:
    assert verdict({"fact": "t.text", "mode_covers": least}, {"t.text": mask}) == said


@pytest.mark.parametrize(("hour", "said"), [(-1, "fail"), (0, "pass"), (26, "pass"), (26.01, "fail")])
def test_within_is_never_satisfied_by_the_future(hour: float, said: str) -> None:
    assert verdict({"fact": "t.time", "within": "26h"}, {"t.time": back(hour)}) == said


def test_a_date_holds_to_the_end_of_its_day() -> None:
    ask = {"fact": "t.time", "later_than": {"today": "+0d"}}
    last = Context(datetime(2026, 11, 22, 23, 59, 58, tzinfo=UTC))
    over = Context(datetime(2026, 11, 23, tzinfo=UTC))
    assert judge(make(ask), observed({"t.time": "2026-11-22"}), last).verdict is Verdict.PASS
    assert judge(make(ask), observed({"t.time": "2026-11-22"}), over).verdict is Verdict.FAIL


@pytest.mark.parametrize(("value", "length", "last"), [
    ("2027-03-31T12:00:00Z", "+1mo", "2027-02-28T23:59:59.999999Z"),
    ("2027-03-20T12:00:00Z", "+1mo", "2027-02-20T11:59:59.999999Z"),
    ("2024-12-20T12:00:00Z", "-24mo", "2026-12-20T11:59:59.999999Z"),
    ("2024-02-29T12:00:00Z", "-36mo", "2027-02-28T23:59:59.999999Z"),
    ("2026-12-01T12:00:00Z", "+36h", "2026-11-29T23:59:59.999999Z"),
])
def test_a_date_that_months_lead_to_is_reached_when_the_calendar_says(value: str, length: str, last: str) -> None:
    result = judged({"fact": "t.time", "later_than": {"today": length}}, {"t.time": value}, max_age="52w")
    assert result.valid_until == datetime.fromisoformat(last)


@pytest.mark.parametrize("parameter", [["a", "b"], []])
def test_a_list_may_be_a_parameter(parameter: list[str]) -> None:
    ask = {"fact": "t.text", "one_of": {"param": "allowed"}}
    assert verdict(ask, {"t.text": "a"}, defaults={"allowed": parameter}) == ("pass" if parameter else "fail")


def test_a_text_in_place_of_a_list_allows_nothing_by_accident() -> None:
    ask = {"fact": "t.text", "one_of": {"param": "allowed"}}
    assert verdict(ask, {"t.text": "lin"}, defaults={"allowed": "linux"}) == "unknown"
    assert verdict({"not": ask}, {"t.text": "lin"}, defaults={"allowed": "linux"}) == "unknown"


# -- age

@pytest.mark.parametrize(("age", "said"), [(0, "pass"), (26, "pass"), (26.01, "unknown"), (-0.05, "pass"),
                                           (-0.1, "unknown")])
def test_a_fact_counts_for_max_age_and_not_from_the_future(age: float, said: str) -> None:
    assert verdict({"fact": "t.int", "equals": 1}, {"t.int": seen(1, hours(-age))}) == said


def test_max_age_belongs_to_the_check() -> None:
    facts = {"t.int": seen(1, hours(-100))}
    assert verdict({"fact": "t.int", "equals": 1}, facts, max_age="5d") == "pass"
    assert judged({"fact": "t.int", "equals": 1}, facts, max_age="5d").valid_until == hours(20)
    assert "stale" in str(judged({"fact": "t.int", "equals": 1}, facts).reason)


def test_what_makes_a_check_apply_ends_it_too() -> None:
    parts: dict[str, Any] = {"applies": {"fact": "t.text", "equals": "linux"}}
    facts = {"t.int": seen(1), "t.text": seen("linux", hours(-20))}
    assert judged({"fact": "t.int", "equals": 1}, facts, **parts).valid_until == hours(6)
    other = {**facts, "t.text": seen("windows", hours(-20))}
    result = judged({"fact": "t.int", "equals": 1}, other, **parts)
    assert (result.verdict, result.valid_until) == (Verdict.NOT_APPLICABLE, hours(6))
    assert result.reason == "applies only where t.text is linux"


def test_a_verdict_that_could_change_too_often_to_follow_ends_early_and_never_late() -> None:
    records = [{"seen": f"{hours(minute / 60):%Y-%m-%dT%H:%M:%SZ}"} for minute in range(1, 2 * LOOK_AHEAD)]
    ask = {"fact": "t.records", "count": {"at_most": 10_000}, "where": {"field": "seen", "older_than": "0s"},
           "empty_is": "pass"}
    result = judged(ask, {"t.records": records})
    assert result.valid_until is not None
    assert NOW < result.valid_until <= hours(26)


# -- clocks

def test_a_clock_that_is_off_leaves_verdicts_that_rest_on_it_unknown_and_others_alone() -> None:
    off = Context(NOW, clock_ok=False)
    timed = {"fact": "t.time", "within": "26h"}
    values = {"t.time": back(1), "t.int": 1}
    result = judged(timed, values, off)
    assert (result.verdict, result.valid_until) == (Verdict.UNKNOWN, None)
    assert "clock" in str(result.reason)
    assert verdict({"fact": "t.int", "equals": 1}, values, off) == "pass"
    decided_otherwise = judged({"all": [{"fact": "t.int", "equals": 2}, timed]}, values, off)
    assert (decided_otherwise.verdict, decided_otherwise.timed) == (Verdict.FAIL, False)


# -- parameters

PHASED = {"limit": Parameter(10, WORDS, {"90": 5, "30": 2})}
ASK = {"fact": "t.int", "at_most": {"param": "limit"}}


@pytest.mark.parametrize(("days", "said"), [(400, "10"), (91, "10"), (90, "5"), (31, "5"), (30, "2"), (0, "2"),
                                            (-1, "10")])
def test_a_parameter_tightens_as_a_voting_day_comes_near_and_relaxes_after_it(days: int, said: str) -> None:
    context = Context(NOW, voting_days=(NOW.date() + timedelta(days=days),))
    result = judge(make(ASK, parameters=PHASED), observed({"t.int": 1}), context)
    assert result.expected == f"t.int is at most {said}"


def test_the_nearest_voting_day_ahead_counts() -> None:
    days = tuple(NOW.date() + timedelta(days=one) for one in (-3, 200, 40))
    assert next_voting_day(Context(NOW, voting_days=days)) == 40
    assert next_voting_day(Context(NOW, voting_days=days[:1])) is None


def test_a_verdict_ends_when_its_parameter_tightens() -> None:
    context = Context(NOW, voting_days=(date(2027, 2, 21),))
    check = make(ASK, parameters=PHASED, max_age="9w")
    result = judge(check, observed({"t.int": 4}), context)
    phase = datetime(2027, 1, 22, tzinfo=UTC)
    assert result.verdict is Verdict.PASS
    assert result.valid_until == phase - timedelta.resolution


def test_an_offices_own_value_holds_in_every_phase() -> None:
    own = {"area/check": {"limit": 50}, "other/check": {"limit": 0}}
    context = Context(NOW, voting_days=(NOW.date(),), overrides=own)
    assert judge(make(ASK, parameters=PHASED), observed({"t.int": 50}), context).verdict is Verdict.PASS


# -- roles and instances

def test_a_check_is_for_its_roles_and_a_machine_without_roles_is_for_every_check() -> None:
    ask = {"fact": "t.int", "equals": 1}
    for roles, said in (((), "pass"), (("directory",), "not_applicable"), (("directory", "ems"), "pass")):
        assert verdict(ask, {"t.int": 1}, Context(NOW, roles=roles), roles=("ems", "pollbook")) == said


def repositories(**latest: Any) -> dict[str, Observation]:
    return observed({f"r.latest@{name}": value for name, value in latest.items()})


def each(facts: dict[str, Observation], *declared: str, **parts: Any) -> Any:
    return judge(make(parts.pop("require", FRESH), each="repository", **parts), facts,
                 Context(NOW, declared={"repository": declared}))


def test_the_worst_instance_decides_and_each_is_kept() -> None:
    result = each(repositories(a=back(1), b=back(99), c=Reason.TIMEOUT), "a", "b", "c")
    assert result.verdict is Verdict.FAIL
    assert {one.subject: str(one.verdict) for one in result.instances} == {"a": "pass", "b": "fail", "c": "unknown"}
    assert result.share == pytest.approx(1 / 3)
    assert result.actual.startswith("b: ")
    assert each(repositories(a=back(1), c=Reason.TIMEOUT), "a", "c").verdict is Verdict.UNKNOWN
    assert each(repositories(a=back(1)), "a").verdict is Verdict.PASS


def test_declared_but_not_seen_is_unknown_and_none_declared_does_not_apply() -> None:
    assert each(repositories(a=back(1)), "a", "forgotten").verdict is Verdict.UNKNOWN
    assert each(repositories(a=back(1))).verdict is Verdict.NOT_APPLICABLE
    assert each({}, "a", on_missing="fail").verdict is Verdict.UNKNOWN


def test_what_was_not_declared_is_not_judged() -> None:
    assert each(repositories(a=back(1), stranger=back(99)), "a").verdict is Verdict.PASS


def test_an_instance_is_judged_by_its_own_facts_and_the_whole_machines() -> None:
    require = {"all": [FRESH, {"fact": "t.bool", "equals": True}]}
    facts = {**repositories(a=back(1), b=back(1)), **observed({"t.bool": True})}
    assert each(facts, "a", "b", require=require).verdict is Verdict.PASS
    assert each({**facts, **observed({"t.bool": False})}, "a", require=require).verdict is Verdict.FAIL
    assert each(observed({"r.latest@b": back(1), "t.bool": True}), "a", require=require).verdict is Verdict.UNKNOWN


def test_a_joined_verdict_ends_when_the_first_instance_would_change_it() -> None:
    result = each(repositories(a=back(1), b=back(20)), "a", "b")
    assert result.valid_until == hours(6)
    failing = each(repositories(a=back(30), b=back(20)), "a", "b")
    assert failing.valid_until == hours(26)


# -- the whole pack

def test_a_scope_is_judged_whole_and_in_order_or_only_what_is_asked_for() -> None:
    ask = {"fact": "t.int", "equals": 1}
    checks = (make(ask, id="b/one"), make(ask, id="a/two", scope="office"), make(ask, id="a/one"))
    pack = Pack("p", "1", checks, (), {})
    assert [one.check for one in judge_all(pack, {}, Context(NOW))] == ["b/one", "a/one"]
    assert [one.check for one in judge_all(pack, {}, Context(NOW), scope="office")] == ["a/two"]
    assert [one.check for one in judge_all(pack, {}, Context(NOW), only=["a/one"])] == ["a/one"]
