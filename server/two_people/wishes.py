"""Exceptions and declarations that something does not apply, as acts that need two people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy.engine import Connection

from policies.model import Pack
from server import exceptions as rules
from server.drill import titles
from server.engagement import Engagement
from server.exceptions import Wish
from server.pages.language import N_
from server.records import EXCEPTION
from server.spoken import Spoken
from server.store import agents
from server.store.people import Role
from server.two_people.acting import propose
from server.two_people.model import Action, Actor, Payload, Proposal, Value, Word

ACTIONS = {EXCEPTION: "exception.add", "not_applicable": "not-applicable.add"}
"""The act that each kind of wish is."""


@cache
def pack() -> Pack:
    """The policy pack of this release."""
    from policies.pack import shipped

    return shipped()


def ask(connection: Connection, tenant: str, wish: Wish, actor: Actor, now: datetime, *,
        finding: int | None = None) -> int:
    """Ask for one. Returns the number of what waits. Raises ``Spoken`` where it may not be signed."""
    fits = rules.fit(connection, tenant, pack(), wish, now)
    known = pack().check(fits.subject)
    machine = next((one.agent.id for one in agents.summaries(connection, tenant) if one.host == fits.asset), "")
    payload: dict[str, Any] = {
        "kind": fits.kind, "subject": fits.subject, "row": known.catalogue if known else fits.subject,
        "asset": fits.asset, "agent": machine, "reason": fits.reason, "control": fits.control, "owner": fits.owner,
        "until": fits.until.isoformat(), "renews": fits.renews, "finding": finding}
    return propose(connection, tenant, ACTIONS[fits.kind], f"{fits.subject} {fits.asset}".strip(), payload, actor, now)


def action(kind: str, title: str) -> Action:
    """The act of one kind of wish."""
    return Action(ACTIONS[kind], title, may_propose=rules.MAY_ASK,
                  may_approve=rules.MAY_APPROVE | {Role.REVIEWER}, describe=describe, run=run, check=check,
                  within=within)


def wish(payload: Payload) -> Wish:
    """What was asked for."""
    return Wish(payload["kind"], payload["subject"], payload["asset"], payload["reason"], payload["owner"],
                date.fromisoformat(payload["until"]), payload["control"], payload["renews"])


def check(connection: Connection, tenant: str, payload: Payload, now: datetime) -> None:
    """Whether it could be signed now. Raises ``Spoken``."""
    rules.fit(connection, tenant, pack(), wish(payload), now)


def run(connection: Connection, tenant: str, payload: Payload, proposal: Proposal, now: datetime) -> None:
    """Sign it. Raises ``Spoken`` for an approval by who answers for it."""
    decided = proposal.decision
    assert decided is not None
    asked = rules.fit(connection, tenant, pack(), wish(payload), now)
    if decided.name.casefold() == asked.owner.casefold():
        raise Spoken(N_("Who answers for it cannot be the one who approves it."), N_("Let somebody else decide."))
    second = f"{decided.name} (reviewer)" if decided.by.startswith("reviewer:") else decided.name
    rules.sign(connection, tenant, asked, approved_by=second, now=now, by=proposal.by, actor=decided.by)


def describe(payload: Payload) -> Sequence[tuple[str, Value]]:
    """All that is signed."""
    accepted = payload["kind"] == EXCEPTION
    lines: list[tuple[str, Value]] = [
        (N_("Control"), _title(payload["subject"])),
        (N_("In the catalogue"), payload["subject"]),
        (N_("Where"), payload["asset"] or Word(N_("The office as a whole"))),
        (N_("Why"), payload["reason"])]
    if accepted:
        lines.append((N_("What protects meanwhile"), payload["control"]))
    lines += [(N_("Who answers for it"), payload["owner"]),
              (N_("Holds until"), date.fromisoformat(payload["until"]))]
    if payload["renews"] is not None:
        lines.append((N_("In place of number"), payload["renews"]))
    return lines


def _title(subject: str) -> Value:
    """What a check or a row is called; its id where nothing speaks for it."""
    return titles(pack()).get(subject) or subject


def within(payload: Payload, engagement: Engagement) -> bool:
    """A reviewer decides on what their engagement covers, where it shows names: they must know what they sign."""
    if engagement.whole:
        return True
    area = str(payload["row"]).partition("-")[0]
    return bool(engagement.names_shown and payload["agent"] and engagement.covers(payload["agent"], area))
