"""The rules for passwords of OpenLDAP: the ppolicy overlay (slapo-ppolicy(5), draft-behera-ldap-password-policy).

Which of its entries holds for accounts that name none is in the server's configuration, which ordinary accounts may
not read: then machine.yaml says it.
"""

from __future__ import annotations

from collectors._ldap_dn import fold, value, within
from collectors._ldap_reading import Reading
from collectors._ldap_visible import hidden
from collectors.host.protocol import Denied, LookError, NotThere, Unreadable, Unsupported
from collectors.ldap_door import Entry, Ldap
from hustings.directory.ldap import PasswordPolicy

_CONTROL = "1.3.6.1.4.1.42.2.27.8.5.1"
"""The control by which a server with the overlay says that it has it."""
_ATTRIBUTES = ("cn", "objectClass", "pwdMinLength", "pwdCheckQuality", "pwdLockout", "pwdMaxFailure", "pwdMaxAge",
               "pwdInHistory")
_CONFIG = "cn=config"


def read(door: Ldap, base: str, declared: str, reading: Reading) -> list[PasswordPolicy]:
    """Every policy; the one that is the default is marked. Raises ``LookError`` where none can be read."""
    if _CONTROL not in door.controls:
        if "openldaprootdse" in {one.lower() for one in door.root.texts("objectclass")}:
            return [PasswordPolicy("none: the overlay ppolicy is not loaded", default=True)]
        raise Unsupported("this server does not keep its rules for passwords as the overlay ppolicy does")
    found = {fold(one.dn): one for one in door.search(base, "(objectClass=pwdPolicy)", _ATTRIBUTES,
                                                      what="password policies")}
    unseen = [one for one, names in hidden(door, base, "(objectClass=pwdPolicy)", _ATTRIBUTES[2:], len(found)).items()
              if names]
    if unseen:
        reading.hidden("policies", f"{', '.join(unseen)} of password policies")
    try:
        chosen = fold(declared) if declared else _configured(door, base)
    except LookError as error:
        reading.note("default_policy", error.missing)
        return [_policy(dn, one, default=False) for dn, one in found.items()]
    if chosen and chosen not in found:
        entry = door.entry(chosen, _ATTRIBUTES, what="the default password policy")
        if entry is None or not entry.has("objectclass"):
            raise Unreadable("the default password policy does not exist, or cannot be seen" if not declared else
                             "password_policy in machine.yaml names an entry that does not exist, or cannot be seen")
        found[chosen] = entry
    policies = [_policy(dn, one, default=dn == chosen) for dn, one in found.items()]
    return policies if chosen else [*policies, PasswordPolicy("none: no default policy is set", default=True)]


def _configured(door: Ldap, base: str) -> str:
    """The default policy of the database that holds ``base``; "" where none is set. Raises ``LookError``."""
    try:
        databases = list(door.search(_CONFIG, "(objectClass=olcDatabaseConfig)", ("olcSuffix",),
                                     what="the server's configuration"))
        overlays = list(door.search(_CONFIG, "(objectClass=olcPPolicyConfig)", ("olcPPolicyDefault",),
                                    what="the server's configuration"))
    except NotThere:
        databases = []
    holding = {fold(one.dn) for one in databases
               if any(within(fold(base), fold(suffix)) for suffix in one.texts("olcsuffix"))}
    if not holding:
        raise Denied("which password policy is the default is not shown")
    for one in overlays:
        if fold(one.dn).partition(",")[2] in holding:
            return fold(one.text("olcppolicydefault"))
    return ""


def _policy(dn: str, entry: Entry, *, default: bool) -> PasswordPolicy:
    """Without pwdCheckQuality the length is not looked at, and without pwdLockout nobody is locked."""
    checked = (entry.number("pwdcheckquality") or 0) > 0
    locks = entry.text("pwdlockout").upper() == "TRUE"
    seconds = entry.number("pwdmaxage") or 0
    return PasswordPolicy(
        entry.text("cn") or value(dn), id=dn, default=default,
        min_length=(entry.number("pwdminlength") or 0) if checked else 0,
        lockout=(entry.number("pwdmaxfailure") or 0) if locks else 0,
        history=entry.number("pwdinhistory") or 0, max_age_days=max(1, seconds // 86_400) if seconds > 0 else 0)
