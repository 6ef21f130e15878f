"""The tenant's own rules: who may invite guests and let applications in, passwords; and the devices it manages."""

from __future__ import annotations

from typing import Any

from hustings.directory.entra import Authorization, Device, Passwords, State
from hustings.facts import Listing, Missing, Reason
from hustings.times import utc_text
from policies.directory.entra_people import reason

_INVITES = {"none": "none", "adminsAndGuestInviters": "administrators",
            "adminsGuestInvitersAndAllMembers": "members", "everyone": "everyone"}
_SELF = "managepermissiongrantsforself."
_CONSENT = {"microsoft-user-default-legacy": "any", "microsoft-user-default-low": "limited",
            "microsoft-user-default-recommended": "limited", "microsoft-user-default-allow-consent-apps": "limited"}
"""Microsoft's own permission grant policies, and what they let users agree to."""
_DEFAULTS = Passwords()
_SHORTEST_LOCK = 60
_SYSTEMS = {"macmdm": "macos", "mac os x": "macos", "iphone": "ios", "ipad": "ipados", "androidforwork": "android",
            "androidenterprise": "android", "chrome os": "chromeos", "windowsmobile": "windows"}
"""Other words that Graph has for a system."""
_UNTOLD = Missing(Reason.UNSUPPORTED, "the directory does not say it of the device")
_NO_INTUNE = Missing(Reason.UNSUPPORTED, "the directory does not say it of the device; needs the licence Microsoft "
                     "Intune")


def facts(state: State) -> dict[str, Any]:
    """The facts about rules and devices."""
    found: dict[str, Any] = {"directory.invitations": None, "directory.consent": None}
    missing = state.missing("authorization")
    if missing is None and state.authorization is None:
        missing = Missing(Reason.ERROR, "the authorization policy was not among the answers")
    for name, answer in (("directory.invitations", _invitations), ("directory.consent", _consent)):
        found[name] = missing or (answer(state.authorization) if state.authorization is not None else missing)
    passwords, unread = state.passwords or _DEFAULTS, state.missing("passwords")
    found["directory.lockout_threshold"] = unread or passwords.lockout_threshold
    lacks = _unclear(state, passwords)
    found["directory.weak_password_rules"] = unread or Listing(_weak(state, passwords), lacks is None, lacks)
    devices = state.missing("devices")
    found["directory.devices"] = devices if devices is not None and not state.devices else Listing(
        [_device(one, _untold(state)) for one in state.devices], devices is None, devices)
    return found


def _invitations(one: Authorization) -> Any:
    return _INVITES.get(one.invites) or Missing(Reason.UNSUPPORTED, f"allowInvitesFrom is {one.invites!r}")


def _consent(one: Authorization) -> Any:
    """The widest of the policies by which users consent for themselves."""
    own = [name for name in one.consent if name.casefold().startswith(_SELF)]
    answers = [_CONSENT.get(name[len(_SELF):].casefold()) for name in own]
    if "any" in answers:
        return "any"
    if None in answers:
        return Missing(Reason.UNSUPPORTED, "a permission grant policy of the tenant's own says what users may consent "
                       "to: what it allows is not read")
    return "limited" if answers else "none"


def _weak(state: State, passwords: Passwords) -> list[str]:
    found = []
    if passwords.lockout_seconds < _SHORTEST_LOCK:
        found.append(f"an account is locked for {passwords.lockout_seconds} seconds only")
    if not passwords.banned_list and "AAD_PREMIUM" in state.licences:
        found.append("no list of the office's own words is banned from passwords")
    if not passwords.on_premises and "AAD_PREMIUM" in state.licences and any(
            one.synced and one.enabled for one in state.users):
        found.append("banned passwords are not refused in the Active Directory that accounts come from")
    return found


def _unclear(state: State, passwords: Passwords) -> Missing | None:
    """Why more may be wrong with the passwords: what takes a licence is only asked where there is one."""
    if passwords.banned_list and passwords.on_premises:
        return None
    return state.missing("licences") or (None if passwords.on_premises else state.missing("users"))


def _untold(state: State) -> Missing:
    """Why something is not known of a device."""
    managed = any(one.startswith("INTUNE") for one in state.licences) or state.missing("licences")
    return _UNTOLD if managed else _NO_INTUNE


def _device(one: Device, untold: Missing) -> dict[str, Any]:
    """What the directory does not say of a device is not known, never absent."""
    told = {"os": _SYSTEMS.get(one.os.casefold(), one.os.casefold()), "version": one.version,
            "encrypted": one.encrypted, "compliant": one.compliant,
            "personal": one.owner.casefold() == "personal" if one.owner else None,
            "last_seen": utc_text(one.last_seen) if one.last_seen is not None else None}
    return {"device": one.name, **({"account": one.user} if one.user else {}),
            **{name: reason(untold) if value in ("", None) else value for name, value in told.items()}}
