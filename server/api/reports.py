"""Signed reports: what each said, and its very bytes."""

from __future__ import annotations

from typing import Annotated

import msgspec

from hustings.times import Moment
from server.access import rules
from server.access.rules import Reviewing
from server.api.call import Call
from server.api.endpoint import File, read
from server.store import reports

LAST = (1 << 63) - 1
Number = Annotated[int, msgspec.Meta(ge=1, le=LAST)]
"""What a thing is stored under."""
ENVELOPE = "application/vnd.hustings.report.v1+json"
_READ = rules.api("machines:read", reviewing=Reviewing.WHOLE)


class Report(msgspec.Struct, frozen=True):
    """An accepted report, without its results: those are in the signed bytes."""

    number: int
    machine: str
    name: str
    epoch: str
    sequence: int
    digest: str
    """SHA-256 of the signed payload."""
    made: Moment
    received: Moment
    clock_off: bool
    """Its clock could not be trusted: verdicts that rest on time read as unknown."""
    agent_version: str
    pack: str
    roles: tuple[str, ...]
    passed: int
    failed: int
    unknown: int
    not_applicable: int


@read("/v1/reports/{number:str}", _READ)
def report(call: Call, number: Number) -> Report:
    """One accepted report."""
    with call.database.read(call.tenant) as connection:
        stored = call.found(reports.get(connection, call.tenant, number))
    said = stored.report
    count = [sum(one.verdict.value == verdict for one in said.results)
             for verdict in ("pass", "fail", "unknown", "not_applicable")]
    return Report(stored.id, said.agent, said.host, said.epoch, said.sequence, stored.digest, said.times.wall,
                  stored.received, stored.clock_off, said.agent_version, said.pack, said.roles, *count)


@read("/v1/reports/{number:str}/envelope", _READ, media=ENVELOPE)
def envelope(call: Call, number: Number) -> File:
    """The signed envelope exactly as the agent sent it."""
    with call.database.read(call.tenant) as connection:
        sent = call.found(reports.envelope_bytes(connection, call.tenant, number))
    return File(sent, ENVELOPE, f"report-{number}.dsse.json")


ROUTES = [report, envelope]
