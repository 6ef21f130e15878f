"""Accounts one by one: administrators, disuse, leavers, sharing, those that came with the directory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from hustings.directory.ldap import Account
from hustings.facts import Listing, Missing, Reason
from hustings.roster import Roster
from hustings.times import utc_text
from policies.directory.ldap_view import View, names
from policies.shared_names import shared_words

IDLE_DAYS = 30
"""From here on an unused account is listed; the check's own threshold decides."""
KRBTGT_DAYS = 180
DEFAULTS = {"500": "administrator_open", "501": "guest_open", "503": "default_account_open"}
"""By relative identifier ([MS-DTYP] 2.4.2.4): accounts that every domain comes with."""
_KRBTGT = "502"
WHY = {
    "administrator_open": "The account Administrator that the domain came with is open and no declared break-glass.",
    "guest_open": "The guest account that the domain came with is open.",
    "default_account_open": "The account DefaultAccount that the domain came with is open.",
    "krbtgt_old_password": f"The key that all tickets rest on was not changed for {KRBTGT_DAYS} days.",
}
"""The reasons of ``directory.default_accounts``."""
_SIDS = {
    "S-1-1-0": "Everyone", "S-1-5-7": "Anonymous", "S-1-5-11": "Authenticated Users", "S-1-5-4": "Interactive",
    "S-1-5-2": "Network", "S-1-5-32-545": "Users", "S-1-5-32-546": "Guests", "S-1-5-15": "This Organization",
}


def facts(view: View) -> dict[str, Any]:
    """The facts about accounts."""
    people = [one for one in view.people if view.person(one)]
    unknown = view.admins_unknown
    blocked = view.state.missing("accounts", "enabled", "expires")
    administrators = [one for one in view.state.accounts if one.id in view.admins.principals and view.open(one)]
    return {
        "directory.people": blocked or len(people),
        "directory.administrators": blocked or unknown or len(administrators),
        "directory.top_admins": unknown if unknown and not view.top.principals else view.listing(
            _top(view), "groups", why=_more(view)),
        "directory.break_glass": Listing(list(_break_glass(view))),
        "directory.admins_with_mailbox": unknown if unknown and not administrators else view.listing(
            _with_mailbox(view, administrators), why=unknown or _mail_unseen(view, administrators)),
        "directory.weak_method": _weak_method(view) if view.ad else None,
        "directory.dormant": _dormant_listing(view),
        "directory.leavers": _leavers(view),
        "directory.shared_accounts": view.listing(_shared(view)),
        "directory.default_accounts": view.listing(_defaults(view), why=_undated(view)) if view.ad else None,
    }


def known_as(identifier: str) -> str:
    """The English name of a well-known identifier; the identifier itself for others."""
    return _SIDS.get(identifier, identifier)


def _more(view: View) -> Missing | None:
    if view.top.why:
        return Missing(Reason.DENIED, view.top.why)
    return None if view.ad else view.admins_unknown


def _top(view: View) -> Iterator[dict[str, Any]]:
    for identifier, via in view.top.principals.items():
        account = view.accounts.get(identifier)
        if account is None and _own(view, identifier):
            continue
        if account is None:
            yield {"account": known_as(identifier), "kind": "guest", "guest": True, "via": list(via),
                   "eligible": False, "break_glass": False}
        elif view.open(account):
            yield {"account": account.name, "kind": "person" if view.person(account) else "service", "guest": False,
                   "via": list(via), "eligible": False, "break_glass": view.context.break_glass(*names(account))}


def _own(view: View, identifier: str) -> bool:
    """Whether somebody who is not among the accounts may be one all the same: not all of them were read."""
    foreign = identifier in _SIDS or (view.ad and identifier.rpartition("-")[0] != view.state.domain)
    return not foreign and view.state.missing("accounts") is not None


def _break_glass(view: View) -> Iterator[dict[str, Any]]:
    for declared in view.context.tenant.break_glass:
        found = [one for one in view.state.accounts
                 if declared.casefold() in {name.casefold() for name in names(one)}]
        usable = any(view.open(one) and one.id in view.top.principals for one in found)
        unseen = None if found else view.state.missing("accounts")
        unsure = unseen or view.state.missing("enabled", "expires") or view.admins_unknown
        yield {"account": declared, "found": unseen or bool(found), "usable": usable or unsure or False}


