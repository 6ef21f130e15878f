"""Accepting a failure for a while, or saying that something does not apply: what may be signed, and by whom.

The rules, the same on the pages and at the console:

- An exception says why, what protects meanwhile, who answers for it, and its last day: at most 90 days ahead for a
  critical control, 180 for one of high weight, a year for the rest. A control that must never fail is not accepted.
- It holds only once a second person has approved it: another than who answers for it and than who asked.
- That something does not apply may be said by one person; ``policies.not_applicable`` says how far that is believed.
- What holds is not signed a second time: it is renewed, which ends the one and begins the other.
- It ends by itself, or before, by one person's word: ending one needs no second.
- It changes no recorded result: a failure stays a failure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from difflib import get_close_matches

from sqlalchemy.engine import Connection

from hustings.errors import UsageError
from hustings.verdicts import Severity
from policies.model import Pack
from server.pages.language import N_
from server.records import EXCEPTION, Exemption
from server.spoken import Spoken
from server.store import agents, audit, exceptions, inventory, people
from server.store.people import Role

LONGEST = 366
"""Days that one may hold, at most."""
LONGEST_OF = {Severity.CRITICAL: 90, Severity.HIGH: 180}
"""Days that the failure of a control of this weight may be accepted for."""
MAY_ASK = frozenset({Role.ADMINISTRATOR, Role.STAFF, Role.OFFICIAL})
"""Who may ask for one on the pages, and end one."""
MAY_APPROVE = frozenset({Role.ADMINISTRATOR, Role.OFFICIAL})
"""Whose second signature counts."""
TEXT_MAX = 2_000
OWNER_MAX = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to be accepted, or declared not to apply."""

    kind: str
    """``exception`` or ``not_applicable``."""
    subject: str
    """A check, or a row of the catalogue."""
    asset: str
    """Its name; empty for the office as a whole."""
    reason: str
    owner: str
    until: date
    control: str = ""
    renews: int | None = None
    """The number of the one in whose place it comes."""


def fit(connection: Connection, tenant: str, pack: Pack, wish: Wish, now: datetime) -> Wish:
    """The wish with its names as they are written elsewhere, if it may be signed now. Raises ``Spoken``."""
    subject, asset = _subject(wish, pack), _asset(connection, tenant, wish.asset)
    _said("reason", wish.reason, TEXT_MAX)
    if wish.kind == EXCEPTION:
        _said("control", wish.control, TEXT_MAX)
    _said("owner", wish.owner, OWNER_MAX)
    known = held(connection, tenant)
    _last_day(replace(wish, subject=subject), pack, now)
    fits = replace(wish, subject=subject, asset=asset, reason=wish.reason.strip(), owner=wish.owner.strip(),
                   control=wish.control.strip() if wish.kind == EXCEPTION else "")
    _alone(fits, known, now)
    return fits


def longest(pack: Pack, subject: str, kind: str) -> int:
    """How many days ahead the last day of one about ``subject`` may lie."""
    weights = {one.id: one.severity for one in pack.checks} | {one.id: one.severity for one in pack.rows}
    severity = weights.get(subject, Severity.LOW)
    return LONGEST_OF.get(severity, LONGEST) if kind == EXCEPTION else LONGEST


def add(connection: Connection, tenant: str, pack: Pack, wish: Wish, *, approved_by: str = "", now: datetime,
        by: str) -> int:
    """Sign one at the console, where somebody names the second person. Returns its number. Raises ``UsageError``."""
    fits = fit(connection, tenant, pack, wish, now)
    if fits.kind == EXCEPTION and not approved_by:
        raise Spoken(N_("an exception needs a second person"),
                     N_("name an administrator or official of this office who approves it"), field="approved-by")
    if approved_by:
        _second(connection, tenant, fits.owner, approved_by, by)
    return sign(connection, tenant, fits, approved_by=approved_by, now=now, by=by)


def sign(connection: Connection, tenant: str, fits: Wish, *, approved_by: str, now: datetime, by: str,
         actor: str = "") -> int:
    """Write down one that ``fit`` let pass and, where it needs one, a second person approved. Returns its number.

    ``by`` asked for it; ``actor`` is whose act it is in the audit trail, where that is another.
    """
    actor = actor or by
    number = exceptions.add(connection, tenant, kind=fits.kind, subject=fits.subject, asset=fits.asset,
                            reason=fits.reason, control=fits.control, owner=fits.owner, approved_by=approved_by,
                            at=now, by=by, until=fits.until)
    audit.record(connection, tenant, now, actor, "exception.add" if fits.kind == EXCEPTION else "not-applicable.add",
                 fits.subject, {"number": number, "asset": fits.asset, "reason": fits.reason, "control": fits.control,
                                "owner": fits.owner, "approved_by": approved_by, "until": fits.until.isoformat(),
                                "renews": fits.renews, "asked_by": by})
    if fits.renews is not None:
        end(connection, tenant, fits.renews, reason=f"renewed: number {number}", now=now, by=actor)
    return number


