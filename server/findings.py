"""Findings: failures with the day they were first seen and the day they must be gone.

A failure stays open until a report says *pass*: an unknown, a check that stopped applying or a
report that no longer mentions it closes nothing. Deadlines are the catalogue's (row LOG-10).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hustings.verdicts import Result, Severity, Verdict
from policies.grade import DEADLINE_DAYS
from server.records import Past


@dataclass(frozen=True, slots=True)
class Finding:
    """One failing check on one machine."""

    check: str
    severity: Severity
    first_failed: datetime
    due: datetime
    overdue: bool


def findings(results: Iterable[Result], past: Iterable[Past], received: datetime, now: datetime) -> dict[str, Finding]:
    """The open findings of a machine's failing ``results``, by check id.

    ``past`` is read newest first and no further than the last pass of every failing check.
    """
    failing = {one.check: one.severity for one in results if one.verdict is Verdict.FAIL}
    first = dict.fromkeys(failing, received)
    open_ = set(failing)
    for report in past if open_ else ():
        for check in list(open_):
            verdict = report.verdicts.get(check)
            if verdict is Verdict.PASS:
                open_.discard(check)
            elif verdict is Verdict.FAIL:
                first[check] = min(first[check], report.at)
        if not open_:
            break
    return {check: _finding(check, severity, first[check], now) for check, severity in failing.items()}


def _finding(check: str, severity: Severity, first: datetime, now: datetime) -> Finding:
    due = first + timedelta(days=DEADLINE_DAYS[severity])
    return Finding(check, severity, first, due, now > due)
