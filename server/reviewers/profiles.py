"""Sharing profiles: what one recipient may be given of the office's findings, field by field, and what is written down.

The rules, all of them:

- Every field is left out unless the profile gives it: as it is, or (hosts, sites, people) as a pseudonym, which is
  another one in every profile.
- Statements (the right of reply) go wherever a finding goes; names in them are blotted out where names are not given.
- The marking is one of the labels of the Traffic Light Protocol 2.0 (FIRST), and stands in every file.
- A profile holds until its last day, a year ahead at most, or until somebody ends it. Then nothing leaves by it.
- Each file is written down before it leaves: who took it, when, in what format, how many findings, its SHA-256.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from server.pages.language import N_
from server.reviewers.known import known
from server.reviewers.names import Names
from server.reviewers.plain import last_day, said
from server.spoken import Spoken
from server.store import audit, pseudonym_keys, sharing_profiles
from server.store.people import Role
from server.store.sharing_profiles import Stored
from server.store.statements import Statement
from server.triage.model import Finding

MAY_DEFINE = frozenset({Role.ADMINISTRATOR})
MAY_EXPORT = frozenset({Role.ADMINISTRATOR, Role.STAFF, Role.OFFICIAL})
MARKINGS = ("TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN", "TLP:CLEAR")
"""Labels of TLP 2.0 (FIRST, August 2022), the strictest first."""
LONGEST = 366
RECIPIENT_LEAST, RECIPIENT_MOST = 2, 120
BASIS_LEAST, BASIS_MOST = 10, 500


class Treatment(StrEnum):
    """What becomes of a field."""

    SHOWN = "shown"
    PSEUDONYM = "pseudonym"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a finding that may be given."""

    name: str
    title: str
    """Marked with ``N_``."""
    value: Callable[[Finding, str], Any]
    """Of a finding, in a language: text, a number, a truth or nothing."""
    hidden: Callable[[Names, str], str] | None = None
    """How it is made a pseudonym; None where it cannot be one."""


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


FIELDS = (
    Field("number", N_("Number"), lambda one, _: one.number),
    Field("check", N_("Check"), lambda one, _: one.check),
    Field("row", N_("Row of the catalogue"), lambda one, _: one.row),
    Field("area", N_("Area"), lambda one, _: one.area),
    Field("severity", N_("Severity"), lambda one, _: one.severity.value),
    Field("title", N_("What should be true"), lambda one, code: one.known.title.say(code) if one.known else one.check),
    Field("state", N_("State"), lambda one, _: one.state.value),
    Field("host", N_("Machine"), lambda one, _: one.host, Names.host),
    Field("site", N_("Site"), lambda one, _: one.site, Names.site),
    Field("responsible", N_("Responsible party"), lambda one, _: one.responsible),
    Field("owner", N_("Owner"), lambda one, _: one.owner_name, Names.person),
    Field("first_failed", N_("First failed"), lambda one, _: _day(one.first_failed)),
    Field("opened", N_("Open since"), lambda one, _: _day(one.opened)),
    Field("due", N_("Due"), lambda one, _: _day(one.due)),
    Field("overdue", N_("Overdue"), lambda one, _: one.overdue),
    Field("resolved", N_("Resolved"), lambda one, _: _day(one.resolved)),
    Field("false_alarm", N_("False alarm"), lambda one, _: one.false_alarm.value),
)
"""Every field that a profile can give, in the order of a file."""
_BY_NAME = {one.name: one for one in FIELDS}


@dataclass(frozen=True)
class Profile:
    """A profile with the names it hides."""

    stored: Stored
    names: Names

    @property
    def marking(self) -> str:
        return self.stored.marking

    @property
    def fields(self) -> tuple[Field, ...]:
        """What it gives, in order."""
        return tuple(one for one in FIELDS if one.name in self.stored.fields)

    def holds(self, now: datetime) -> bool:
        return self.stored.ended is None and now.astimezone(UTC).date() <= self.stored.until

    def row(self, finding: Finding, statements: tuple[Statement, ...], code: str) -> dict[str, Any]:
        """A finding as the recipient gets it: the given fields, and what people say of it."""
        found = {one.name: self._value(one, finding, code) for one in self.fields}
        return {**found, "statements": [self._statement(one) for one in statements]}

    def _value(self, field: Field, finding: Finding, code: str) -> Any:
        value = field.value(finding, code)
        if self.stored.fields[field.name] == Treatment.SHOWN or field.hidden is None:
            return value
        return field.hidden(self.names, value) if value else value

    def _statement(self, one: Statement) -> dict[str, Any]:
        hidden = [name for name in ("host", "site", "owner") if self.stored.fields.get(name) != Treatment.SHOWN]
        say = self.names.text if hidden else str
        return {"at": _day(one.at), "party": one.party, "name": one.name, "organisation": one.organisation,
                "text": say(one.text)}


