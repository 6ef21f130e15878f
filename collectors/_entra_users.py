"""Accounts of a tenant, and the second factors they registered, from what Microsoft Graph answers. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec

from collectors._entra_fields import Body, flag, moment, needed, record, records, text, texts
from hustings.directory.entra import Registration, User

SELECT = ("id,userPrincipalName,mail,accountEnabled,userType,createdDateTime,onPremisesSyncEnabled,"
          "passwordPolicies,proxyAddresses")
SIGN_INS = f"{SELECT},signInActivity"
PLANS = "id,assignedPlans"


def user(body: Body) -> User:
    """A ``user``. Without ``signInActivity`` in the answer it never signed in, as Graph leaves it out then."""
    name, mail = text(body, "userPrincipalName") or needed(body, "id"), text(body, "mail")
    return User(
        id=needed(body, "id"), name=name, mail=mail, aliases=_aliases(body, name, mail),
        enabled=flag(body, "accountEnabled", True), guest=text(body, "userType").casefold() == "guest",
        external="#EXT#" in name.upper(), created=moment(body, "createdDateTime"),
        last_sign_in=_last(record(body, "signInActivity")), mailbox=bool(mail),
        synced=flag(body, "onPremisesSyncEnabled"),
        password_never_expires="DisablePasswordExpiration" in text(body, "passwordPolicies"))


def _aliases(body: Body, *known: str) -> tuple[str, ...]:
    """The other addresses at which it gets mail: ``smtp:`` and ``SMTP:`` entries, as Exchange keeps them."""
    folded = {one.casefold() for one in known}
    found = (one[5:] for one in texts(body, "proxyAddresses") if one[:5].casefold() == "smtp:")
    return tuple(one for one in found if one and one.casefold() not in folded)


def _last(activity: Body) -> datetime | None:
    """The last sign-in that succeeded; where Graph does not know one (it counts them since December 2023), the last
    attempt, which may have been anybody's."""
    done = moment(activity, "lastSuccessfulSignInDateTime")
    if done is not None:
        return done
    tried = [moment(activity, key) for key in ("lastSignInDateTime", "lastNonInteractiveSignInDateTime")]
    return max((one for one in tried if one is not None), default=None)


def has_mailbox(body: Body) -> tuple[bool, ...]:
    """Whether an Exchange plan is assigned and enabled; nothing where the answer does not tell."""
    if body.get("assignedPlans") is None:
        return ()
    return (any(text(plan, "service").casefold() == "exchange" and text(plan, "capabilityStatus") == "Enabled"
                for plan in records(body, "assignedPlans")),)


def with_mailbox(account: User, planned: bool, own: Collection[str]) -> User:
    """The account with what its plans say. One that comes from an Active Directory with an address of the
    organisation's own domains may have its mailbox there."""
    there = account.synced and account.mail.rpartition("@")[2].casefold() in own
    return msgspec.structs.replace(account, mailbox=planned or there)


def registration(body: Body) -> Registration:
    """A ``userRegistrationDetails``."""
    return Registration(needed(body, "id"), flag(body, "isMfaRegistered"), flag(body, "isMfaCapable"),
                        texts(body, "methodsRegistered"))


def per_user_mfa(body: Body) -> str:
    """The state of multifactor authentication set by user: ``disabled``, ``enabled``, ``enforced``."""
    return text(body, "perUserMfaState")
