"""Rules of a Google Workspace tenant that hold for whole organisational units: old protocols, passwords, forwarding,
applications. What counts is what the accounts that can sign in have, not a unit in which nobody is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from hustings.directory.google import User
from hustings.facts import Listing, Missing, Reason
from policies.directory.google_people import People
from policies.directory.google_settings import NOT_SET, Settings

W = TypeVar("W", int, str)
LEGACY_WHY = {
    "imap": "Programs may fetch mail by IMAP and sign in with a password made for them.",
    "pop": "Programs may fetch mail by POP and sign in with a password made for them.",
    "less_secure_apps": "Programs that know nothing but the password are let in.",
}
"""What ``why`` of an account open to old protocols may say."""
LEGACY_UNDECIDED = {
    "not_told": "Google gives no setting that covers the account.",
    "several": "Which of several settings covers the account cannot be told.",
}
"""What ``why`` of an account may say of which it cannot be told."""
_PROTOCOLS = {"imap": "IMAP", "pop": "POP", "less_secure_apps": "other"}
_ACCESS = {"BLOCK_ALL_SCOPES": "none", "ALLOW_SIGN_IN_SCOPES_ONLY": "limited", "UNSPECIFIED_UBER_BLOCK": "any"}
"""Values of ``accessLevel`` of ``api_controls.unconfigured_third_party_apps``, and what they let users do."""
_ORDER = ("none", "limited", "any")
_MAIL_OFF = ("DISABLED", "disabled")


def facts(people: People, settings: Settings) -> dict[str, Any]:
    """The facts about rules."""
    if settings.missing is not None:
        return dict.fromkeys((
            "directory.legacy_open", "directory.legacy_undecided", "directory.password_min_length",
            "directory.weak_password_rules", "directory.weak_settings", "directory.forwarding_allowed",
            "directory.consent"), settings.missing)
    rules = _Rules(people, settings)
    return {
        **rules.legacy(),
        "directory.password_min_length": rules.shortest(),
        "directory.weak_password_rules": rules.weak(),
        "directory.weak_settings": rules.settings(),
        "directory.forwarding_allowed": rules.forwarding(),
        "directory.consent": rules.consent(),
    }


class _Rules:
    def __init__(self, people: People, settings: Settings) -> None:
        self._people, self._settings = people, settings
        self._mailboxes = [one for one in people.users if one.mailbox is not False and not self._no_mail(one)]

    def legacy(self) -> dict[str, Any]:
        people = self._people
        opened: list[dict[str, Any]] = []
        unclear: list[dict[str, Any]] = []
        for user in people.users:
            for why in self._ways(user):
                values = self._open(user, why)
                if values == {True}:
                    opened.append({"account": user.name, "protocol": _PROTOCOLS[why], "why": why, "declared":
                                   people.declared(user), "detail": LEGACY_WHY[why], "near_miss": _NEAR[why]})
                elif values != {False}:
                    doubt = "not_told" if values == {None} else "several"
                    unclear.append({"account": user.name, "why": doubt,
                                    "detail": f"{_PROTOCOLS[why]}: {LEGACY_UNDECIDED[doubt]}"})
        lacks = Missing(Reason.ERROR, unclear[0]["detail"]) if unclear else None
        return {"directory.legacy_open": people.listing(opened, lacks and (people.state.missing("groups") or lacks)),
                "directory.legacy_undecided": people.listing(unclear)}

    def shortest(self) -> int | Missing:
        """The shortest password any account may have."""
        return self._worst("security.password", "minimumLength", _whole, lambda one: -one,
                           "the shortest password of an account")

    def weak(self) -> Listing:
        """What else is wrong, each once."""
        users = self._people.users
        said: list[str] = []
        unknown: Missing | None = None
        for field, wrong, words in (
                ("allowedStrength", "WEAK", "weak passwords are accepted"),
                ("allowReuse", True, "old passwords may be used again"),
                ("enforceRequirementsAtLogin", False, "passwords set before the rules are not asked to obey them")):
            values = self._all(users, "security.password", field)
            if values == {wrong}:
                said.append(words)
            elif any(self._settings.values(one, "security.password", field) == (wrong,) for one in users):
                said.append(f"{words} of some accounts")
            elif wrong in values or NOT_SET in values:
                unknown = Missing(Reason.ERROR, f"whether {words} cannot be told of every account")
        return Listing(said, unknown is None, unknown)

    def settings(self) -> Listing:
        """Settings of the tenant that leave it open wider than need be."""
        people = self._people
        top = [one for one in people.users if one.id in people.super_admins]
        kind = ("security.super_admin_account_recovery", "enableAccountRecovery")
        if any(self._settings.values(one, *kind) == (True,) for one in top):
            return Listing(["super administrators may get in again by a telephone number or address for recovery"])
        unknown = Missing(Reason.ERROR, "whether super administrators may recover their account cannot be told of each"
                          ) if True in self._all(top, *kind) else people.unseen_super_admins
        return Listing([], unknown is None, unknown)

    def forwarding(self) -> bool | Missing:
        """Whether anybody may have mail forwarded."""
        values = [self._settings.values(one, "gmail.auto_forwarding", "enableAutoForwarding")
                  for one in self._mailboxes]
        if any(_truths(one) == {True} for one in values):
            return True
        if any(_truths(one) != {False} for one in values):
            return self._people.state.missing("groups") or Missing(
                Reason.ERROR, "which of several settings covers an account cannot be told")
        return False

    def consent(self) -> str | Missing:
        """The most that any account may let in."""
        return self._worst("api_controls.unconfigured_third_party_apps", "accessLevel",
                           lambda one: _ACCESS.get(one) if isinstance(one, str) else None, _ORDER.index,
                           "which applications an account may let in by itself")

    def _worst(self, kind: str, field: str, read: Callable[[Any], W | None], badness: Callable[[W], int],
               what: str) -> W | Missing:
        """The worst that is surely in force for an account; a reason where something worse may be."""
        sure: list[W] = []
        perhaps: list[W] = []
        seen: list[tuple[Any, ...]] = []
        for user in self._people.users:
            values = self._settings.values(user, kind, field)
            if values in seen:
                continue
            seen.append(values)
            known = [read(one) for one in values]
            if None in known:
                return Missing(Reason.ERROR, f"Google does not tell {what}" if NOT_SET in values else
                               f"Google tells {what} in a way that this release does not know")
            (sure if len(known) == 1 else perhaps).extend(one for one in known if one is not None)
        if not sure and not perhaps:
            return Missing(Reason.ERROR, "no account can sign in")
        worst = max(sure + perhaps, key=badness)
        if worst in sure:
            return worst
        return self._people.state.missing("groups") or Missing(
            Reason.ERROR, f"which of several settings says {what} cannot be told")

    def _all(self, users: list[User], kind: str, field: str) -> set[Any]:
        return {value if isinstance(value, str | int) or value is NOT_SET else "?"
                for one in users for value in self._settings.values(one, kind, field)}

    def _no_mail(self, user: User) -> bool:
        """Gmail is switched off for it, for certain."""
        return all(one in _MAIL_OFF for one in self._settings.values(user, "gmail.service_status", "serviceState"))

    def _ways(self, user: User) -> Iterator[str]:
        if user.mailbox is not False and not self._no_mail(user):
            yield from ("imap", "pop")
        yield "less_secure_apps"

    def _open(self, user: User, why: str) -> set[bool | None]:
        """Whether a way is open: every answer there may be."""
        if why == "less_secure_apps":
            return _truths(self._settings.values(user, "security.less_secure_apps", "allowLessSecureApps"))
        if why == "pop":
            return _truths(self._settings.values(user, "gmail.pop_access", "enablePopAccess"))
        enabled = _truths(self._settings.values(user, "gmail.imap_access", "enableImapAccess"))
        if enabled == {False}:
            return enabled
        limits = self._settings.values(user, "gmail.imap_access", "imapAccessRestriction")
        listed = [isinstance(one, dict) and "allowedOauthMailClientList" in one and not one.get("allowAllMailClients")
                  for one in limits]
        return {False} if all(listed) else enabled | ({False} if any(listed) else set())


_NEAR = {
    "imap": "Switching IMAP off for its organisational unit, or letting in listed programs with OAuth alone, would "
            "settle it.",
    "pop": "Switching POP off for its organisational unit would settle it.",
    "less_secure_apps": "Switching off access by less secure apps for its organisational unit would settle it.",
}


def _truths(values: tuple[Any, ...]) -> set[bool | None]:
    return {one if isinstance(one, bool) else None for one in values}


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 6 else None
