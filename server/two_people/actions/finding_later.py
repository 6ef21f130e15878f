"""A finding may stay longer than the rule allows: a later day than the rule's needs a second look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.engine import Connection

from server.engagement import Engagement
from server.pages.language import N_
from server.spoken import Spoken
from server.store.people import Role
from server.triage import acting, reading
from server.triage.acts import Kind
from server.two_people.model import Action, Actor, Proposal, Value, Word


def _describe(payload: Mapping[str, Any]) -> Sequence[tuple[str, Value]]:
    return [(N_("Finding"), f"{payload['finding']}: {payload['check']}"),
            (N_("Machine"), payload["host"] or Word(N_("The office as a whole"))),
            (N_("The rule's day"), date.fromisoformat(payload["rule"])),
            (N_("The day that is asked for"), date.fromisoformat(payload["due"])), (N_("Why"), payload["reason"])]


def _check(connection: Connection, tenant: str, payload: Mapping[str, Any], now: datetime) -> None:
    found = reading.get(connection, tenant, payload["finding"], now)
    if found is None or found.resolved is not None or found.episode != payload["episode"]:
        raise Spoken(N_("The finding has changed since: it is resolved, or it came back."),
                     N_("Refuse this, and look at the finding again."))
    acting.dated(found, payload["due"], now, second=True)


def _run(connection: Connection, tenant: str, payload: Mapping[str, Any], proposal: Proposal, now: datetime) -> None:
    approved = proposal.decision.by if proposal.decision else ""
    acting.act(connection, tenant, payload["finding"], Kind.DUE, Actor(proposal.by, proposal.person, None),
               payload["reason"], {"due": payload["due"], "approved_by": approved}, now=now)


def _never(_payload: Mapping[str, Any], _engagement: Engagement) -> bool:
    """How long the office lets something stay is its own decision."""
    return False


ACTION = Action("finding.later", N_("Give a finding more time than the rule"), acting.MAY_ACT,
                frozenset({Role.ADMINISTRATOR, Role.OFFICIAL}), _describe, _run, _check, _never)
