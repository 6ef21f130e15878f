"""What people may do about findings, and doing it: written down beside them, all of it or nothing.

Nothing here touches a report, a result or a grade. A finding that a reviewer may not see is one that is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.engine import Connection

from server.pages.language import N_
from server.spoken import Spoken
from server.store import audit, findings, people
from server.store.people import Role
from server.triage import reading
from server.triage.acts import Act, Alarm, Kind
from server.triage.model import Finding
from server.two_people import Actor

MAY_ACT = frozenset({Role.ADMINISTRATOR, Role.STAFF})
"""Who acknowledges, gives out and dates findings."""
MAY_DECIDE = frozenset({Role.ADMINISTRATOR, Role.STAFF, Role.OFFICIAL})
"""Who says for the office whether something is a false alarm, and who may write about a finding."""
MAY_WRITE = MAY_DECIDE | {Role.REVIEWER}
"""Who may write about a finding, propose a repair or call it a false alarm."""
MAY = {Kind.ACKNOWLEDGE: MAY_ACT, Kind.ASSIGN: MAY_ACT, Kind.DUE: MAY_ACT, Kind.COMMENT: MAY_WRITE,
       Kind.PROPOSE_FIX: MAY_WRITE, Kind.FALSE_ALARM: MAY_WRITE, Kind.FALSE_ALARM_DECIDED: MAY_DECIDE}
TEXT_MAX = 4_000
AT_ONCE = 1_000
"""Findings that one act may be about."""
_NEEDS_TEXT = frozenset({Kind.COMMENT, Kind.PROPOSE_FIX, Kind.FALSE_ALARM, Kind.FALSE_ALARM_DECIDED, Kind.DUE})
_OF_THE_OPEN = frozenset({Kind.ACKNOWLEDGE, Kind.DUE, Kind.PROPOSE_FIX, Kind.FALSE_ALARM})


@dataclass(frozen=True, slots=True)
class Done:
    """What was written down."""

    act: Act
    finding: Finding


def act(connection: Connection, tenant: str, number: int, kind: Kind, actor: Actor, text: str = "",
        data: Mapping[str, Any] | None = None, *, now: datetime) -> Done:
    """Do one thing about one finding, in the open transaction.

    Raises ``UsageError`` (``Spoken``) for what may not be done or is not said properly, and for a finding that is not
    there for this actor.
    """
    return act_on(connection, tenant, [number], kind, actor, text, data, now=now)[0]


def act_on(connection: Connection, tenant: str, numbers: Iterable[int], kind: Kind, actor: Actor, text: str = "",
           data: Mapping[str, Any] | None = None, *, now: datetime) -> list[Done]:
    """Do the same about several findings: about all of them, or (where it raises) about none."""
    wanted = sorted(set(numbers))
    if actor.role is not None and actor.role not in MAY[kind]:
        raise Spoken(N_("This is not yours to do."), N_("Ask an administrator or the IT staff of the office."), {})
    if not 1 <= len(wanted) <= AT_ONCE:
        raise Spoken(N_("Choose from 1 to %(most)s findings."), N_("Choose fewer at a time."), {"most": AT_ONCE})
    said = written(text, needed=kind in _NEEDS_TEXT)
    around = reading.Around.read(connection, tenant, now, actor.engagement)
    held = [findings.one(connection, tenant, number, locked=True) for number in wanted]
    known = {one.number: one for one in around.see(one for one in held if one is not None)}
    if len(known) != len(wanted):
        raise Spoken(N_("One of these findings is not there."), N_("Go back to the list and choose again."), {})
    more = _data(connection, tenant, kind, dict(data or {}))
    done = []
    for stored in held:
        assert stored is not None
        found = known[stored.number]
        _check(connection, tenant, found, kind, actor, more, now)
        made = findings.add_act(connection, tenant, stored, kind=kind, by=actor.by, person=actor.person, text=said,
                                data=more, now=now)
        done.append(Done(made, found))
    _record(connection, tenant, now, actor, kind, wanted, {"text": said, **more})
    return done


def written(text: str, *, needed: bool = False, most: int = TEXT_MAX) -> str:
    """What somebody typed, ready to be kept. Raises ``UsageError`` for nothing, too much, or what cannot be shown."""
    plain = text.replace("\r\n", "\n").strip()
    if needed and not plain:
        raise Spoken(N_("It says nothing."), N_("Write it in words that somebody else understands."), {})
    if len(plain) > most:
        raise Spoken(N_("It is longer than %(most)s characters."), N_("Write it shorter."), {"most": most})
    if not all(one.isprintable() or one in "\n\t" for one in plain):
        raise Spoken(N_("It holds characters that cannot be shown."), N_("Type it again as plain text."), {})
    return plain


def _data(connection: Connection, tenant: str, kind: Kind, data: dict[str, Any]) -> dict[str, Any]:
    """What is kept of an act beside its words: of each kind its own, and nothing else that was sent."""
    if kind is Kind.ASSIGN:
        number = data.get("person")
        if number is None:
            return {"person": None, "name": ""}
        person = people.get(connection, tenant, int(number))
        if person is None or person.disabled is not None:
            raise Spoken(N_("There is nobody of that name in this office."), N_("Choose somebody from the list."),
                         field="owner")
        return {"person": person.id, "name": person.name}
    if kind is Kind.DUE:
        return {name: data[name] for name in ("due", "approved_by") if data.get(name)}
    if kind is Kind.FALSE_ALARM_DECIDED:
        return {"accepted": bool(data.get("accepted"))}
    return {}


def _check(connection: Connection, tenant: str, found: Finding, kind: Kind, actor: Actor, data: Mapping[str, Any],
           now: datetime) -> None:
    """Raises ``UsageError`` for what may not be done about this one."""
    named = {"number": found.number}
    if kind in _OF_THE_OPEN and found.resolved is not None:
        raise Spoken(N_("Finding %(number)s is resolved: a report says that it passes."),
                     N_("Leave it out. If it fails again, it comes back by itself."), named)
    if kind is Kind.DUE:
        dated(found, data.get("due", ""), now, second=bool(data.get("approved_by")))
    if kind is Kind.FALSE_ALARM and found.false_alarm is Alarm.CLAIMED:
        raise Spoken(N_("Somebody says already that finding %(number)s is a false alarm."),
                     N_("Write a comment, or wait for the decision."), named)
    if kind is Kind.FALSE_ALARM_DECIDED:
        _decided(connection, tenant, found, actor)


def dated(found: Finding, due: str, now: datetime, *, second: bool) -> date | None:
    """The day that people want, None for the rule's own. Raises ``UsageError`` for one that cannot be set, or that is
    later than the rule's where no ``second`` person approved it."""
    if not due:
        return None
    try:
        day = date.fromisoformat(due)
    except ValueError:
        day = date.min
    if not now.date() <= day <= date(now.year + 3, 12, 31):
        raise Spoken(N_("This is not a day in the next three years."), N_("Write a day as in 2026-11-30."), field="due")
    if day > found.rule.due.date() and not second:
        raise Spoken(N_("For finding %(number)s this is later than the rule's day, %(rule)s: that needs two people."),
                     N_("Open the finding and ask for the later day there."),
                     {"number": found.number, "rule": found.rule.due.date()}, field="due")
    return day


