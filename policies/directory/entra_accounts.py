"""Accounts one by one: registered methods, disuse, leavers, sharing, passwords that never expire, forwarding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hustings.directory.entra import Registration, User
from hustings.facts import Missing, Reason
from hustings.times import utc_text
from policies.directory.entra_people import People, names
from policies.shared_names import shared_words

RESISTANT = frozenset({
    "fido2SecurityKey", "fido2", "passKeyDeviceBound", "passKeyDeviceBoundAuthenticator",
    "passKeyDeviceBoundWindowsHello", "passKeySynced", "windowsHelloForBusiness", "macOsSecureEnclaveKey",
    "x509CertificateMultiFactor",
})
"""What ``methodsRegistered`` of Microsoft Graph calls methods that cannot be phished."""
IDLE_DAYS = 30
"""From here on an unused account is listed; the check's own threshold decides."""


def facts(people: People) -> dict[str, Any]:
    """The facts about accounts."""
    return {
        **_registrations(people),
        "directory.dormant": people.state.missing("sign_ins") or people.listing(_dormant(people)),
        "directory.leavers": _leavers(people),
        "directory.shared_accounts": people.listing(_shared(people)),
        "directory.never_expiring": people.state.missing("domains") or people.listing(_never_expiring(people)),
        "directory.forwarding": people.state.missing("forwardings") or people.listing(_forwarding(people)),
        "directory.forwarding_allowed": people.state.missing("tenant_forwarding") or Missing(
            Reason.UNSUPPORTED, "Microsoft Graph does not tell whether mail may be forwarded automatically: attest "
            "the outbound spam policy"),
    }


def _registrations(people: People) -> dict[str, Any]:
    missing = people.state.missing("registrations")
    if missing is not None:
        return {"directory.not_registered": missing, "directory.weak_method": missing}
    known = {one.user: one for one in people.state.registrations}
    absent = sum(1 for one in people.users if one.id not in known)
    lacks = Missing(Reason.ERROR, f"the report of registered methods does not hold {absent} of the accounts"
                    ) if absent else None
    of_weight = [one for one in people.users if one.id in people.admins or people.high_value(one)]
    unseen = people.unseen_holders() if any(
        one.id not in people.admins and not _resistant(known.get(one.id)) for one in people.users) else None
    unreported = lacks if any(one.id not in known for one in of_weight) else None
    return {"directory.not_registered": people.listing(_not_registered(people, known), lacks),
            "directory.weak_method": people.listing(_weak(people, of_weight, known),
                                                    unseen or people.unseen_high_value or unreported)}


def _not_registered(people: People, known: dict[str, Registration]) -> Iterator[dict[str, Any]]:
    for user in people.users:
        found = known.get(user.id)
        if found is not None and not (found.registered and found.capable):
            yield {"account": user.name, "admin": people.is_admin(user), "guest": user.guest or user.external,
                   "declared": people.service(user) or people.declared(user)}


def _weak(people: People, users: list[User], known: dict[str, Registration]) -> Iterator[dict[str, Any]]:
    for user in users:
        found = known.get(user.id)
        if found is not None and not _resistant(found):
            yield {"account": user.name, "admin": people.is_admin(user), "declared": people.service(user),
                   "methods": sorted(found.methods)}


def _resistant(found: Registration | None) -> bool:
    return found is not None and not RESISTANT.isdisjoint(found.methods)


def _dormant(people: People) -> Iterator[dict[str, Any]]:
    now = people.context.now
    for user in people.users:
        since = user.last_sign_in or user.created
        days = (now - since).days if since is not None else None
        if days is not None and days < IDLE_DAYS:
            continue
        yield {"account": user.name, "admin": people.is_admin(user), "guest": user.guest or user.external,
               "declared": people.service(user) or people.context.break_glass(*names(user)),
               "days": days if days is not None else {"reason": str(Reason.ERROR),
                                                      "detail": "it never signed in, and when it was made is unknown"},
               **({"last": utc_text(user.last_sign_in)} if user.last_sign_in is not None else {})}


def _leavers(people: People) -> Any:
    found = people.context.leavers((one.name, names(one), people.is_admin(one)) for one in people.users)
    return people.listing(found) if isinstance(found, list) else found


def _shared(people: People) -> Iterator[dict[str, Any]]:
    for user in people.users:
        if shared_words(user.mail if user.external and user.mail else user.name):
            yield {"account": user.name, "admin": people.is_admin(user),
                   "owned": bool(people.context.shared_owner(*names(user))) or people.service(user)}


def _never_expiring(people: People) -> Iterator[dict[str, Any]]:
    """Where the user's domain lets passwords expire and the user's does not."""
    expiring = {one.name.casefold() for one in people.state.domains if one.password_validity_days > 0}
    for user in people.users:
        domain = user.name.rpartition("@")[2].casefold()
        if user.password_never_expires and domain in expiring and not user.external:
            yield {"account": user.name, "admin": people.is_admin(user),
                   "declared": people.service(user) or people.context.break_glass(*names(user))}


def _forwarding(people: People) -> Iterator[dict[str, Any]]:
    users = {name: one for one in people.state.users for name in (one.name, one.id)}
    for one in people.state.forwardings:
        user = users.get(one.user)
        if user is None or user.enabled:
            yield {"account": user.name if user is not None else one.user, "outside": one.outside}