def read(form: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """What a form says of a new profile: keywords of ``sharing_profiles.add`` without ``by`` and ``now``.

    ``form`` has ``recipient``, ``marking``, ``basis``, ``until`` and ``field-NAME`` for each field. Raises ``Spoken``.
    """
    recipient = said(form.get("recipient", ""), "recipient", least=RECIPIENT_LEAST, most=RECIPIENT_MOST)
    if form.get("marking") not in MARKINGS:
        raise Spoken(N_("There is no such marking."), N_("Choose one of the list."), field="marking")
    fields: dict[str, str] = {}
    for one in FIELDS:
        wanted = form.get(f"field-{one.name}", Treatment.LEFT_OUT.value)
        allowed = {Treatment.SHOWN, Treatment.LEFT_OUT} | ({Treatment.PSEUDONYM} if one.hidden else set())
        if wanted not in allowed:
            raise Spoken(N_("A field cannot be given like that."), N_("Choose one of the list."),
                         field=f"field-{one.name}")
        if wanted != Treatment.LEFT_OUT:
            fields[one.name] = str(wanted)
    if not fields:
        raise Spoken(N_("No field is given: the file would be empty."), N_("Give at least one."), field="fields")
    return {"recipient": recipient, "fields": fields, "marking": form["marking"],
            "basis": said(form.get("basis", ""), "basis", least=BASIS_LEAST, most=BASIS_MOST),
            "until": last_day(form.get("until", ""), "until", now, LONGEST)}


def define(connection: Connection, tenant: str, asked: Mapping[str, Any], *, by: str, now: datetime) -> int:
    """Write a profile down. Returns its number."""
    pseudonym_keys.ensure(connection, tenant, now)
    number = sharing_profiles.add(connection, tenant, **asked, by=by, now=now)
    audit.record(connection, tenant, now, by, "sharing-profile.add", str(number), {
        **asked, "until": asked["until"].isoformat()})
    return number


def end(connection: Connection, tenant: str, number: int, *, by: str, now: datetime) -> None:
    """End a profile before its day. Raises ``Spoken`` if it was ended before."""
    try:
        with connection.begin_nested():
            sharing_profiles.end(connection, tenant, number, by=by, now=now)
    except IntegrityError as error:
        raise Spoken(N_("This profile was ended before."), N_("There is nothing left to do.")) from error
    audit.record(connection, tenant, now, by, "sharing-profile.end", str(number))


def get(connection: Connection, tenant: str, number: int) -> Profile | None:
    """One profile, ready to be applied, whether it holds or not."""
    stored = sharing_profiles.get(connection, tenant, number)
    if stored is None:
        return None
    key = pseudonym_keys.key(connection, tenant, f"profile:{number}")
    return Profile(stored, Names.keyed(key, known(connection, tenant)))


def disclose(connection: Connection, tenant: str, profile: Profile, content: bytes, *, by: str, format: str,
             rows: int, now: datetime) -> int:
    """Write down that this very file leaves. Returns the disclosure's number.

    Raises ``Spoken`` where the profile does not hold: then nothing may leave.
    """
    if not profile.holds(now):
        raise Spoken(N_("This profile is over: nothing leaves by it."), N_("Make a new one if it is still needed."))
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    number = sharing_profiles.disclose(connection, tenant, profile.stored.id, by=by, format=format, rows=rows,
                                       digest=digest, now=now)
    audit.record(connection, tenant, now, by, "sharing-profile.disclose", str(profile.stored.id), {
        "recipient": profile.stored.recipient, "marking": profile.marking, "format": format, "rows": rows,
        "digest": digest})
    return number
