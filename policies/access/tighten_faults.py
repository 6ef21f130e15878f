"""What closing a fault takes on either engine: its words, its object, and the way to a role."""

from __future__ import annotations

from collections.abc import Iterator

from hustings.access.state import Membership
from policies.access.rows import Anomaly
from policies.access.tighten_plan import Planner


def said(one: Anomaly) -> str:
    """The fault in a line."""
    who = " ".join(part for part in (one.account, one.object) if part)
    return f"{one.catalogue}: {who + ': ' if who else ''}{one.actual}"


def leave_any(plan: Planner, one: Anomaly, roles: list[str]) -> bool:
    """End the last membership on the way from the account to each of these roles."""
    closed = False
    for role in roles:
        way = path(plan, one.account or "", role)
        if way:
            plan.leave(way[-1].role, way[-1].member, said(one))
            closed = True
    return closed


def path(plan: Planner, account: str, role: str) -> list[Membership]:
    """The memberships that lead from an account to a role; empty where none do."""
    ways: dict[str, list[Membership]] = {account: []}
    edge = [account]
    while edge:
        member = edge.pop(0)
        for one in plan.working.memberships:
            if one.member == member and one.role not in ways:
                ways[one.role] = [*ways[member], one]
                edge.append(one.role)
    return ways.get(role, [])


def places(plan: Planner, one: Anomaly) -> Iterator[int]:
    """Where the fault's object is; overloaded routines each have a name of their own."""
    for place, thing in enumerate(plan.working.objects):
        if thing.label == one.object:
            yield place


def held(plan: Planner, place: int, column: str | None, grantee: str) -> int:
    """What an access list gives to one grantee."""
    rights = 0
    for entry in plan.working.entries(place, column):
        rights |= entry.rights if entry.grantee == grantee else 0
    return rights
