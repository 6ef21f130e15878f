"""Making statements: by the office, and by a vendor through a one-time link that shows what the office chose."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection

from server.attestations import typed
from server.pages.language import N_
from server.spoken import Spoken
from server.store import audit, statements, tenants
from server.store.people import Role
from server.store.statements import Link
from server.triage.model import Finding

MAY_STATE = frozenset({Role.ADMINISTRATOR, Role.STAFF, Role.OFFICIAL})
MAY_INVITE = frozenset({Role.ADMINISTRATOR, Role.OFFICIAL})
"""Who may let a vendor see something of a finding."""
LONGEST = 4000
LIVES = (3, 7, 14, 30)
"""Days that a link may hold."""
SHOWN = ("machine", "since", "due")
"""What the office may show beside what the check is."""


def state(connection: Connection, tenant: str, finding: Finding, data: Mapping[str, object], *, by: str,
          now: datetime) -> int:
    """Attach a statement of the office. Raises ``Spoken``."""
    name = typed.line(data, "name")
    text = typed.text(data, "text", most=LONGEST)
    office = tenants.get(connection, tenant)
    number = statements.add(connection, tenant, finding=finding.number, at=now, party="office", by=by, name=name,
                            organisation=office.name if office else "", text=text)
    audit.record(connection, tenant, now, by, "statement.office", str(finding.number), {
        "statement": number, "name": name})
    return number


def invite(connection: Connection, tenant: str, finding: Finding, data: Mapping[str, object], *, by: str,
           now: datetime) -> tuple[int, str]:
    """Make a link for a vendor: its number, and its secret, which is shown once. Raises ``Spoken``."""
    vendor = typed.line(data, "vendor")
    days = int(typed.one_of(data, "days", tuple(str(one) for one in LIVES)))
    message = typed.text(data, "message", most=LONGEST, required=False)
    chosen = [one for one in typed.several(data, "show") if one in SHOWN]
    office = tenants.get(connection, tenant)
    shown: dict[str, Any] = {
        "office": office.name if office else "", "message": message, "check": finding.check,
        **({"title": {"en": finding.known.title.en, "fr": finding.known.title.fr},
            "plain": {"en": finding.known.plain.en, "fr": finding.known.plain.fr}} if finding.known else {}),
        **({"machine": finding.host} if "machine" in chosen else {}),
        **({"since": finding.first_failed.date().isoformat()} if "since" in chosen else {}),
        **({"due": finding.due.date().isoformat()} if "due" in chosen else {})}
    number, secret = statements.make_link(connection, tenant, finding=finding.number, vendor=vendor, shown=shown,
                                          made=now, by=by, expires=now + timedelta(days=days))
    audit.record(connection, tenant, now, by, "statement.invite", str(finding.number), {
        "link": number, "vendor": vendor, "shown": chosen, "days": days})
    return number, secret


def revoke(connection: Connection, tenant: str, finding: int, number: int, *, by: str, now: datetime) -> bool:
    """Shut a link; False if there was none to shut."""
    if not statements.revoke_link(connection, tenant, finding, number, now):
        return False
    audit.record(connection, tenant, now, by, "statement.revoke", str(finding), {"link": number})
    return True


def reply(connection: Connection, link: Link, data: Mapping[str, object], now: datetime) -> int:
    """Attach a vendor's statement, once. Raises ``Spoken``; for a link that is used up its ``field`` is ``link``."""
    name = typed.line(data, "name")
    text = typed.text(data, "text", most=LONGEST)
    if not statements.use_link(connection, link.tenant, link.number, now):
        raise Spoken(N_("This link was used or has ended."), N_("Ask the office for another one."), field="link")
    by = f"link:{link.number}"
    number = statements.add(connection, link.tenant, finding=link.finding, at=now, party="vendor", by=by, name=name,
                            organisation=link.vendor, text=text)
    audit.record(connection, link.tenant, now, by, "statement.vendor", str(link.finding), {
        "statement": number, "name": name, "vendor": link.vendor})
    return number
