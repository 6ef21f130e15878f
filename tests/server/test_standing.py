from __future__ import annotations

import msgspec
import pytest

from hustings.verdicts import Instance, Result, Severity
from server.standing import SILENT_AFTER, Standing, reason_kind, standing
from tests.server.records import DAY, FAIL, HOUR, NA, NOW, PACK, PASS, UNKNOWN, heard, past, result, results

CRITICAL = "patching/critical"


def read(*said: object, **changes: object) -> Standing:
    return standing(heard(said or results(), **changes), PACK, NOW)


@pytest.mark.parametrize("verdict", [PASS, FAIL])
def test_a_verdict_past_its_time_is_unknown_and_stale(verdict: object) -> None:
    one = read(result(CRITICAL, verdict, valid_until=NOW - HOUR), *results()[1:])
    assert one.verdict(CRITICAL) is UNKNOWN
    assert one.doubts[CRITICAL] == "stale"
    assert "stale" in str(one.by_check[CRITICAL].reason)


def test_a_verdict_within_its_time_stands() -> None:
    assert read().verdict(CRITICAL) is PASS


def test_a_verdict_that_never_ends_still_ends_with_a_silent_machine() -> None:
    said = [result(CRITICAL, PASS, valid_until=None), *results()[1:]]
    assert standing(heard(said, received=NOW - SILENT_AFTER), PACK, NOW).verdict(CRITICAL) is PASS
    assert standing(heard(said, received=NOW - SILENT_AFTER - HOUR), PACK, NOW).verdict(CRITICAL) is UNKNOWN


def test_what_was_unknown_or_not_applicable_does_not_age() -> None:
    one = read(result(CRITICAL, UNKNOWN), result("patching/high", NA), *results()[2:], received=NOW - 30 * DAY)
    assert (one.verdict(CRITICAL), one.verdict("patching/high")) == (UNKNOWN, NA)
    assert CRITICAL not in one.doubts


def test_not_applicable_that_had_an_end_is_unknown_after_it() -> None:
    one = read(result(CRITICAL, NA, valid_until=NOW - HOUR), result("patching/high", NA), *results()[2:])
    assert (one.verdict(CRITICAL), one.verdict("patching/high")) == (UNKNOWN, NA)
    assert one.doubts == {CRITICAL: "stale"}


def test_a_clock_that_is_off_makes_time_dependent_verdicts_unknown_and_no_others() -> None:
    one = read(result(CRITICAL, PASS, timed=True), *results()[1:], clock_off=True)
    assert one.verdict(CRITICAL) is UNKNOWN
    assert one.doubts == {CRITICAL: "clock"}
    assert one.verdict("patching/high") is PASS


def test_the_instances_of_a_stale_verdict_are_unknown_too() -> None:
    instances = (Instance("nightly", PASS), Instance("weekly", NA))
    one = read(result(CRITICAL, PASS, valid_until=NOW - HOUR, instances=instances), *results()[1:])
    assert [each.verdict for each in one.by_check[CRITICAL].instances] == [UNKNOWN, NA]


def test_a_check_the_report_leaves_out_is_unknown() -> None:
    one = read(*results()[1:])
    assert one.verdict(CRITICAL) is UNKNOWN
    assert one.doubts[CRITICAL] == "left_out"


def test_a_check_for_another_role_may_be_left_out() -> None:
    said = [one for one in results() if one.check != "registration/rights"]
    assert read(*said).verdict("registration/rights") is None


def test_a_role_its_office_gave_it_cannot_be_dropped() -> None:
    given = standing(heard(results()), PACK, NOW, ("registration-db",))
    assert given.verdict("registration/rights") is UNKNOWN
    assert given.roles_not_judged == ("registration-db",)
    assert given.grade.coverage < read().grade.coverage


def test_a_machine_without_roles_was_judged_for_all() -> None:
    one = standing(heard(results(roles=("registration-db",)), roles=()), PACK, NOW, ("registration-db",))
    assert one.roles_not_judged == ()
    assert one.verdict("registration/rights") is PASS


def test_an_overdue_failure_reaches_the_grade() -> None:
    said = results(rights=FAIL, roles=("registration-db",))
    failing = {"registration/rights": FAIL}
    fresh = standing(heard(said, roles=("registration-db",)), PACK, NOW)
    late = standing(heard(said, roles=("registration-db",), past=past((8 * DAY, failing))), PACK, NOW)
    assert "critical_core_overdue" in [cap.code for cap in late.grade.limits]
    assert "critical_core_overdue" not in [cap.code for cap in fresh.grade.limits]


def test_a_machine_is_late_past_26_hours_or_before_its_first_report() -> None:
    assert not read(received=NOW - 26 * HOUR).late
    assert read(received=NOW - 27 * HOUR).late
    assert standing(heard((), report=None, received=None), PACK, NOW).late


def test_a_result_of_a_check_the_pack_does_not_know_is_kept() -> None:
    assert read(*results(), result("patching/unheard-of", FAIL)).verdict("patching/unheard-of") is FAIL


def test_what_stopped_applying_is_named() -> None:
    history = past((DAY, {CRITICAL: PASS, "patching/high": NA}), (120 * DAY, {"patching/high": PASS}))
    assert read(*results(critical=NA, high=NA), past=history).newly_not_applicable == (CRITICAL,)


@pytest.mark.parametrize(("reason", "kind"), [
    ("sshd.port: denied: needs root", "denied"), ("a: timeout", "timeout"), ("a.b: absent", "absent"),
    ("cannot be relied on when x is older than 3d", "doubtful"), ("undecided", "error"),
    ("a: error: bad; b: stale: last known", "error")])
def test_reasons_are_sorted_by_kind(reason: str, kind: str) -> None:
    assert reason_kind(result(CRITICAL, UNKNOWN, reason=reason), {}) == kind


@pytest.mark.parametrize("severity", list(Severity))
def test_a_machine_with_a_pack_of_its_own_cannot_make_a_failure_milder(severity: Severity) -> None:
    def said(of: Severity) -> tuple[Result, ...]:
        return tuple(msgspec.structs.replace(one, severity=of) if one.check == "patching/critical" else one
                     for one in results(critical=FAIL))

    shown = standing(heard(said(severity), pack="sha256:" + "b" * 64), PACK, NOW)
    usual = standing(heard(said(Severity.CRITICAL)), PACK, NOW)
    assert shown.by_check["patching/critical"].severity is Severity.CRITICAL
    assert (shown.grade.letter, shown.grade.limits) == (usual.grade.letter, usual.grade.limits)
