"""Accounts of an LDAP directory from their entries."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from collectors._ldap_dn import fold, value
from collectors._ldap_windows import generalized
from collectors.ldap_door import Entry
from hustings.directory.ldap import WEAK_SCHEMES, Account

ATTRIBUTES = (
    "objectClass", "uid", "cn", "mail", "mailLocalAddress", "krbPrincipalName", "gidNumber", "createTimestamp",
    "pwdAccountLockedTime", "nsAccountLock", "loginDisabled", "pwdChangedTime", "pwdPolicySubentry", "pwdEndTime",
    "authTimestamp", "pwdLastSuccess", "lastLoginTime", "krbLastSuccessfulAuth", "krbPrincipalExpiration",
    "shadowExpire",
)
WANTED = ("(|(objectClass=person)(objectClass=organizationalPerson)(objectClass=inetOrgPerson)(objectClass=account)"
          "(objectClass=posixAccount)(objectClass=shadowAccount)(objectClass=sambaSamAccount)(objectClass=user)"
          "(objectClass=simpleSecurityObject)(objectClass=uidObject))")
CLASSES = frozenset(one.lower() for one in re.findall(r"objectClass=(\w+)", WANTED))
NAMED = f"(|(uid=*)(sn=*){WANTED[2:]}"
"""Those and whatever else has such a name: an entry that hides its classes is found by no class."""
_FOR_EVER = "000001010000Z"
"""``pwdAccountLockedTime`` of an account that an administrator locked (draft-behera-ldap-password-policy, 5.3.3)."""
_SIGN_INS = ("authtimestamp", "pwdlastsuccess", "lastlogintime", "krblastsuccessfulauth")
_PEOPLE = {"person", "organizationalperson", "inetorgperson", "posixaccount", "shadowaccount", "sambasamaccount",
           "user"}
_SCHEME = re.compile(rb"\{([A-Za-z0-9_.-]{1,40})\}(\$[0-9a-z]{1,8}\$)?")


def account(entry: Entry) -> Account:
    """One account. Raises ``Unreadable`` for times that LDAP cannot hold."""
    classes = {one.lower() for one in entry.texts("objectclass")}
    name = entry.text("uid") or entry.text("cn") or value(entry.dn)
    names = (*entry.texts("uid"), *entry.texts("mail"), *entry.texts("maillocaladdress"),
             *entry.texts("krbprincipalname"))
    seen = [generalized(entry.text(one)) for one in _SIGN_INS]
    last = max((one for one in seen if one), default=None)
    ends = [generalized(entry.text(one)) for one in ("pwdendtime", "krbprincipalexpiration")]
    ends.append(_shadow(entry.number("shadowexpire")))
    locked = entry.text("pwdaccountlockedtime") == _FOR_EVER or any(
        entry.text(one).upper() == "TRUE" for one in ("nsaccountlock", "logindisabled"))
    return Account(
        id=fold(entry.dn), name=name, dn=entry.dn,
        names=tuple(dict.fromkeys(one for one in names if one and one != name)),
        kind="computer" if name.endswith("$") else "person" if classes & _PEOPLE else "service",
        enabled=not locked, primary=entry.text("gidnumber"), mail=entry.has("mail"),
        created=generalized(entry.text("createtimestamp")), last_sign_in=last, idle_since=last,
        password_set=generalized(entry.text("pwdchangedtime")),
        expires=min((one for one in ends if one), default=None), policy=fold(entry.text("pwdpolicysubentry")),
    )


def _shadow(days: int | None) -> datetime | None:
    """``shadowExpire`` (RFC 2307): days since 1970. None for none, and for 0 and less, which say nothing."""
    if days is None or days <= 0 or days > 1_000_000:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=days)


def scheme(said: bytes) -> str:
    """How a password is kept, from the word in front of it (RFC 2307, RFC 3112); ``clear`` without one."""
    found = _SCHEME.match(said)
    if found is None:
        return "clear"
    word = found[1].decode("ascii").lower()
    if word == "cleartext":
        return "clear"
    return f"crypt-{found[2].decode('ascii').strip('$')}" if word == "crypt" and found[2] else word


def strength(word: str) -> int:
    """The place of a way to keep passwords among the weak ones; past their end for the others."""
    return WEAK_SCHEMES.index(word) if word in WEAK_SCHEMES else len(WEAK_SCHEMES)
