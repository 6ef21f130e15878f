"""Verdicts: what a policy says of the facts, and why."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from hustings.times import Moment


class Verdict(StrEnum):
    """The four answers. Unknown is neither pass nor fail."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


WORST_FIRST = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS, Verdict.NOT_APPLICABLE)


class Severity(StrEnum):
    """How much a failure matters; the weights are in ``policies.grade``."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


SEVERITIES = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)


class Instance(msgspec.Struct, frozen=True, omit_defaults=True):
    """The verdict about one declared instance of a check with ``each``."""

    subject: str
    verdict: Verdict
    actual: str = ""
    reason: str | None = None


class Result(msgspec.Struct, frozen=True):
    """One check on one machine (or office): a row of a report.

    ``facts`` holds the facts that decided it, by key; ``valid_until`` is the moment at which time
    alone would change the verdict (UTC, None for never); ``share`` is the part of the items or
    instances that satisfy a failing check, 0 to 1.
    """

    check: str
    catalogue: str
    severity: Severity
    verdict: Verdict
    expected: str
    actual: str
    reason: str | None = None
    valid_until: Moment | None = None
    facts: dict[str, Any] = {}
    instances: tuple[Instance, ...] = ()
    share: float | None = None
    timed: bool = False
    """Whether the verdict rests on the clock beyond the age of its facts."""


def worst(verdicts: list[Verdict]) -> Verdict:
    """The worst of several: fail, then unknown, then pass; not applicable if there are none."""
    return min(verdicts, key=WORST_FIRST.index, default=Verdict.NOT_APPLICABLE)
