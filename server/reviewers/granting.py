"""Granting an engagement, and ending it.

The rules, all of them:

- An administrator asks for it; another person, an administrator or an official, approves; then it is offered.
- It is offered under a sign-in name or under a code that is shown once, to who asked. Nothing tells the office
  whether the name exists: it reads *offered* until a reviewer of that name accepts.
- It lasts 90 days at most, and never past its last day (UTC).
- Administrators and officials end it at once, alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from hustings.errors import UsageError
from server import two_people
from server.engagement import LONGEST
from server.pages.language import N_
from server.pages.words import AREAS
from server.reviewers.plain import last_day, said
from server.spoken import Spoken
from server.store import agents, audit, engagements, secrets
from server.store.engagements import Granted, Terms
from server.store.people import Role
from server.two_people.model import Actor

ACTION = "engagement.grant"
MAY_GRANT = frozenset({Role.ADMINISTRATOR})
MAY_APPROVE = frozenset({Role.ADMINISTRATOR, Role.OFFICIAL})
MAY_REVOKE = frozenset({Role.ADMINISTRATOR, Role.OFFICIAL})
BASIS_LEAST, BASIS_MOST = 10, 500
REASON_LEAST, REASON_MOST = 3, 500
ADDRESSEE_MOST = 120
CODES = tuple(code for code in AREAS if code != "other")
"""Areas that an engagement can be narrowed to."""
_ADDRESSEE = re.compile(r"[^\s@]+@[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an administrator asks for."""

    terms: Terms
    addressee: str
    """Empty: a code is made."""


def read(connection: Connection, tenant: str, form: Mapping[str, Any], now: datetime) -> Asked:
    """What a form asks for. ``form`` has ``addressee``, ``until``, ``basis``, ``names`` (``shown`` or ``hidden``) and
    the lists ``machines`` and ``areas``. Raises ``Spoken`` with the field that is wrong."""
    addressee = str(form.get("addressee", "")).strip()
    if addressee:
        said(addressee, "addressee", least=3, most=ADDRESSEE_MOST)
        name, _, handle = addressee.rpartition("@")
        addressee = f"{name}@{handle.lower()}"
        if not _ADDRESSEE.fullmatch(addressee):
            raise Spoken(N_("That is not a sign-in name of another organization."),
                         N_("Write it as name@firm, or leave it empty and get a code."), field="addressee")
    known = {one.id for one in agents.every(connection, tenant)}
    machines = tuple(dict.fromkeys(form.get("machines", ())))
    areas = tuple(code for code in CODES if code in form.get("areas", ()))
    if not known.issuperset(machines):
        raise Spoken(N_("One of the machines is not of this office."), N_("Choose them anew from the list."),
                     field="machines")
    if len(areas) != len(set(form.get("areas", ()))):
        raise Spoken(N_("One of the areas does not exist."), N_("Choose them anew from the list."), field="areas")
    if form.get("names", "") not in ("shown", "hidden"):
        raise Spoken(N_("It is not said whether names are shown."), N_("Choose one of the two."), field="names")
    return Asked(Terms(machines, areas, form["names"] == "shown", last_day(str(form.get("until", "")), "until", now,
                                                                            LONGEST),
                       said(str(form.get("basis", "")), "basis", least=BASIS_LEAST, most=BASIS_MOST)), addressee)


def ask(connection: Connection, tenant: str, asked: Asked, actor: Actor, now: datetime) -> tuple[int, str]:
    """Ask for an engagement. Returns the request's number and the code for the reviewer, empty where it is addressed.
    Raises ``UsageError`` where the actor may not, or the very same waits already."""
    code, kept = secrets.fresh() if not asked.addressee else ("", None)
    names = {one.id: one.host for one in agents.every(connection, tenant)}
    terms = asked.terms
    number = two_people.propose(connection, tenant, ACTION, asked.addressee, {
        "addressee": asked.addressee, "code": kept, "machines": list(terms.machines), "areas": list(terms.areas),
        "names_shown": terms.names_shown, "until": terms.until.isoformat(), "basis": terms.basis,
        "machine_names": [names[one] for one in terms.machines]}, actor, now)
    return number, code


def still_possible(_connection: Connection, _tenant: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Raises ``Spoken`` where the last day is over, or too far ahead."""
    last_day(payload["until"], "until", now, LONGEST)


def offer(connection: Connection, tenant: str, payload: Mapping[str, Any], *, by: str, approved_by: str,
          now: datetime) -> int:
    """Offer what two people agreed on. Returns the engagement's number."""
    terms = Terms(tuple(payload["machines"]), tuple(payload["areas"]), payload["names_shown"],
                  date.fromisoformat(payload["until"]), payload["basis"])
    number = engagements.grant(connection, tenant, terms, addressee=payload["addressee"], code=payload["code"],
                               by=by, approved_by=approved_by, now=now)
    audit.record(connection, tenant, now, approved_by, "engagement.grant", str(number), {
        "addressee": payload["addressee"], "asked_by": by, "machines": payload["machines"],
        "areas": payload["areas"], "names_shown": terms.names_shown, "until": payload["until"],
        "basis": terms.basis})
    return number


def revoke(connection: Connection, tenant: str, number: int, *, role: Role | None, by: str, reason: str,
           now: datetime) -> None:
    """End an engagement at once: the reviewer's next request is turned away. ``role`` None: the console.

    Raises ``UsageError`` where the role may not, there is no such engagement, or it was ended before.
    """
    if role is not None and role not in MAY_REVOKE:
        raise Spoken(N_("Only an administrator or an official ends an engagement."), N_("Ask one of them."))
    why = said(reason, "reason", least=REASON_LEAST, most=REASON_MOST)
    found = engagements.get(connection, tenant, number)
    if found is None:
        raise UsageError(f"there is no engagement {number}", remedy="see: hustings server engagement list")
    try:
        with connection.begin_nested():
            engagements.revoke(connection, tenant, number, by=by, now=now, reason=why)
    except IntegrityError as error:
        raise Spoken(N_("This engagement was ended before."), N_("There is nothing left to do.")) from error
    audit.record(connection, tenant, now, by, "engagement.revoke", str(number), {
        "reviewer": found.reviewer or found.addressee, "reason": why})


def state(one: Granted, now: datetime) -> str:
    """Where an engagement stands: ``offered``, ``holds``, ``declined``, ``revoked`` or ``ended``."""
    if one.revoked:
        return "revoked"
    if one.declined:
        return "declined"
    if now.astimezone(UTC).date() > one.terms.until:
        return "ended"
    return "holds" if one.accepted else "offered"


def longest(now: datetime) -> date:
    """The latest last day there is now."""
    return now.astimezone(UTC).date() + timedelta(days=LONGEST)


def areas_said(areas: Sequence[str]) -> list[str]:
    """Titles of areas, in English, to be translated."""
    return [AREAS[one] for one in areas if one in AREAS]
