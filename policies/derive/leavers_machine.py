"""Accounts of this machine that belong to people who left, by the office's roster."""

from __future__ import annotations

from typing import Any

from hustings.errors import ConfigError
from hustings.facts import ACCOUNT, PERSON, Disclosure, Fact, Field, Listing, Missing, Reason, Type
from hustings.roster import parse
from policies.derive.base import Derived, Inputs

_ROSTER, _ACCOUNTS, _ADMINS = "people.roster", "accounts.local", "accounts.administrators"
_LOCKED = Missing(Reason.UNSUPPORTED, "its password is locked; whether a key opens it is not read")


def _derive(inputs: Inputs) -> dict[str, Any]:
    return {"accounts.leavers": _leavers(inputs)}


def _leavers(inputs: Inputs) -> Listing | Missing | None:
    roster, accounts = inputs.facts[_ROSTER], inputs.facts[_ACCOUNTS]
    if roster.absent:
        return None
    for name, seen in ((_ROSTER, roster), (_ACCOUNTS, accounts)):
        if seen.missing is not None:
            return Missing(seen.missing.reason, f"{name}: {seen.missing.detail or seen.missing.reason}")
    if accounts.listing is None or accounts.as_of is None:
        return Missing(Reason.ERROR, f"{_ACCOUNTS}: no accounts were read")
    try:
        known = parse(str(roster.value), inputs.declared.roster)
    except ConfigError as error:
        return Missing(Reason.ERROR, f"{_ROSTER}: {error.what}")
    today, found, admin = accounts.as_of.date(), [], _Admins(inputs)
    for one in accounts.listing.items:
        person = known.leaver(today, one["name"])
        if person is None:
            continue
        record = {"person": person.id, "account": one["name"], "open": _open(one, today.isoformat()),
                  "admin": admin.is_one(one)}
        found.append(record | ({"left": person.left.isoformat()} if person.left else {}))
    return Listing(found, accounts.listing.complete, accounts.listing.why)


def _open(account: dict[str, Any], today: str) -> bool | Missing:
    """Whether somebody can sign in with it: a shell and a way to it, before the day on which it closes."""
    closes, shell, password = (account.get(one) for one in ("closes", "interactive", "password_usable"))
    if isinstance(closes, str) and closes[:10] <= today:
        return False
    if shell is False:
        return False
    for one in (shell, password):
        if isinstance(one, Missing):
            return one
    if isinstance(closes, Missing):
        return closes
    return True if password else _LOCKED


class _Admins:
    """Who administers this machine: number 0, and the members of the groups that do."""

    def __init__(self, inputs: Inputs) -> None:
        seen = inputs.facts.get(_ADMINS)
        listing = seen.listing if seen is not None else None
        self._names = {one["name"] for one in listing.items} if listing is not None else set()
        self._why: Missing | None = None
        if listing is None or not listing.complete:
            self._why = (seen.missing if seen is not None else None) or (listing.why if listing is not None else None) \
                or Missing(Reason.ERROR, f"{_ADMINS}: no groups were read")

    def is_one(self, account: dict[str, Any]) -> bool | Missing:
        if account.get("uid") == 0 or account["name"] in self._names:
            return True
        return self._why or False


DERIVED = Derived(
    facts=(
        Fact("accounts.leavers", Type.RECORDS, "Accounts of this machine that belong to people who left, by the "
             "office's roster; absent where none is declared", Disclosure.PSEUDONYM, fields=(
                 Field("person", Type.TEXT, "The person", PERSON), Field("account", Type.TEXT, "The account", ACCOUNT),
                 Field("open", Type.BOOL, "Whether somebody can sign in with it"),
                 Field("admin", Type.BOOL, "Whether it is root's equal, or in the groups sudo, wheel or admin"),
                 Field("left", Type.TIME, "The person's last day; absent where only the list of digests knows"))),
    ),
    inputs=(_ROSTER, _ACCOUNTS, _ADMINS),
    derive=_derive,
    releases="It tells which accounts of people who left are there, and whether they are open. Names leave as "
             "pseudonyms; the roster and the list of accounts stay.",
)
