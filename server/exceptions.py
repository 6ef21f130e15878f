"""Accepting a failure for a while, or saying that something does not apply: what may be signed, and by whom.

An exception names what protects meanwhile, who answers for it, and its last day, at most a year away; a
second person approves it. A control that must never fail cannot be accepted to. That something does not
apply may be said by one person; ``policies.not_applicable`` says how far that is believed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from difflib import get_close_matches

from sqlalchemy.engine import Connection

from hustings.errors import UsageError
from policies.model import Pack
from server.records import EXCEPTION, Exemption, Office
from server.store import audit, exceptions, people
from server.store.people import Role

LONGEST = 366
"""Days that one may hold."""
MAY_APPROVE = frozenset({Role.ADMINISTRATOR, Role.OFFICIAL})
"""Whose second signature counts."""
TEXT_MAX = 2_000


def add(connection: Connection, tenant: str, office: Office, pack: Pack, *, kind: str, subject: str, asset: str,
        reason: str, control: str = "", owner: str, approved_by: str = "", until: date, now: datetime,
        by: str) -> int:
    """Sign one in the open transaction. Returns its number. Raises ``UsageError`` for what may not be signed."""
    subject, asset = _subject(subject, kind, pack), _asset(asset, office)
    for name, text in (("--reason", reason), ("--owner", owner), *([("--control", control)] if kind == EXCEPTION
                                                                   else [])):
        _said(name, text)
    if not now.date() <= until or (until - now.date()).days > LONGEST:
        raise UsageError(f"{until} is not a day in the coming year", where="--until",
                         remedy=f"name a last day from {now.date()} on, at most {LONGEST} days ahead")
    if kind == EXCEPTION and not approved_by:
        raise UsageError("an exception needs a second person", where="--approved-by",
                         remedy="name an administrator or official of this office who approves it")
    if approved_by:
        _second(connection, tenant, owner, approved_by, by)
    number = exceptions.add(connection, tenant, kind=kind, subject=subject, asset=asset, reason=reason.strip(),
                            control=control.strip(), owner=owner.strip(), approved_by=approved_by, at=now, by=by,
                            until=until)
    audit.record(connection, tenant, now, by, f"{kind.replace('_', '-')}.add", subject, {
        "number": number, "asset": asset, "reason": reason, "control": control, "owner": owner,
        "approved_by": approved_by, "until": until.isoformat()})
    return number


def end(connection: Connection, tenant: str, known: Iterable[Exemption], number: int, *, reason: str, now: datetime,
        by: str) -> Exemption:
    """End one now. Raises ``UsageError`` where there is none of that number or it holds no more."""
    one = next((one for one in known if one.number == number), None)
    if one is None or not one.in_force(now):
        held = ", ".join(str(each.number) for each in known if each.in_force(now)) or "none"
        raise UsageError(f"number {number} is not in force", remedy=f"in force are: {held}")
    _said("--reason", reason)
    exceptions.end(connection, tenant, number, at=now, by=by, reason=reason.strip())
    audit.record(connection, tenant, now, by, f"{one.kind.replace('_', '-')}.end", one.subject,
                 {"number": number, "asset": one.asset, "reason": reason})
    return one


def _subject(subject: str, kind: str, pack: Pack) -> str:
    checks = {check.id: check for check in pack.checks}
    rows = {row.id for row in pack.rows}
    if subject not in checks and subject.upper() not in rows:
        close = get_close_matches(subject, [*checks, *rows], 3, 0.5)
        raise UsageError(f"{subject!r} is neither a check nor a row of the catalogue",
                         remedy=f"did you mean: {', '.join(close)}?" if close else "see: hustings policy list")
    found = subject if subject in checks else subject.upper()
    about = [check for check in pack.checks if found in (check.id, check.catalogue)]
    if kind == EXCEPTION and about and all(check.stop for check in about):
        raise UsageError(f"{found} must never fail: no exception is taken",
                         remedy="repair it; the grade is F until then")
    return found


def _asset(asset: str, office: Office) -> str:
    if not asset:
        return ""
    names = {one.name for one in office.assets or ()} | {
        one.report.host if one.report else one.host for one in office.machines}
    found = next((name for name in names if name.casefold() == asset.casefold()), None)
    if found is None:
        close = get_close_matches(asset, sorted(names), 3, 0.4)
        raise UsageError(f"no asset or machine is called {asset!r}", where="--asset",
                         remedy=f"did you mean: {', '.join(close)}?" if close else
                         "see: hustings server inventory show, hustings server agents")
    return found


def _said(name: str, text: str) -> None:
    if not text.strip():
        raise UsageError("it says nothing", where=name, remedy="write it in words that somebody else understands")
    if len(text) > TEXT_MAX or not all(one.isprintable() or one == "\n" for one in text):
        raise UsageError(f"more than {TEXT_MAX} characters, or characters that cannot be printed", where=name,
                         remedy="write it shorter, as plain text")


def _second(connection: Connection, tenant: str, owner: str, approved_by: str, by: str) -> None:
    person = people.by_name(connection, tenant, approved_by)
    if person is None or person.disabled is not None or person.role not in MAY_APPROVE:
        fit = [one.name for one in people.every(connection, tenant) if one.role in MAY_APPROVE and not one.disabled]
        raise UsageError(f"{approved_by!r} may not approve", where="--approved-by",
                         remedy=f"name an administrator or official: {', '.join(fit) or 'nobody is one yet'}")
    if approved_by.casefold() in (owner.strip().casefold(), by.partition(":")[2].casefold()):
        raise UsageError(f"{approved_by} cannot approve their own", where="--approved-by",
                         remedy="name somebody else than the owner and whoever enters it")
