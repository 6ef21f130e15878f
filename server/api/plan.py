"""The equipment list in force and the replacement plan that was made last."""

from __future__ import annotations

from typing import Any

import msgspec

from hustings.times import Moment
from server.access import rules
from server.access.rules import Reviewing
from server.api.call import Call
from server.api.endpoint import read
from server.api.paging import Page, Paged, cut
from server.store import equipment as equipment_store
from server.store import plans

_READ = rules.api("plan:read", reviewing=Reviewing.WHOLE)


class Approval(msgspec.Struct, frozen=True):
    """Somebody's approval of this very plan."""

    at: Moment
    by: str
    words: str


class Plan(msgspec.Struct, frozen=True):
    """The plan that was made last."""

    number: int
    digest: str
    """SHA-256 of the canonical bytes of the document: what is approved."""
    made: Moment
    made_by: str
    approvals: list[Approval]
    """Of this very plan."""
    document: dict[str, Any]
    """As `plan.json` has it."""


class Line(msgspec.Struct, frozen=True):
    """One line of the equipment list."""

    line: int
    """Its number in the file."""
    asset: str
    says: dict[str, Any]
    """All that the line says."""


@read("/v1/plan", _READ)
def plan(call: Call) -> Plan:
    """The plan. Nothing is here before the first was made."""
    with call.database.read(call.tenant) as connection:
        stored = call.found(plans.current(connection, call.tenant))
        given = plans.approvals(connection, call.tenant)
    return Plan(stored.id, stored.digest, stored.made, stored.made_by,
                [Approval(one.at, one.by, one.words) for one in given if one.digest == stored.digest],
                msgspec.json.decode(stored.document))


@read("/v1/equipment", _READ)
def equipment(call: Call, asked: Paged) -> Page[Line]:
    """The equipment list in force, line by line; empty while there is none."""
    with call.database.read(call.tenant) as connection:
        version = equipment_store.current(connection, call.tenant)
        rows = equipment_store.rows(connection, call.tenant, version.id) if version else []
    return cut(rows, asked, lambda one: f"{one.line:09} {one.asset}", lambda one: Line(one.line, one.asset, one.row))


ROUTES = [plan, equipment]
