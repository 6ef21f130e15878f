"""What needs two people: exceptions that hold or held, and what was asked for and how it ended.

A token reads here. It approves nothing: the second person is a person at a page.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

import msgspec

from hustings.times import Moment
from server.access import rules
from server.access.rules import Reviewing
from server.api.call import Call
from server.api.endpoint import read
from server.api.paging import Page, Paged, cut
from server.api.reports import Number
from server.store import exceptions as exceptions_store
from server.store import proposals

PAST = 1_000
"""Ended decisions that a list goes back over."""


class Exempted(msgspec.Struct, frozen=True):
    """A failure that the office accepts for a while, or something it declared not to apply."""

    number: int
    kind: str
    """exception or not_applicable."""
    subject: str
    """A check, or a row of the catalogue."""
    asset: str
    """Its name; empty for the office as a whole."""
    reason: str
    control: str
    """Of an exception: what protects meanwhile."""
    owner: str
    approved_by: str
    """The second person; empty for none."""
    at: Moment
    by: str
    until: date
    """The last day on which it holds."""
    ended: Moment | None
    """When it was ended before that."""
    in_force: bool


class Decided(msgspec.Struct, frozen=True):
    """How something that was asked for ended."""

    at: Moment
    by: str
    reason: str


class Decision(msgspec.Struct, frozen=True):
    """Something that one person asked for and another decides."""

    number: int
    action: str
    subject: str
    state: str
    """waiting, approved, refused, withdrawn or expired."""
    at: Moment
    by: str
    expires: Moment
    asked: dict[str, Any]
    """Exactly what is done once it is approved."""
    decided: Decided | None


class DecisionsAsked(Paged, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which decisions."""

    state: Literal["", "waiting", "past"] = ""


@read("/v1/exceptions", rules.api("decisions:read", reviewing=Reviewing.WHOLE))
def exceptions(call: Call, asked: Paged) -> Page[Exempted]:
    """Every exception and every declaration that something does not apply, the oldest first."""
    with call.database.read(call.tenant) as connection:
        found = exceptions_store.every(connection, call.tenant)
    holding = {one.number for one in call.office().exceptions if one.in_force(call.now)}
    return cut(found, asked, lambda one: f"{one.number:020}", lambda one: Exempted(
        one.number, one.kind, one.subject, one.asset, one.reason, one.control, one.owner, one.approved_by, one.at,
        one.by, one.until, one.ended, one.number in holding))


@read("/v1/decisions", rules.api("decisions:read"))
def decisions(call: Call, asked: DecisionsAsked) -> Page[Decision]:
    """What waits for a second person, and what was decided."""
    with call.database.read(call.tenant) as connection:
        found = proposals.waiting(connection, call.tenant, call.now) if asked.state != "past" else []
        if asked.state != "waiting":
            found += proposals.past(connection, call.tenant, call.now, PAST)
    return cut(found, asked, lambda one: f"{one.number:020}", lambda one: _decision(one, call.now))


@read("/v1/decisions/{number:str}", rules.api("decisions:read"))
def decision(call: Call, number: Number) -> Decision:
    """One of them."""
    with call.database.read(call.tenant) as connection:
        return _decision(call.found(proposals.get(connection, call.tenant, number)), call.now)


def _decision(one: proposals.Proposal, now: datetime) -> Decision:
    end = one.decision
    return Decision(one.number, one.action, one.subject, one.state(now).value, one.at, one.by, one.expires,
                    dict(one.payload), None if end is None else Decided(end.at, end.by, end.reason))


ROUTES = [exceptions, decisions, decision]
