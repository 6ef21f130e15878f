"""Asking, deciding and taking back: the rules of ``server.two_people``, in the caller's open transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.engine import Connection

from server.notices.events import happened
from server.pages.language import N_
from server.spoken import Spoken
from server.store import audit, people, proposals
from server.store.people import Role
from server.two_people.discovery import known, told
from server.two_people.model import Action, Actor, Decision, Proposal, State

REASON_LEAST, REASON_MOST = 10, 1000
SUBJECT_MOST = 200


class Refusal(StrEnum):
    """Why something asked, decided or taken back is not taken."""

    ROLE = "role"
    """This person may not ask for it, or not decide on it."""
    NONE = "none"
    """There is no such proposal, or it is not theirs to see."""
    CLOSED = "closed"
    """It is decided, withdrawn or too old already."""
    SAME = "same"
    """Who asked cannot approve."""
    CONSOLE = "console"
    """The console does not approve."""
    REASON = "reason"
    """The reason is missing, too short, too long or holds what cannot be printed."""
    TWICE = "twice"
    """The very same waits already."""
    OTHERS = "others"
    """Only who asked takes it back."""
    GONE = "gone"
    """Who asked can no longer sign in, or no longer has a role that may ask."""


WHY = {
    Refusal.ROLE: (N_("This account may not do that."), N_("Ask somebody whose role allows it.")),
    Refusal.NONE: (N_("There is no such request."), N_("Look at the list of what waits.")),
    Refusal.CLOSED: (N_("This request is decided, taken back or too old."), N_("If it is still needed, ask anew.")),
    Refusal.SAME: (N_("Two different people are needed, and you are the one who asked."),
                   N_("Let somebody else decide, or take the request back.")),
    Refusal.CONSOLE: (N_("The console approves nothing: whoever is at it may be the one who asked."),
                      N_("Let the second person sign in and approve on the page of decisions.")),
    Refusal.REASON: (N_("The reason cannot be taken."),
                     N_("Write 10 to 1000 characters of plain text.")),
    Refusal.TWICE: (N_("The very same request waits already."), N_("Let somebody decide on it.")),
    Refusal.GONE: (N_("The person who asked may not ask for it any more."),
                   N_("Refuse it; if it is still needed, ask anew.")),
    Refusal.OTHERS: (N_("Only the person who asked can take a request back."), N_("Refuse it instead, with a reason.")),
}


class NotTaken(Spoken):
    """A refusal by one of the rules; ``why`` says which."""

    def __init__(self, why: Refusal, where: str = "") -> None:
        self.why = why
        super().__init__(*WHY[why], field="reason" if why is Refusal.REASON else "", where=where)


def propose(connection: Connection, tenant: str, action: str, subject: str, payload: Mapping[str, Any], actor: Actor,
            now: datetime) -> int:
    """Ask for something. Returns its number; nothing is done yet.

    ``payload`` is plain JSON. Raises ``NotTaken``, and ``UsageError`` where the action's own check says no.
    """
    asked = known(action)
    if actor.role is not None and actor.role not in asked.may_propose:
        raise NotTaken(Refusal.ROLE)
    plain = json.loads(json.dumps(payload, allow_nan=False))
    asked.check(connection, tenant, plain, now)
    same = [one for one in proposals.waiting(connection, tenant, now, action) if one.payload == plain]
    if same:
        raise NotTaken(Refusal.TWICE, f"request {same[0].number}")
    number = proposals.add(connection, tenant, action=action, subject=subject[:SUBJECT_MOST], payload=plain, at=now,
                           by=actor.by, person=actor.person, expires=now + asked.good_for)
    audit.record(connection, tenant, now, actor.by, "decision.ask", subject, {
        "number": number, "act": action, "payload": plain})
    happened(connection, tenant, "decision-waits", str(number), action, {"number": number}, now)
    return number


def decide(connection: Connection, tenant: str, number: int, approve: bool, actor: Actor, reason: str,
           now: datetime) -> Proposal:
    """Approve, which does it at once, or refuse. Returns the proposal as it ended.

    A refusal needs a reason; an approval may have one. Raises ``NotTaken`` by the rules, and what the action raises
    where it cannot be done any more: the caller's transaction must then be undone, and the proposal still waits.
    """
    found = proposals.hold(connection, tenant, number)
    why = refusal(found, actor, now, approve=approve, reason=reason)
    if why is not None or found is None:
        raise NotTaken(why or Refusal.NONE, f"request {number}")
    asked = known(found.action)
    if approve and not _may_still(connection, tenant, asked, found):
        raise NotTaken(Refusal.GONE, f"request {number}")
    decided = Decision(State.APPROVED if approve else State.REFUSED, now, actor.by, actor.person, reason.strip())
    after = replace(found, decision=decided)
    proposals.end(connection, tenant, number, decided)
    audit.record(connection, tenant, now, actor.by, "decision.approve" if approve else "decision.refuse",
                 found.subject, {"number": number, "act": found.action, "asked_by": found.by, "reason": decided.reason})
    if approve:
        asked.check(connection, tenant, found.payload, now)
        asked.run(connection, tenant, found.payload, after, now)
    return after


def withdraw(connection: Connection, tenant: str, number: int, actor: Actor, now: datetime) -> Proposal:
    """Take back what one asked for oneself. Raises ``NotTaken``."""
    found = proposals.hold(connection, tenant, number)
    if found is None or not visible(found, actor):
        raise NotTaken(Refusal.NONE, f"request {number}")
    if found.state(now) is not State.WAITING:
        raise NotTaken(Refusal.CLOSED, f"request {number}")
    if not same_person(found, actor):
        raise NotTaken(Refusal.OTHERS, f"request {number}")
    decided = Decision(State.WITHDRAWN, now, actor.by, actor.person, "")
    proposals.end(connection, tenant, number, decided)
    audit.record(connection, tenant, now, actor.by, "decision.withdraw", found.subject,
                 {"number": number, "act": found.action})
    return replace(found, decision=decided)


def refusal(found: Proposal | None, actor: Actor, now: datetime, *, approve: bool, reason: str = "") -> Refusal | None:
    """Why somebody's decision would not be taken, or None."""
    if found is None or not visible(found, actor):
        return Refusal.NONE
    if found.state(now) is not State.WAITING:
        return Refusal.CLOSED
    if approve and not actor.signed_in:
        return Refusal.CONSOLE
    if actor.role is not None and actor.role not in told(found.action).may_approve:
        return Refusal.ROLE
    if same_person(found, actor):
        return Refusal.SAME
    if (reason.strip() or not approve) and not good_reason(reason):
        return Refusal.REASON
    return None


