"""Making and revoking tokens of the API: what a person may make, and what the trail says of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy.engine import Connection

from server.access.rules import ANY_TOKEN, Reviewing, Rule
from server.api.scopes import SCOPES
from server.pages.language import N_
from server.spoken import Spoken
from server.store import api_tokens, audit
from server.store.api_tokens import LONGEST, MOST, NAME_MOST, ApiToken
from server.store.people import Role

USUAL_DAYS = 90


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asked for, checked."""

    name: str
    scopes: tuple[str, ...]
    days: int


@cache
def _rules() -> tuple[Rule, ...]:
    from server.api.application import discovered

    return tuple(one.opt["access"] for one in discovered())


def useful(role: Role) -> tuple[str, ...]:
    """The scopes with which a token of somebody with this role can do anything at all."""
    def may(rule: Rule) -> bool:
        if role is Role.REVIEWER and Role.REVIEWER not in (rule.roles or ()):
            return rule.reviewing in (Reviewing.SCOPED, Reviewing.WHOLE)
        return role in (rule.roles or ())

    found = {rule.token for rule in _rules() if rule.token != ANY_TOKEN and may(rule)}
    return tuple(one for one in SCOPES if one in found)


def read(name: str, scopes: Iterable[str], days: str, role: Role) -> Wanted:
    """What was typed, checked. Raises ``Spoken`` with the field it is about."""
    chosen = tuple(dict.fromkeys(scopes))
    may = useful(role)
    if not 1 <= len(name.strip()) <= NAME_MOST or not name.strip().isprintable():
        raise Spoken(N_("The name cannot be taken."), N_("Write 1 to %(most)s printable characters that say what the "
                                                        "token is for."), {"most": NAME_MOST}, field="name")
    if not chosen:
        raise Spoken(N_("The token could do nothing."), N_("Choose at least one thing that it may do."), field="scopes")
    if wrong := [one for one in chosen if one not in may]:
        raise Spoken(N_("Your account cannot give this to a token: %(scope)s."),
                     N_("Choose only what your own account may do."), {"scope": wrong[0][:40]}, field="scopes")
    if not (days.isascii() and days.isdigit() and len(days) < 5 and 1 <= int(days) <= LONGEST.days):
        raise Spoken(N_("The number of days cannot be taken."), N_("Write a number from 1 to %(most)s."),
                     {"most": LONGEST.days}, field="days")
    return Wanted(name.strip(), chosen, int(days))


def make(connection: Connection, tenant: str, person: int, wanted: Wanted, *, now: datetime, by: str,
         engagement: int | None = None) -> tuple[int, str]:
    """Make one, in the open transaction of its maker's tenant: its number, and the token itself. Raises ``Spoken``."""
    held = [one for one in api_tokens.every(connection, tenant) if one.person == person and not one.ended(now)]
    if len(held) >= MOST:
        raise Spoken(N_("%(count)s tokens of yours are in force, which is the most one person has."),
                     N_("Revoke one that is not used any more."), {"count": len(held)})
    number, secret = api_tokens.create(
        connection, tenant, person, name=wanted.name, scopes=wanted.scopes, life=timedelta(days=wanted.days), now=now,
        by=by, engagement=engagement)
    audit.record(connection, tenant, now, by, "api-token.make", wanted.name, _detail(number, wanted, engagement))
    return number, secret


def revoke(connection: Connection, tenant: str, number: int, *, now: datetime, by: str) -> ApiToken | None:
    """Revoke one, in the open transaction. None if there is none of that number; again is no error."""
    found = api_tokens.get(connection, tenant, number)
    if found is not None and api_tokens.revoke(connection, tenant, number, now, by):
        audit.record(connection, tenant, now, by, "api-token.revoke", found.name,
                     {"number": number, "maker": found.maker})
    return found


def _detail(number: int, wanted: Wanted, engagement: int | None) -> Mapping[str, object]:
    more = {} if engagement is None else {"engagement": engagement}
    return {"number": number, "scopes": list(wanted.scopes), "days": wanted.days, **more}
