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

MAY_DEFINE = frozenset({Role.ADMINISTRATOR})
MAY_EXPORT = frozenset({Role.ADMINISTRATOR, Role.STAFF, Role.OFFICIAL})
MARKINGS = ("TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN", "TLP:CLEAR")
"""Labels of TLP 2.0 (FIRST, August 2022), the strictest first."""
LAST = 1 << 62
"""Past every number of a profile."""
LONGEST = 366
"""Days ahead of the last day of a profile, at most."""
RECIPIENT_LEAST, RECIPIENT_MOST = 2, 120
BASIS_LEAST, BASIS_MOST = 10, 500


class Treatment(StrEnum):
    """What becomes of a field."""

    SHOWN = "shown"
    PSEUDONYM = "pseudonym"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class Field:
    """One column of the findings that may be given."""

    name: str
    title: str
    """Marked with ``N_``."""
    hidden: Callable[[Names, str], str] | None = None
    """How it is made a pseudonym; None where it cannot be one."""
    free: bool = False
    """Whether it is free text, in which names are blotted out where they are not given."""


FIELDS = (
    Field("number", N_("Number")),
    Field("machine", N_("Id of the machine")),
    Field("name", N_("Machine"), Names.host),
    Field("site", N_("Site"), Names.site),
    Field("responsible", N_("Responsible party")),
    Field("check", N_("Check")),
    Field("title_en", N_("What should be true, in English")),
    Field("title_fr", N_("What should be true, in French")),
    Field("row", N_("Row of the catalogue")),
    Field("severity", N_("Severity")),
    Field("state", N_("State")),
    Field("verdict", N_("Verdict")),
    Field("expected", N_("Expected"), free=True),
    Field("actual", N_("Found"), free=True),
    Field("reason", N_("Why it is not known"), free=True),
    Field("first_failed", N_("First failed")),
    Field("opened", N_("Open since")),
    Field("episode", N_("How often it came back")),
    Field("resolved", N_("Resolved")),
    Field("due", N_("Due")),
    Field("overdue", N_("Overdue")),
    Field("owner", N_("Owner"), Names.person),
    Field("false_alarm", N_("False alarm")),
    Field("exception", N_("Number of the exception")),
    Field("exception_reason", N_("Reason of the exception"), free=True),
    Field("exception_until", N_("Last day of the exception")),
)
"""Every column of ``server.exports.records.FindingRecord`` but the statements, which always go with it."""
NAMED = tuple(one.name for one in FIELDS if one.hidden)


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

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a file, in order."""
        return (*(one.name for one in self.fields), "statements")

    def row(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """A row of an export as the recipient gets it: the given fields, and what people say of the finding."""
        say = str if all(self.stored.fields.get(name) == Treatment.SHOWN for name in NAMED) else self.names.text
        found = {one.name: self._value(one, plain[one.name], say) for one in self.fields}
        found["statements"] = [{name: say(text) if name in ("text", "organisation", "name") else text
                                for name, text in one.items()} for one in plain["statements"]]
        return found

    def _value(self, field: Field, value: Any, say: Callable[[str], str]) -> Any:
        if not isinstance(value, str) or not value:
            return value
        if field.free:
            return say(value)
        if field.hidden is not None and self.stored.fields[field.name] == Treatment.PSEUDONYM:
            return field.hidden(self.names, value)
        return value


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
    stored = sharing_profiles.get(connection, tenant, number) if 0 < number < LAST else None
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
