"""Settings of a whole tenant from what Microsoft Graph answers: domains, licences, invitations, passwords. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from collectors._entra_fields import Body, flag, needed, number, record, records, text, texts
from collectors.host.protocol import Unreadable
from hustings.directory.entra import Authorization, Passwords, TenantDomain

PASSWORD_RULES = "5cf42378-d67d-4f36-ba46-e8b86229381d"
"""The template of "Password Rule Settings"."""
NEVER = 2147483647
"""What Graph writes for passwords that last for ever."""
DEFAULT_VALIDITY = 90
"""Days, where a domain says nothing (``domain`` of the reference)."""


def domain(body: Body) -> TenantDomain:
    """A ``domain``."""
    federated = text(body, "authenticationType").casefold() == "federated"
    days = number(body, "passwordValidityPeriodInDays", 0 if federated else DEFAULT_VALIDITY)
    return TenantDomain(needed(body, "id").lower(), flag(body, "isVerified", True), federated,
                        0 if days >= NEVER or days < 0 else days)


def plans(body: Body) -> list[str]:
    """The service plans of a ``subscribedSku`` that are in force: of a subscription that is paid for or in its
    time of grace, and provisioned."""
    if text(body, "capabilityStatus") not in ("Enabled", "Warning"):
        return []
    return [name for plan in records(body, "servicePlans") if (name := text(plan, "servicePlanName"))
            and text(plan, "provisioningStatus") in ("Success", "PendingInput", "PendingActivation",
                                                     "PendingProvisioning", "")]


def authorization(body: Body) -> Authorization:
    """The ``authorizationPolicy``, alone or as the only one of a list."""
    if isinstance(body.get("value"), list):
        held = records(body, "value")
        if not held:
            raise Unreadable("Microsoft Graph answered no authorizationPolicy")
        body = held[0]
    members = record(body, "defaultUserRolePermissions")
    return Authorization(
        invites=needed(body, "allowInvitesFrom"), guest_role=text(body, "guestUserRoleId"),
        consent=texts(members, "permissionGrantPoliciesAssigned"),
        users_register_apps=flag(members, "allowedToCreateApps", True))


def passwords(settings: Iterable[Body]) -> Passwords:
    """Of all ``groupSetting`` of the tenant, the rules for passwords; Microsoft's defaults where it has none."""
    for one in settings:
        if text(one, "templateId") == PASSWORD_RULES or text(one, "displayName") == "Password Rule Settings":
            return _rules({text(pair, "name"): text(pair, "value") for pair in records(one, "values")})
    return Passwords()


def _rules(said: dict[str, str]) -> Passwords:
    default = Passwords()
    return Passwords(
        lockout_threshold=_whole(said, "LockoutThreshold", default.lockout_threshold),
        lockout_seconds=_whole(said, "LockoutDurationInSeconds", default.lockout_seconds),
        banned_list=_yes(said, "EnableBannedPasswordCheck") and bool(said.get("BannedPasswordList", "").strip()),
        on_premises=(_yes(said, "EnableBannedPasswordCheckOnPremises")
                     and said.get("BannedPasswordCheckOnPremisesMode", "").casefold().startswith("enforce")))


def _yes(said: dict[str, str], name: str) -> bool:
    return said.get(name, "").casefold() == "true"


def _whole(said: dict[str, str], name: str, default: int) -> int:
    value = said.get(name, "").strip()
    if not value:
        return default
    if not value.isdecimal():
        raise Unreadable(f"Microsoft Graph answered {name} as no whole number")
    return int(value)