def end(connection: Connection, tenant: str, number: int, *, reason: str, now: datetime, by: str) -> Exemption:
    """End one now. Raises ``Spoken`` where there is none of that number or it holds no more."""
    exceptions.hold(connection, tenant, number)
    known = held(connection, tenant)
    one = next((one for one in known if one.number == number), None)
    if one is None or not one.in_force(now):
        numbers = ", ".join(str(each.number) for each in known if each.in_force(now))
        raise Spoken(N_("number %(number)s is not in force"), N_("in force are: %(numbers)s"),
                     {"number": number, "numbers": numbers or "–"})
    _said("reason", reason, TEXT_MAX)
    exceptions.end(connection, tenant, number, at=now, by=by, reason=reason.strip())
    audit.record(connection, tenant, now, by, "exception.end" if one.kind == EXCEPTION else "not-applicable.end",
                 one.subject, {"number": number, "asset": one.asset, "reason": reason.strip()})
    return one


def held(connection: Connection, tenant: str) -> tuple[Exemption, ...]:
    """Every one there ever was, oldest first."""
    return tuple(Exemption(one.number, one.kind, one.subject, one.asset, one.reason, one.control, one.owner,
                           one.approved_by, one.at, one.by, one.until, one.ended)
                 for one in exceptions.every(connection, tenant))


def _subject(wish: Wish, pack: Pack) -> str:
    checks = {check.id for check in pack.checks}
    rows = {row.id for row in pack.rows}
    if wish.subject not in checks and wish.subject.upper() not in rows:
        close = get_close_matches(wish.subject, [*checks, *rows], 3, 0.5)
        raise Spoken(N_("%(name)s is neither a check nor a row of the catalogue"),
                     N_("did you mean: %(names)s?") if close else N_("see: hustings policy list"),
                     {"name": _short(wish.subject), "names": ", ".join(close)}, field="subject")
    found = wish.subject if wish.subject in checks else wish.subject.upper()
    about = [check for check in pack.checks if found in (check.id, check.catalogue)]
    if wish.kind == EXCEPTION and about and all(check.stop for check in about):
        raise Spoken(N_("%(name)s must never fail: no exception is taken"),
                     N_("repair it; the grade is F until then"), {"name": found}, field="subject")
    return found


def _asset(connection: Connection, tenant: str, asset: str) -> str:
    if not asset:
        return ""
    declared = inventory.current(connection, tenant)
    names = {one.asset for one in declared.assets} if declared else set()
    names |= {one.host for one in agents.summaries(connection, tenant)}
    found = next((name for name in sorted(names) if name.casefold() == asset.casefold()), None)
    if found is None:
        close = get_close_matches(asset, sorted(names), 3, 0.4)
        raise Spoken(N_("no asset or machine is called %(name)s"),
                     N_("did you mean: %(names)s?") if close else
                     N_("see: hustings server inventory show, hustings server agents"),
                     {"name": _short(asset), "names": ", ".join(close)}, field="asset")
    return found


def _said(name: str, text: str, most: int) -> None:
    if not text.strip():
        raise Spoken(N_("it says nothing"), N_("write it in words that somebody else understands"), field=name)
    if len(text) > most or not all(one.isprintable() or one in "\r\n" for one in text):
        raise Spoken(N_("more than %(most)s characters, or characters that cannot be printed"),
                     N_("write it shorter, as plain text"), {"most": most}, field=name)


def _last_day(wish: Wish, pack: Pack, now: datetime) -> None:
    today, ahead = now.date(), (wish.until - now.date()).days
    if not 0 <= ahead <= LONGEST:
        raise Spoken(N_("%(day)s is not a day in the coming year"),
                     N_("name a last day from %(today)s on, at most %(days)s days ahead"),
                     {"day": wish.until, "today": today, "days": LONGEST}, field="until")
    most = longest(pack, wish.subject, wish.kind)
    if ahead > most:
        raise Spoken(N_("%(day)s is too far away for a control of this weight"),
                     N_("name a last day at most %(days)s days ahead; it can be renewed"),
                     {"day": wish.until, "days": most}, field="until")


def _alone(wish: Wish, known: tuple[Exemption, ...], now: datetime) -> None:
    """One statement of a kind about a subject on an asset holds at a time; a single signature yields to two."""
    same = [one for one in known if one.in_force(now) and one.approved_by
            and (one.kind, one.subject, one.asset) == (wish.kind, wish.subject, wish.asset)]
    if wish.renews is not None and wish.renews not in [one.number for one in known if one.in_force(now)]:
        raise Spoken(N_("number %(number)s is not in force any more"), N_("ask for a new one"),
                     {"number": wish.renews})
    other = [one for one in same if one.number != wish.renews]
    if other:
        raise Spoken(N_("this is accepted or declared already, until %(day)s: number %(number)s"),
                     N_("renew that one, or end it"), {"day": other[0].until, "number": other[0].number},
                     field="subject")


def _second(connection: Connection, tenant: str, owner: str, approved_by: str, by: str) -> None:
    person = people.by_name(connection, tenant, approved_by)
    if person is None or person.disabled is not None or person.role not in MAY_APPROVE:
        able = [one.name for one in people.every(connection, tenant) if one.role in MAY_APPROVE and not one.disabled]
        raise UsageError(f"{_short(approved_by)} may not approve", where="approved-by",
                         remedy=f"name an administrator or official: {', '.join(able) or 'nobody is one yet'}")
    if approved_by.casefold() in (owner.casefold(), by.partition(":")[2].casefold()):
        raise UsageError(f"{approved_by} cannot approve their own", where="approved-by",
                         remedy="name somebody else than the owner and whoever enters it")


def _short(text: str) -> str:
    """What somebody typed, as it may stand in a message."""
    plain = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
    return repr(plain[:80])
