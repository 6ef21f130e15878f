"""Who could be the second person: what the page says while something waits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Connection

from server.engagement import Engagement
from server.store import engagements, people
from server.store.people import Role
from server.two_people.discovery import told
from server.two_people.model import Proposal


def seconds(connection: Connection, tenant: str, found: Proposal, now: datetime) -> list[str]:
    """Everybody who may approve it today, by name, outside reviewers last. Empty: it waits for one to be added."""
    asked = told(found.action)
    names = [one.name for one in people.every(connection, tenant)
             if one.disabled is None and one.role in asked.may_approve and one.role is not Role.REVIEWER
             and one.id != found.person]
    if Role.REVIEWER not in asked.may_approve:
        return names
    granted = [(one.reviewer, _engagement(one, tenant)) for one in engagements.of_tenant(connection, tenant)
               if one.accepted]
    return names + [name for name, one in granted if now < one.ends and asked.within(found.payload, one)]


def _engagement(one: engagements.Granted, tenant: str) -> Engagement:
    """What its terms cover, for whoever accepted it."""
    return Engagement(one.id, tenant, 0, one.terms.machines, one.terms.areas, one.terms.names_shown, one.terms.until,
                      one.terms.basis, one.at, one.revoked)
