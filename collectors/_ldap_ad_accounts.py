"""Accounts of Active Directory from their entries ([MS-ADTS]; attributes by [MS-ADA1] to [MS-ADA3])."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from collectors import _ldap_windows as windows
from collectors._ldap_dn import fold, value
from collectors.ldap_door import Entry
from hustings.directory.ldap import Account

ATTRIBUTES = (
    "objectSid", "sAMAccountName", "userPrincipalName", "mail", "proxyAddresses", "objectClass", "userAccountControl",
    "primaryGroupID", "whenCreated", "createTimestamp", "lastLogon", "lastLogonTimestamp", "pwdLastSet",
    "accountExpires", "servicePrincipalName", "msDS-KeyCredentialLink", "adminCount", "msDS-AllowedToDelegateTo",
    "msDS-AllowedToActOnBehalfOfOtherIdentity", "sIDHistory", "msExchMailboxGuid", "homeMDB",
)
WANTED = ("(|(objectClass=user)(objectClass=computer)(objectClass=inetOrgPerson)"
          "(objectClass=msDS-ManagedServiceAccount)(objectClass=msDS-GroupManagedServiceAccount))")
NAMED = f"(|(primaryGroupID=*){WANTED[2:]}"
"""Those and whatever else is like an account: an entry that hides its classes is found by no class."""
DISABLED = 0x2
BITS = {
    0x20: "password_not_required", 0x80: "reversible_password", 0x1_0000: "password_never_expires",
    0x4_0000: "smart_card_required", 0x8_0000: "trusted_for_delegation", 0x20_0000: "weak_encryption",
    0x40_0000: "no_preauthentication", 0x100_0000: "protocol_transition",
}
"""``userAccountControl`` ([MS-ADTS] 2.2.16)."""
_CONTROLLER, _READ_ONLY_CONTROLLER, _COMPUTER, _TRUST = 0x2000, 0x400_0000, 0x1000, 0x800
_MANAGED = {"msds-managedserviceaccount", "msds-groupmanagedserviceaccount", "msds-delegatedmanagedserviceaccount"}
_CONTROLLERS = ("516", "521")
LAG_DAYS = 14
"""``lastLogonTimestamp`` is renewed at the latest after so many days ([MS-ADA3] ms-DS-Logon-Time-Sync-Interval)."""


def account(entry: Entry, domain: str, lag: int, now: datetime) -> Account:
    """One account. Raises ``Unreadable`` for values that Active Directory cannot hold."""
    classes = {one.lower() for one in entry.texts("objectclass")}
    control = entry.number("useraccountcontrol")
    bits = control or 0
    primary = entry.number("primarygroupid")
    stamped = windows.moment(entry.number("lastlogontimestamp"))
    exact = windows.moment(entry.number("lastlogon"))
    latest = max((one for one in (stamped, exact) if one), default=None)
    idle = max((one for one in (exact, stamped and stamped + timedelta(days=lag)) if one), default=None)
    home = domain or windows.domain_of(identifier(entry))
    others = [one[5:] if one.lower().startswith("smtp:") else "" for one in entry.texts("proxyaddresses")]
    names = (entry.text("userprincipalname"), entry.text("mail"), *others)
    return Account(
        id=identifier(entry),
        name=entry.text("samaccountname") or entry.dn,
        dn=entry.dn,
        names=tuple(dict.fromkeys(one for one in names if one)),
        kind=_kind(classes, bits, primary),
        enabled=not bits & DISABLED,
        primary=f"{home}-{primary}" if home and primary is not None else "",
        mail=bool(entry.text("mail")),
        mailbox=entry.has("msexchmailboxguid") or entry.has("homemdb"),
        created=windows.generalized(entry.text("whencreated") or entry.text("createtimestamp")),
        last_sign_in=latest,
        idle_since=min(idle, now) if idle else None,
        password_set=windows.moment(entry.number("pwdlastset")),
        expires=windows.moment(entry.number("accountexpires")),
        flags=tuple(word for bit, word in BITS.items() if bits & bit),
        services=entry.has("serviceprincipalname"),
        key_credentials=entry.has("msds-keycredentiallink"),
        marked=entry.number("admincount") == 1,
        delegates_to=entry.texts("msds-allowedtodelegateto"),
        impersonators=_impersonators(entry),
        history=tuple(windows.sid(one) for one in entry.values.get("sidhistory", ())),
        hidden=() if control is not None else ("enabled",),
    )


def without_sign_ins(entries: Iterable[Entry]) -> set[str]:
    """Folded names of the accounts of which the sign-ins are hidden.

    A domain controller keeps ``lastLogon`` and ``logonCount`` of every account, as 0 before the first sign-in; where
    some accounts show them, those that show nothing hide it ([MS-SAMR] 3.1.1.8).
    """
    shown = ("lastlogon", "logoncount", "lastlogontimestamp")
    known = list(entries)
    if not any(one.has("lastlogon") for one in known):
        return set()
    return {fold(one.dn) for one in known if not any(one.has(name) for name in shown)}


def identifier(entry: Entry) -> str:
    """The security identifier, or the folded name where there is none. Principals of other domains are called by
    theirs."""
    said = entry.values.get("objectsid")
    if said:
        return windows.sid(said[0])
    called = value(entry.dn)
    return called if called.startswith("S-1-") else fold(entry.dn)


def _kind(classes: set[str], bits: int, primary: int | None) -> str:
    if bits & (_CONTROLLER | _READ_ONLY_CONTROLLER) or str(primary) in _CONTROLLERS:
        return "controller"
    if classes & _MANAGED:
        return "service"
    if bits & _COMPUTER or "computer" in classes:
        return "computer"
    return "trust" if bits & _TRUST else "person"


def _impersonators(entry: Entry) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for one in entry.values.get("msds-allowedtoactonbehalfofotheridentity", ()):
        _, entries = windows.descriptor(one)
        found |= dict.fromkeys(ace.sid for ace in entries if ace.allow)
    return tuple(found)