def _with_mailbox(view: View, administrators: list[Account]) -> Iterator[dict[str, Any]]:
    for one in administrators:
        if one.kind == "person" and (one.mailbox or one.mail):
            yield {"account": one.name, "declared": view.declared(one),
                   "detail": "it has an Exchange mailbox" if one.mailbox else "it has a mail address"}


def _mail_unseen(view: View, administrators: list[Account]) -> Missing | None:
    hidden = any("names" in one.hidden and not (one.mailbox or one.mail) for one in administrators)
    return view.state.missing("names") if hidden else None


def _weak_method(view: View) -> Any:
    """Of Active Directory alone: a smart card may be demanded of an account, or a key be registered for it."""
    wanted = view.admins.principals.keys() | view.high_value
    items = [{"account": one.name, "admin": view.admin(one), "declared": view.declared(one), "methods": ["password"]}
             for one in view.people if one.id in wanted and "smart_card_required" not in one.flags
             and not one.key_credentials]
    return view.listing(items, "groups", why=view.admins_unknown)


def _dormant_listing(view: View) -> Any:
    why = view.state.missing("last_sign_ins")
    if why is not None and not any(one.idle_since for one in view.state.accounts):
        return why
    return view.listing(_dormant(view), "last_sign_ins")


def _dormant(view: View) -> Iterator[dict[str, Any]]:
    """``days`` is how long it was certainly not used: the lag of the directory's notes is taken off."""
    now = view.context.now
    for one in view.people:
        if "last_sign_ins" in one.hidden:
            continue
        since = one.idle_since or max((moment for moment in (one.created, view.state.noted_since) if moment),
                                      default=None)
        days = max(0, (now - since).days) if since is not None and (one.idle_since or one.created) else None
        if days is not None and days < IDLE_DAYS:
            continue
        yield {"account": one.name, "admin": view.admin(one), "guest": False, "declared": view.declared(one),
               "days": days if days is not None else Missing(
                   Reason.ERROR, "it never signed in, and when it was made is not shown"),
               **({"last": utc_text(one.last_sign_in)} if one.last_sign_in is not None else {})}


def _leavers(view: View) -> Any:
    found = view.context.leavers((one.name, names(one), view.admin(one)) for one in view.state.accounts
                                 if one.kind in ("person", "service") and view.open(one))
    return view.listing(found, "names") if isinstance(found, list) else found


def _shared(view: View) -> Iterator[dict[str, Any]]:
    builtin = set(DEFAULTS) | {_KRBTGT}
    for one in view.people:
        if _rid(view, one) in builtin or not shared_words(one.name):
            continue
        roster = view.context.roster
        if isinstance(roster, Roster) and roster.person(*names(one)) is not None:
            continue
        yield {"account": one.name, "admin": view.admin(one),
               "owned": bool(view.context.shared_owner(*names(one))) or view.context.service(*names(one))}


def _defaults(view: View) -> Iterator[dict[str, Any]]:
    """Accounts by relative identifier: their names may have been changed, and differ by language."""
    for one in view.state.accounts:
        relative = _rid(view, one)
        if relative in DEFAULTS and view.open(one) and not (
                relative == "500" and view.context.break_glass(*names(one))):
            yield {"account": one.name, "why": DEFAULTS[relative]}
        if relative == _KRBTGT and _old(one.password_set, view.context.now):
            yield {"account": one.name, "why": "krbtgt_old_password"}


def _undated(view: View) -> Missing | None:
    if not view.state.domain or any(not one.id.startswith("S-1-") for one in view.state.accounts):
        return Missing(Reason.DENIED, "the identifiers by which these accounts are known are hidden (objectSid)")
    if any(_rid(view, one) == _KRBTGT and one.password_set is None for one in view.state.accounts):
        return Missing(Reason.DENIED, "when the password of krbtgt was changed is not shown (pwdLastSet)")
    return None


def _rid(view: View, one: Account) -> str:
    """The relative identifier of an account of this domain; "" elsewhere."""
    above, _, relative = one.id.rpartition("-")
    return relative if view.state.domain and above == view.state.domain else ""


def _old(changed: datetime | None, now: datetime) -> bool:
    return changed is not None and now - changed > timedelta(days=KRBTGT_DAYS)
