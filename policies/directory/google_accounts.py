"""Accounts of a Google Workspace tenant one by one: second steps set up, disuse, leavers, sharing, forwarding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hustings.directory.google import Device, State
from hustings.facts import Listing, Missing, Reason
from hustings.times import utc_text
from policies.directory.google_admins import usage_of
from policies.directory.google_people import People, names, reason
from policies.lifecycle import End
from policies.shared_names import shared_words

_WEAK_METHOD = "2-step verification without a security key or passkey"
IDLE_DAYS = 30
"""From here on an unused account is listed; the check's own threshold decides."""


def facts(people: People) -> dict[str, Any]:
    """The facts about accounts and devices."""
    unsaid = sum(1 for one in people.users if one.enrolled is None)
    lacks = Missing(Reason.ERROR, f"Google does not say of {unsaid} accounts whether a second step is set up"
                    ) if unsaid else None
    return {
        "directory.not_registered": people.listing(_not_registered(people), lacks),
        "directory.weak_method": _weak(people),
        "directory.dormant": _dormant_listing(people),
        "directory.leavers": _leavers(people),
        "directory.shared_accounts": people.listing(_shared(people)),
        "directory.forwarding": _forwarding(people),
        "directory.devices": devices(people.state),
    }


def _not_registered(people: People) -> Iterator[dict[str, Any]]:
    for user in people.users:
        if user.enrolled is False:
            yield {"account": user.name, "admin": people.is_admin(user), "guest": user.guest,
                   "declared": people.declared(user)}


def _weak(people: People) -> Listing | Missing:
    """By the usage report: those without a security key and without a passkey."""
    if people.state.report is None:
        return people.state.missing("report") or Missing(Reason.ERROR, "there is no usage report")
    usage = usage_of(people)
    found: list[dict[str, Any]] = []
    doubt: Missing | None = None
    hidden = False
    unseen = people.unseen_admins or people.unseen_high_value
    for user in people.users:
        matters = user.id in people.admins or people.high_value(user)
        if not matters and unseen is None:
            continue
        seen = usage.get(user.id)
        counts = [] if seen is None else [one for one in (seen.security_keys, seen.passkeys) if one is not None]
        if any(counts):
            continue
        if not matters:
            hidden = True
        elif seen is None or seen.security_keys is None:
            doubt = doubt or Missing(Reason.ERROR, "the usage report does not tell of everybody who should have a "
                                     "security key whether there is one")
        else:
            found.append({"account": user.name, "admin": people.is_admin(user), "declared":
                          people.context.break_glass(*names(user)) or people.service(user),
                          "methods": [_WEAK_METHOD] if user.enrolled else []})
    return people.listing(found, doubt, unseen if hidden else None)


def _dormant_listing(people: People) -> Listing:
    """Without the usage report, an account with a mailbox may have been used since its last sign-in."""
    unread = people.state.missing("report")
    items = list(_dormant(people, unread))
    return people.listing(items, unread if any(isinstance(one["days"], dict) for one in items) else None)


def _dormant(people: People, unread: Missing | None) -> Iterator[dict[str, Any]]:
    """By the last sign-in, or where it is later, the last time mail was read: a session may last for months."""
    now = people.context.now
    usage = usage_of(people)
    for user in people.users:
        seen = usage.get(user.id)
        times = [one for one in (user.last_sign_in, seen.last_read if seen is not None else None) if one is not None]
        last = max(times, default=None)
        since = last or user.created
        days = (now - since).days if since is not None else None
        why = Missing(Reason.ERROR, "it never signed in, and when it was made is unknown")
        if days is not None and days < IDLE_DAYS:
            continue
        if unread is not None and user.mailbox is not False:
            days, why = None, unread
        yield {"account": user.name, "admin": people.is_admin(user), "guest": user.guest,
               "declared": people.service(user) or people.context.break_glass(*names(user)),
               "days": days if days is not None else reason(why),
               **({"last": utc_text(last)} if last is not None else {})}


def _leavers(people: People) -> Any:
    found = people.context.leavers((one.name, names(one), people.is_admin(one)) for one in people.users)
    return people.listing(found) if isinstance(found, list) else found


def _shared(people: People) -> Iterator[dict[str, Any]]:
    for user in people.users:
        if shared_words(user.name):
            yield {"account": user.name, "admin": people.is_admin(user),
                   "owned": bool(people.context.shared_owner(*names(user))) or people.service(user)}


def _forwarding(people: People) -> Listing | Missing:
    missing = people.state.missing("forwardings")
    enabled = {one.name for one in people.users}
    items = [{"account": one.user, "outside": one.outside} for one in people.state.forwardings if one.user in enabled]
    return missing if missing is not None and not items else people.listing(items, missing)


def devices(state: State) -> Listing | Missing:
    """Of all kinds that may be read; of those that may not, the list says why it is not whole."""
    closed = [missing for one in ("computers", "mobiles", "chromebooks") if (missing := state.missing(one)) is not None]
    why = Missing(closed[0].reason, "; ".join(dict.fromkeys(one.detail for one in closed))[:600]) if closed else None
    items = [_device(one) for one in (*state.computers, *state.mobiles, *state.chromebooks)]
    if why is not None and not items:
        return why
    return Listing(items, why is None, why)


def _device(one: Device) -> dict[str, Any]:
    said = {"encrypted": one.encrypted, "compliant": one.compliant, "personal": one.personal}
    return {"device": one.name, **({"account": one.user} if one.user else {}), "os": one.os, "version": one.version,
            **{name: value if value is not None else reason(Missing(Reason.UNSUPPORTED, "Google does not tell"))
               for name, value in said.items()},
            **({"last_seen": utc_text(one.last_seen)} if one.last_seen is not None else {}),
            **({"support": str(End.DATED), "support_ends": one.supported_until.isoformat()}
               if one.supported_until is not None else {})}
