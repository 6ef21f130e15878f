"""Conditional access as Microsoft Graph v1.0 answers it, in the words of ``hustings.directory.entra``. Pure.

A policy is only as good as what is understood of it: whatever restricts it and is not known here is kept by name
in ``others`` or ``other_controls``, and such a policy is not relied upon.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from collectors._entra_fields import Body, empty, flag, needed, record, text, texts
from hustings.directory.entra import Guests, Location, Policy, Strength

CLIENTS = frozenset({"all", "browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other"})
RISKS = frozenset({"low", "medium", "high", "none", "hidden"})
PLATFORMS = frozenset({"all", "android", "iOS", "windows", "windowsPhone", "macOS", "linux"})
GUESTS = frozenset({"internalGuest", "b2bCollaborationGuest", "b2bCollaborationMember", "b2bDirectConnectUser",
                    "otherExternalUser", "serviceProvider"})
CONTROLS = frozenset({"block", "mfa", "compliantDevice", "domainJoinedDevice", "approvedApplication",
                      "compliantApplication", "passwordChange", "unknownFutureValue"})
"""The words of Graph v1.0 that are understood (``conditionalAccessConditionSet``, ``conditionalAccessGrantControls``
of its reference)."""
_USERS = frozenset({"includeUsers", "excludeUsers", "includeGroups", "excludeGroups", "includeRoles", "excludeRoles",
                    "includeGuestsOrExternalUsers", "excludeGuestsOrExternalUsers"})
_APPS = frozenset({"includeApplications", "excludeApplications", "applicationFilter", "includeUserActions",
                   "includeAuthenticationContextClassReferences"})
_CONDITIONS = frozenset({"users", "applications", "clientAppTypes", "platforms", "locations", "userRiskLevels",
                         "signInRiskLevels", "devices"})
_GRANTS = frozenset({"operator", "builtInControls", "authenticationStrength", "customAuthenticationFactors",
                     "termsOfUse"})


def policy(body: Body) -> Policy:
    """A ``conditionalAccessPolicy``. Raises ``Unreadable`` for one that Graph cannot have meant so."""
    conditions, grants = record(body, "conditions"), record(body, "grantControls")
    users, apps = record(conditions, "users"), record(conditions, "applications")
    platforms, locations = record(conditions, "platforms"), record(conditions, "locations")
    devices = record(conditions, "devices")
    clients, controls = texts(conditions, "clientAppTypes"), texts(grants, "builtInControls")
    user_risks, sign_in_risks = texts(conditions, "userRiskLevels"), texts(conditions, "signInRiskLevels")
    included, excluded = texts(platforms, "includePlatforms"), texts(platforms, "excludePlatforms")
    strength_id = text(record(grants, "authenticationStrength"), "id")
    return Policy(
        id=needed(body, "id"), name=text(body, "displayName"), state=needed(body, "state"),
        include_users=texts(users, "includeUsers"), exclude_users=texts(users, "excludeUsers"),
        include_groups=texts(users, "includeGroups"), exclude_groups=texts(users, "excludeGroups"),
        include_roles=texts(users, "includeRoles"), exclude_roles=texts(users, "excludeRoles"),
        include_guests=_guests(record(users, "includeGuestsOrExternalUsers")),
        exclude_guests=_guests(record(users, "excludeGuestsOrExternalUsers")),
        include_apps=texts(apps, "includeApplications"), exclude_apps=texts(apps, "excludeApplications"),
        app_filter=not empty(apps.get("applicationFilter")),
        user_actions=texts(apps, "includeUserActions"),
        contexts=texts(apps, "includeAuthenticationContextClassReferences"),
        clients=_known(clients, CLIENTS),
        include_platforms=included, exclude_platforms=excluded,
        include_locations=texts(locations, "includeLocations"), exclude_locations=texts(locations, "excludeLocations"),
        user_risks=_known(user_risks, RISKS), sign_in_risks=_known(sign_in_risks, RISKS),
        device_filter=_filter(record(devices, "deviceFilter")),
        others=(
            *_besides(conditions, _CONDITIONS | ({"authenticationFlows"} if _no_flows(conditions) else set())),
            *_everything(users, ("includeGroups", "excludeGroups", "includeRoles", "excludeRoles"), "users."),
            *_everything(platforms, ("excludePlatforms",), "platforms."),
            *_everything(locations, ("excludeLocations",), "locations."), *_besides(users, _USERS, "users."),
            *_besides(apps, _APPS, "applications."), *_besides(devices, {"deviceFilter"}, "devices."),
            *_besides(platforms, {"includePlatforms", "excludePlatforms"}, "platforms."),
            *_besides(locations, {"includeLocations", "excludeLocations"}, "locations."),
            *_strange(clients, CLIENTS, "clientAppTypes"), *_strange((*included, *excluded), PLATFORMS, "platforms"),
            *_strange(user_risks, RISKS, "userRiskLevels"), *_strange(sign_in_risks, RISKS, "signInRiskLevels"),
            *_strange_guests(record(users, "includeGuestsOrExternalUsers"), "includeGuestsOrExternalUsers"),
            *_strange_guests(record(users, "excludeGuestsOrExternalUsers"), "excludeGuestsOrExternalUsers"),
            *(() if empty(body.get("partialEnablementStrategy")) else ("partialEnablementStrategy",)),
        ),
        operator=text(grants, "operator") or "OR",
        controls=_known(controls, CONTROLS), strength=strength_id,
        other_controls=(
            *texts(grants, "customAuthenticationFactors"), *texts(grants, "termsOfUse"),
            *(one for one in controls if one not in CONTROLS), *_besides(grants, _GRANTS),
            *(() if strength_id or empty(grants.get("authenticationStrength")) else ("authenticationStrength",)),
        ),
    )


def location(body: Body) -> Location:
    """A ``namedLocation``. Of a kind that is neither by address nor by country, the kind is Graph's own name."""
    kind = text(body, "@odata.type").removeprefix("#").removeprefix("microsoft.graph.").removesuffix("NamedLocation")
    return Location(needed(body, "id"), text(body, "displayName"), flag(body, "isTrusted"), kind or "ip")