def visible(found: Proposal, actor: Actor) -> bool:
    """Whether a person may see it: the office's own all, a reviewer what they may decide on."""
    return actor.role is not Role.REVIEWER or covers(told(found.action), found, actor)


def covers(asked: Action, found: Proposal, actor: Actor) -> bool:
    """Whether a reviewer may decide on it."""
    return (Role.REVIEWER in asked.may_approve and actor.engagement is not None
            and asked.within(found.payload, actor.engagement))


def same_person(found: Proposal, actor: Actor) -> bool:
    """Whether it is the person who asked: by their account, and at the console by the login too."""
    if found.person is not None and found.person == actor.person:
        return True
    return found.by == actor.by or (
        found.by.startswith("console:") and found.person is None
        and found.name.casefold() == actor.name.casefold())


def _may_still(connection: Connection, tenant: str, asked: Action, found: Proposal) -> bool:
    """Whether who asked could ask for it today. The console always could."""
    if found.person is None or found.by.startswith("console:"):
        return True
    person = people.get(connection, tenant, found.person)
    return person is not None and person.disabled is None and person.role in asked.may_propose


def good_reason(text: str) -> bool:
    """Whether a reason can be taken: long enough to say something, printable, without overrides of direction."""
    return (REASON_LEAST <= len(text.strip()) <= REASON_MOST
            and all(one.isprintable() or one in "\r\n\t" for one in text))
