from __future__ import annotations

from datetime import timedelta

import pytest

from hustings.verdicts import Severity
from server.findings import findings
from tests.server.records import DAY, FAIL, NA, NOW, PASS, UNKNOWN, past, result

CRITICAL = "patching/critical"


def first(*history: object) -> timedelta:
    """How long ago the finding was first seen."""
    found = findings([result(CRITICAL, FAIL)], past(*history).failing, NOW, NOW)
    return NOW - found[CRITICAL].first_failed


def test_a_failure_counts_from_the_first_report_that_says_so() -> None:
    assert first((DAY, {CRITICAL: FAIL}), (3 * DAY, {CRITICAL: FAIL}), (4 * DAY, {CRITICAL: PASS}),
                 (9 * DAY, {CRITICAL: FAIL})) == 3 * DAY


@pytest.mark.parametrize("between", [{CRITICAL: UNKNOWN}, {CRITICAL: NA}, {}])
def test_only_a_pass_closes_a_failure(between: dict[str, object]) -> None:
    assert first((DAY, between), (5 * DAY, {CRITICAL: FAIL})) == 5 * DAY


def test_a_failure_without_history_is_as_old_as_its_report() -> None:
    found = findings([result(CRITICAL, FAIL)], {}, NOW - DAY, NOW)
    assert found[CRITICAL].first_failed == NOW - DAY


@pytest.mark.parametrize(("check", "days"), [(CRITICAL, 7), ("patching/high", 30), ("identity/medium", 90)])
def test_deadlines_follow_severity(check: str, days: int) -> None:
    for age, overdue in ((days, False), (days + 1, True)):
        found = findings([result(check, FAIL)], past((age * DAY, {check: FAIL})).failing, NOW, NOW)[check]
        assert (found.due - found.first_failed, found.overdue) == (timedelta(days=days), overdue)


def test_only_failing_checks_are_findings() -> None:
    assert findings([result(CRITICAL, UNKNOWN), result("patching/high", PASS)], {}, NOW, NOW) == {}


def test_a_finding_keeps_its_severity() -> None:
    assert findings([result(CRITICAL, FAIL)], {}, NOW, NOW)[CRITICAL].severity is Severity.CRITICAL