def _decided(connection: Connection, tenant: str, found: Finding, actor: Actor) -> None:
    named = {"number": found.number}
    if found.false_alarm is not Alarm.CLAIMED:
        raise Spoken(N_("Nobody says that finding %(number)s is a false alarm, or it is decided."),
                     N_("Go back to the finding and see what happened."), named)
    claims = [one for one in findings.acts(connection, tenant, found.number) if one.kind is Kind.FALSE_ALARM]
    if claims and (claims[-1].by == actor.by or (actor.person is not None and claims[-1].person == actor.person)):
        raise Spoken(N_("You called finding %(number)s a false alarm yourself."),
                     N_("Let another person of the office decide."), named)


def _record(connection: Connection, tenant: str, now: datetime, actor: Actor, kind: Kind, numbers: list[int],
            detail: dict[str, Any]) -> None:
    action = "finding.comment"
    if kind is Kind.ACKNOWLEDGE:
        action = "finding.acknowledge"
    elif kind is Kind.ASSIGN:
        action = "finding.assign"
    elif kind is Kind.DUE:
        action = "finding.due"
    elif kind is Kind.PROPOSE_FIX:
        action = "finding.propose-fix"
    elif kind is Kind.FALSE_ALARM:
        action = "finding.false-alarm"
    elif kind is Kind.FALSE_ALARM_DECIDED:
        action = "finding.decide-false-alarm"
    shown = ", ".join(str(one) for one in numbers[:100]) + (", …" if len(numbers) > 100 else "")
    audit.record(connection, tenant, now, actor.by, action, shown, {"count": len(numbers), "findings": numbers,
                                                                    **detail})