def strength(body: Body) -> Strength:
    """An ``authenticationStrengthPolicy``, listed or inside a policy."""
    return Strength(needed(body, "id"), text(body, "displayName"), texts(body, "allowedCombinations"))


def strength_within(body: Body) -> Strength | None:
    """The authentication strength that a policy holds in full, as its answer does; None where it demands none."""
    inside = record(record(body, "grantControls"), "authenticationStrength")
    return strength(inside) if text(inside, "id") and inside.get("allowedCombinations") is not None else None


def _guests(body: Body) -> Guests | None:
    kinds = [one for one in _kinds(body) if one in GUESTS]
    tenants = record(body, "externalTenants")
    return Guests(tuple(kinds), empty(tenants) or text(tenants, "membershipKind") == "all") if kinds else None


def _strange_guests(body: Body, name: str) -> Iterator[str]:
    yield from _strange(_kinds(body), GUESTS, f"users.{name}")
    yield from _besides(body, {"guestOrExternalUserTypes", "externalTenants"}, f"users.{name}.")


def _kinds(body: Body) -> list[str]:
    """Graph writes several kinds as one text with commas."""
    return [one.strip() for one in text(body, "guestOrExternalUserTypes").split(",") if one.strip() not in ("", "none")]


def _filter(body: Body) -> str:
    return "" if empty(body) else f"{text(body, 'mode') or 'include'} {text(body, 'rule')}".strip()


def _no_flows(conditions: Body) -> bool:
    """Whether the condition for authentication flows is there and chooses none of them."""
    said = conditions.get("authenticationFlows")
    return isinstance(said, dict) and {key: one for key, one in said.items() if "@odata." not in key} == {
        "transferMethods": "none"}


def _everything(body: Body, keys: Collection[str], prefix: str) -> Iterator[str]:
    """Where everything is said of what Graph documents single things for."""
    yield from (f"{prefix}{key}: {one}" for key in keys for one in texts(body, key) if one.casefold() == "all")


def _known(values: tuple[str, ...], words: Collection[str]) -> tuple[str, ...]:
    return tuple(one for one in values if one in words)


def _strange(values: Collection[str], words: Collection[str], name: str) -> Iterator[str]:
    yield from (f"{name}: {one}" for one in values if one not in words)


def _besides(body: Body, known: Collection[str], prefix: str = "") -> Iterator[str]:
    yield from (prefix + key for key, value in body.items()
                if key not in known and "@odata." not in key and not empty(value))
