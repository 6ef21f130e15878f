"""Trees of entries for LDAP servers in tests: an office's people and groups, and a domain shaped like Active Directory.

The schema of the domain is ours: the names, identifiers and syntaxes of the attributes that are read, no more.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.slapd import SUFFIX, Values

DOMAIN = "S-1-5-21-1004336348-1177238915-682003330"
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_SYNTAXES = {
    "int": "EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27",
    "text": "EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15",
    "bytes": "EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40",
    "dn": "EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12",
    "time": "EQUALITY generalizedTimeMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.24",
    "bool": "EQUALITY booleanMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.7",
}
_ATTRIBUTES = {
    "sAMAccountName": (221, "text"), "userPrincipalName": (656, "text"), "objectSid": (146, "bytes"),
    "userAccountControl": (8, "int"), "primaryGroupID": (98, "int"), "whenCreated": (90001, "time"),
    "lastLogon": (52, "int"), "lastLogonTimestamp": (1696, "int"), "logonCount": (169, "int"),
    "pwdLastSet": (96, "int"),
    "accountExpires": (159, "int"), "servicePrincipalName": (771, "text"), "msDS-KeyCredentialLink": (2328, "text"),
    "adminCount": (150, "int"), "msDS-AllowedToDelegateTo": (1787, "text"), "sIDHistory": (609, "bytes"),
    "msDS-AllowedToActOnBehalfOfOtherIdentity": (2182, "bytes"), "proxyAddresses": (90002, "text"),
    "msExchMailboxGuid": (90003, "bytes"), "homeMDB": (90004, "text"), "nTSecurityDescriptor": (90005, "bytes"),
    "groupType": (750, "int"), "memberOf": (90006, "dn"), "gPLink": (891, "text"), "minPwdLength": (79, "int"),
    "lockoutThreshold": (73, "int"), "maxPwdAge": (74, "int"), "pwdHistoryLength": (95, "int"),
    "pwdProperties": (93, "int"), "ms-DS-MachineAccountQuota": (1411, "int"),
    "msDS-LogonTimeSyncInterval": (1784, "int"), "msDS-MinimumPasswordLength": (2013, "int"),
    "msDS-PasswordSettingsPrecedence": (2023, "int"), "msDS-LockoutThreshold": (2019, "int"),
    "msDS-PasswordHistoryLength": (2014, "int"), "msDS-PasswordComplexityEnabled": (2015, "bool"),
    "msDS-MaximumPasswordAge": (2011, "int"), "msDS-PasswordReversibleEncryptionEnabled": (2016, "bool"),
    "msDS-PSOAppliesTo": (2020, "dn"),
}
"""Below 1.2.840.113556.1.4; those above 90000 have other identifiers in Active Directory."""
_CLASSES = {
    "domainDNS": 67, "user": 9, "computer": 30, "group": 8, "container": 23, "foreignSecurityPrincipal": 76,
    "msDS-PasswordSettings": 90010, "msDS-PasswordSettingsContainer": 90011, "groupPolicyContainer": 157,
}
_ROOM = "cn $ member $ mail $ displayName $ userPassword $ dc $ o $ ou $ description"


def schema() -> str:
    """Of the domain, for slapd.conf."""
    lines = [f"attributetype ( 1.2.840.113556.1.4.{number} NAME '{name}' {_SYNTAXES[kind]} )"
             for name, (number, kind) in _ATTRIBUTES.items()]
    every = " $ ".join(_ATTRIBUTES)
    lines += [f"objectclass ( 1.2.840.113556.1.5.{number} NAME '{name}' SUP top STRUCTURAL MAY ( {_ROOM} $ {every} ) )"
              for name, number in _CLASSES.items()]
    lines.append(f"objectclass ( 1.2.840.113556.1.5.90020 NAME 'domainHead' SUP top AUXILIARY MAY ( {every} ) )")
    return "\n".join(lines) + "\n"


def sid(text: str) -> bytes:
    """A security identifier as Active Directory keeps it."""
    _, revision, authority, *rest = text.split("-")
    parts = [int(one) for one in rest]
    return bytes([int(revision), len(parts)]) + int(authority).to_bytes(6, "big") + struct.pack(
        f"<{len(parts)}I", *parts)


def filetime(moment: datetime) -> str:
    """Hundreds of nanoseconds since 1601."""
    return str(int((moment - _EPOCH).total_seconds()) * 10_000_000)


def descriptor(owner: str, *entries: tuple[Any, ...]) -> bytes:
    """A security descriptor. Each entry is (``allow`` or ``deny``, identifier, mask[, GUID[, flags]])."""
    aces = b"".join(_ace(*one) for one in entries)
    acl = struct.pack("<BBHHH", 4, 0, 8 + len(aces), len(entries), 0) + aces
    holder = sid(owner)
    return struct.pack("<BBHIIII", 1, 0, 0x8004, 20, 0, 0, 20 + len(holder)) + holder + acl


def _ace(what: str, who: str, mask: int, wanted: str = "", flags: int = 0) -> bytes:
    body = struct.pack("<I", mask)
    if wanted:
        body += struct.pack("<I", 1) + UUID(wanted).bytes_le
    body += sid(who)
    kind = {"allow": 0, "deny": 1}[what] + (5 if wanted else 0)
    return struct.pack("<BBH", kind, flags, 4 + len(body)) + body


ADMINISTRATORS, DOMAIN_ADMINS = "S-1-5-32-544", f"{DOMAIN}-512"
SAFE = descriptor(DOMAIN_ADMINS, ("allow", "S-1-5-18", 0xF01FF), ("allow", ADMINISTRATORS, 0xF01FF),
                  ("allow", DOMAIN_ADMINS, 0xF01FF), ("allow", "S-1-5-11", 0x20094))
"""Everything for administrators, reading for everybody else."""


class Domain:
    """A domain that grows as a test wants it. Every object is in administrators' hands unless planted otherwise."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._next = 1100
        self._entries: dict[str, dict[str, Values]] = {}
        self.head: dict[str, Values] = {
            "objectClass": ["top", "dcObject", "organization", "domainHead"],
            "objectSid": sid(DOMAIN), "minPwdLength": "14", "lockoutThreshold": "10", "maxPwdAge": "-36288000000000",
            "pwdHistoryLength": "24", "pwdProperties": "1", "ms-DS-MachineAccountQuota": "0",
            "nTSecurityDescriptor": SAFE}
        for place in ("Users", "Computers", "Builtin", "System", "ForeignSecurityPrincipals"):
            self.add(f"CN={place}", "container", cn=place)
        self.add("OU=Domain Controllers", "organizationalUnit", ou="Domain Controllers",
                 extra={"objectClass": ["organizationalUnit", "domainHead"]})
        self.add("CN=AdminSDHolder,CN=System", "container", cn="AdminSDHolder")
        for name, relative in (("Domain Admins", 512), ("Schema Admins", 518), ("Enterprise Admins", 519),
                               ("Group Policy Creator Owners", 520), ("Domain Users", 513)):
            self.group(name, relative=relative)
        for name, number in (("Administrators", 544), ("Account Operators", 548), ("Server Operators", 549),
                             ("Print Operators", 550), ("Backup Operators", 551),
                             ("Pre-Windows 2000 Compatible Access", 554)):
            self.group(name, identifier=f"S-1-5-32-{number}", place="CN=Builtin")
        self.member("Administrators", "Domain Admins", "Enterprise Admins")
        self.user("Administrator", relative=500, groups=("Domain Admins",))
        self.user("Guest", relative=501, control=0x222)
        self.user("krbtgt", relative=502, control=0x202)

    def add(self, name: str, kind: str, extra: Mapping[str, Values] | None = None, **attributes: Values) -> str:
        """An entry below the domain; its name."""
        dn = f"{name},{SUFFIX}"
        self._entries[dn] = {"objectClass": kind, "nTSecurityDescriptor": SAFE, **attributes, **(extra or {})}
        return dn

    def user(self, name: str, *, relative: int = 0, control: int = 0x200, groups: Sequence[str] = (),
             kind: str = "user", place: str = "CN=Users", primary: int = 513,
             extra: Mapping[str, Values] | None = None, without: Sequence[str] = ()) -> str:
        """An account that signed in yesterday; its identifier."""
        relative = relative or self._number()
        attributes: dict[str, Values] = {
            "cn": name, "sAMAccountName": name, "objectSid": sid(f"{DOMAIN}-{relative}"),
            "userAccountControl": str(control), "primaryGroupID": str(primary), "whenCreated": "20200101000000.0Z",
            "lastLogonTimestamp": filetime(self.now), "lastLogon": "0", "logonCount": "1",
            "pwdLastSet": filetime(self.now), "accountExpires": "9223372036854775807",
            "userPrincipalName": f"{name}@office.test", **(extra or {})}
        for one in without:
            del attributes[one]
        dn = self.add(f"CN={name},{place}", kind, attributes)
        for group in groups:
            self._append(group, dn)
        return f"{DOMAIN}-{relative}"

    def group(self, name: str, *, relative: int = 0, identifier: str = "", place: str = "CN=Users",
              extra: Mapping[str, Values] | None = None) -> str:
        """A group; its identifier."""
        identifier = identifier or f"{DOMAIN}-{relative or self._number()}"
        self.add(f"CN={name},{place}", "group", {"cn": name, "sAMAccountName": name, "objectSid": sid(identifier),
                                                 "groupType": "-2147483646", **(extra or {})})
        return identifier

    def member(self, group: str, *members: str) -> None:
        """Puts accounts, groups or whole names into a group."""
        for one in members:
            self._append(group, one if one.upper().endswith("DC=TEST") else self.dn(one))

    def change(self, name: str, **attributes: Values) -> None:
        """Sets attributes of what is called so; ``_`` in a name stands for ``-``."""
        entry = self.head if name == "domain" else self._entries[self.dn(name)]
        entry |= {one.replace("_", "-"): value for one, value in attributes.items()}

    def dn(self, name: str) -> str:
        """The name of the entry that is called so."""
        return next(dn for dn in self._entries if dn.partition(",")[0].partition("=")[2] == name)

    def entries(self) -> Iterator[tuple[str, Mapping[str, Values]]]:
        """For ``slapd.running``, beside ``head``, the domain's own."""
        yield from self._entries.items()

    def _append(self, group: str, member: str) -> None:
        entry = self._entries[self.dn(group)]
        entry["member"] = [*entry.get("member", ()), member]  # type: ignore[list-item]

    def _number(self) -> int:
        self._next += 1
        return self._next


def person(uid: str, *, place: str = "ou=people", **attributes: Values) -> tuple[str, dict[str, Values]]:
    """An inetOrgPerson."""
    return f"uid={uid},{place},{SUFFIX}", {
        "objectClass": ["inetOrgPerson"], "uid": uid, "cn": uid, "sn": uid, "mail": f"{uid}@office.test", **attributes}


def places(*names: str) -> Iterable[tuple[str, dict[str, Values]]]:
    """Organisational units."""
    return [(f"ou={one},{SUFFIX}", {"objectClass": "organizationalUnit", "ou": one}) for one in names]

