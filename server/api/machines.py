"""Machines, and what each last said."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from hustings.times import Moment
from hustings.verdicts import Result as Said
from hustings.verdicts import Verdict
from server import scorecard as scorecard_rules
from server.access import rules
from server.access.rules import Reviewing
from server.api.call import Call
from server.api.endpoint import read
from server.api.paging import Page, Paged, cut
from server.api.scorecard import Grade, grade
from server.standing import Standing, reason_kind

_READ = rules.api("machines:read", reviewing=Reviewing.WHOLE)


class Counts(msgspec.Struct, frozen=True):
    """How many checks of a machine read how."""

    passed: int
    failed: int
    unknown: int
    not_applicable: int


class Machine(msgspec.Struct, frozen=True):
    """One machine as its last report reads now."""

    id: str
    name: str
    """The machine's own name: a label, never an identity."""
    roles: tuple[str, ...]
    site: str
    os: str
    received: Moment | None
    """When its last report arrived; null before the first."""
    late: bool
    """Whether a report is overdue."""
    recorded: bool
    """Whether people recorded it, since no agent runs there."""
    grade: Grade
    counts: Counts
    report: int | None
    """The number of its last report."""


class Instance(msgspec.Struct, frozen=True):
    """The verdict about one declared instance."""

    subject: str
    verdict: str
    actual: str
    reason: str | None


class Result(msgspec.Struct, frozen=True):
    """One check on one machine, as it reads now."""

    check: str
    row: str
    severity: str
    verdict: str
    """pass, fail, unknown or not_applicable. What could not be learnt is unknown, never a pass."""
    expected: str
    actual: str
    reason: str | None
    reason_kind: str | None
    """Of an unknown: why, as one word."""
    valid_until: Moment | None
    facts: dict[str, Any]
    """The facts that decided it. What stays on the machine reads as withheld."""
    instances: list[Instance]
    first_failed: Moment | None
    """Of an open failure: since when, without a pass in between."""
    due: Moment | None
    overdue: bool
    accepted: int | None
    """The number of the exception that accepts the failure for now."""


class ResultsAsked(Paged, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which results."""

    verdict: Literal["", "pass", "fail", "unknown", "not_applicable"] = ""


@read("/v1/machines", _READ)
def machines(call: Call, asked: Paged) -> Page[Machine]:
    """Every machine whose reports are taken, with its grade."""
    everyone = scorecard_rules.everyone(call.office(), call.pack, call.now)
    return cut(everyone, asked, lambda one: one.heard.agent, machine_of)


@read("/v1/machines/{agent:str}", _READ)
def machine(call: Call, agent: str) -> Machine:
    """One machine."""
    return machine_of(call.found(scorecard_rules.machine(call.office(), agent, call.pack, call.now)))


@read("/v1/machines/{agent:str}/results", _READ)
def results(call: Call, agent: str, asked: ResultsAsked) -> Page[Result]:
    """Its results, by check."""
    found = call.found(scorecard_rules.machine(call.office(), agent, call.pack, call.now))
    some = [one for one in found.results if asked.verdict in ("", one.verdict.value)]
    return cut(some, asked, lambda one: one.check, lambda one: result_of(one, found))


def machine_of(one: Standing) -> Machine:
    counts, inventory = one.counts, one.inventory
    return Machine(
        one.heard.agent, one.name, one.roles, one.heard.site, inventory.os.name if inventory else "",
        one.heard.received, one.late, bool(one.report and one.report.recording), grade(one.grade),
        Counts(counts[Verdict.PASS], counts[Verdict.FAIL], counts[Verdict.UNKNOWN], counts[Verdict.NOT_APPLICABLE]),
        one.heard.number)


def result_of(one: Said, machine: Standing) -> Result:
    finding, accepted = machine.findings.get(one.check), machine.accepted.get(one.check)
    return Result(
        one.check, one.catalogue, one.severity.value, one.verdict.value, one.expected, one.actual, one.reason,
        reason_kind(one, machine.doubts) if one.verdict is Verdict.UNKNOWN else None, one.valid_until, one.facts,
        [Instance(each.subject, each.verdict.value, each.actual, each.reason) for each in one.instances],
        finding.first_failed if finding else None, finding.due if finding else None,
        finding.overdue if finding else False, accepted.number if accepted else None)


ROUTES = [machines, machine, results]
