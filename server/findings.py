"""Findings: failures with the day they were first seen and the day they must be gone.

A failure stays open until a report says *pass*: an unknown, a check that stopped applying or a
report that no longer mentions it closes nothing. Deadlines are the catalogue's (row LOG-10), and come
earlier as an election comes near (``server.elections.deadlines``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from hustings.verdicts import Result, Severity, Verdict
from server.elections.deadlines import deadline
from server.elections.model import Election


@dataclass(frozen=True, slots=True)
class Finding:
    """One failing check on one machine."""

    check: str
    severity: Severity
    first_failed: datetime
    due: datetime
    overdue: bool
    unseen: bool = False
    """It failed when it was last seen, and is unknown now."""


def findings(results: Iterable[Result], failing_since: Mapping[str, datetime], received: datetime,
             now: datetime, elections: Iterable[Election] = ()) -> dict[str, Finding]:
    """The open findings of a machine by check id: of the ``results`` that fail, and of those that are unknown now
    and failed when they were last seen.

    ``failing_since`` says since when checks fail without a pass in between (``evidence.ages``).
    """
    ahead = tuple(elections)
    return {one.check: _finding(one, min(received, failing_since.get(one.check, received)), now, ahead)
            for one in results
            if one.verdict is Verdict.FAIL or (one.verdict is Verdict.UNKNOWN and one.check in failing_since)}


def _finding(one: Result, first: datetime, now: datetime, elections: tuple[Election, ...]) -> Finding:
    due = deadline(first, one.severity, elections).due
    return Finding(one.check, one.severity, first, due, now > due, one.verdict is Verdict.UNKNOWN)
