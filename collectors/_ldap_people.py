"""Reading an LDAP directory of people and groups: inetOrgPerson, posixAccount, groupOfNames, ppolicy, lastbind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from collectors import _ldap_accounts as accounts_of
from collectors import _ldap_ppolicy as ppolicy
from collectors._ldap_dn import fold, value
from collectors._ldap_members import HIDDEN, Members, nested
from collectors._ldap_members import unseen as hiding
from collectors._ldap_reading import Reading
from collectors._ldap_visible import hidden, schema
from collectors.host.protocol import Denied, NotThere, Unreadable, Unsupported
from collectors.ldap_door import Entry, Ldap
from hustings.declared import Tenant
from hustings.directory.ldap import Account, Group, State
from hustings.directory.membership import named
from hustings.facts import Missing, Reason

_GROUPS = ("(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=groupOfMembers)"
           "(objectClass=posixGroup)(objectClass=groupOfURLs)(objectClass=organizationalRole))")
_NEVER_EMPTY = {"groupofnames": "member", "groupofuniquenames": "uniquemember"}
"""Classes that must have a member (RFC 4519): where none is given, it is hidden."""
_MAYBE_EMPTY = ("memberUid", "member", "uniqueMember")
_CHECKED = {
    "names": ("uid", "mail"),
    "enabled": ("pwdAccountLockedTime", "nsAccountLock", "loginDisabled"),
    "expires": ("shadowExpire", "pwdEndTime", "krbPrincipalExpiration"),
    "last_sign_ins": ("authTimestamp", "pwdLastSuccess", "lastLoginTime"),
    "policies": ("pwdPolicySubentry",),
}
"""By section the attributes whose absence says something, and which must therefore be seen to be absent."""


def read(door: Ldap, tenant: Tenant, now: datetime) -> State:
    """The whole directory. Raises ``LookError`` where nothing of it can be read."""
    base = tenant.base or door.root.text("defaultnamingcontext") or door.root.text("namingcontexts")
    if not base:
        raise Unreadable("the server does not say what it holds: add base to the tenant")
    try:
        there = door.entry(base, ("objectClass",), what=base)
    except NotThere:
        there = None
    return _Directory(door, tenant, base, now).state(seen=there is not None)


class _Directory:
    def __init__(self, door: Ldap, tenant: Tenant, base: str, now: datetime) -> None:
        self.door, self.tenant, self.base, self.now = door, tenant, base, now
        self.reading = Reading("ldap")
        self.schema = schema(door)

    def state(self, *, seen: bool) -> State:
        accounts = self.accounts()
        if not accounts and not seen:
            why = self.reading.unread.get("accounts")
            raise Denied(f"{self.base}: there is no such entry, or the account that asks may not see it"
                         f"{'; ' + why.detail if why else ''}")
        groups, members = self.groups(accounts)
        declared, _ = named(groups.values(), (*self.tenant.admin_groups, *self.tenant.high_value))
        known = nested(groups, [one.id for one in declared], members.settled)
        if hiding(known.values()):
            self.reading.hidden("groups", f"the members of {hiding(known.values())} groups of administrators")
        accounts += self.strangers(accounts, known)
        policies = []
        with self.reading.section("policies", "default_policy"):
            policies = ppolicy.read(self.door, self.base, self.tenant.password_policy, self.reading)
        readable: dict[str, str] = {}
        with self.reading.section("passwords"):
            readable = self.passwords()
        if self.door.elsewhere:
            self.reading.note("accounts", Unsupported(
                "parts of the directory are on another server, which is not asked").missing)
        accounts = [msgspec.structs.replace(one, scheme=readable[one.id]) if one.id in readable else one
                    for one in accounts]
        return State(
            "ldap", self.base, self.now, unread=self.reading.unread, accounts=tuple(accounts),
            groups=tuple(known.values()), policies=tuple(policies), readable_passwords=len(readable),
            noted_since=min((one.last_sign_in for one in accounts if one.last_sign_in), default=None),
            requests=self.door.requests)

    def accounts(self) -> list[Account]:
        """Everybody, and what is hidden of whom."""
        found: list[Account] = []
        nameless, ends = 0, set[str]()
        with self.reading.section("accounts"):
            for entry in self.door.search(self.base, accounts_of.NAMED, accounts_of.ATTRIBUTES, what="accounts"):
                classes = {one.lower() for one in entry.texts("objectclass")}
                nameless += not classes
                if not classes & accounts_of.CLASSES:
                    continue
                ends |= {fold(entry.dn)} if "shadowaccount" in classes else set()
                try:
                    found.append(accounts_of.account(entry))
                except Unreadable as error:
                    self.reading.note("accounts", error.missing)
        if nameless:
            self.reading.hidden("accounts", f"what {nameless} entries with the name of an account are (objectClass)")
        if not found:
            self.reading.note("accounts", Missing(Reason.DENIED, "no account can be seen"))
            return found
        with self.reading.section(*_CHECKED):
            checked = [one for attributes in _CHECKED.values() for one in attributes]
            unseen = hidden(self.door, self.base, accounts_of.WANTED, checked, len(found))
            unseen["shadowExpire"] = unseen.get("shadowExpire", set()) & ends
            without: dict[str, list[str]] = {}
            for section, attributes in _CHECKED.items():
                names = set().union(*(unseen.get(one, set()) for one in attributes))
                if names:
                    shown = " or ".join(one for one in attributes if unseen.get(one))
                    self.reading.hidden(section, f"{shown} of {len(names)} accounts")
                for name in names:
                    without.setdefault(name, []).append(section)
            found = [msgspec.structs.replace(one, hidden=tuple(without[one.id])) if one.id in without else one
                     for one in found]
        if not any(one.last_sign_in for one in found):
            self.reading.note("last_sign_ins", Unsupported(
                "the directory notes of nobody when they last signed in (overlay or setting lastbind)").missing)
        return found

    def groups(self, accounts: Sequence[Account]) -> tuple[dict[str, Group], Members]:
        raw: list[Entry] = []
        with self.reading.section("groups"):
            attributes = ("cn", "objectClass", "member", "uniqueMember", "memberUid", "roleOccupant", "gidNumber",
                          "memberURL")
            raw = list(self.door.search(self.base, _GROUPS, attributes, what="groups"))
        ids = {one.id: one.id for one in accounts}
        total = len(raw)
        raw = [one for one in raw if fold(one.dn) not in ids or one.has("roleoccupant")]
        ids |= {fold(one.dn): fold(one.dn) for one in raw}
        by_uid: dict[str, list[str]] = {}
        by_gid: dict[str, list[str]] = {}
        for account in accounts:
            for name in {account.name.casefold(), *(one.casefold() for one in account.names if "@" not in one)}:
                by_uid.setdefault(name, []).append(account.dn)
            if account.primary:
                by_gid.setdefault(account.primary, []).append(account.dn)
        unseen = hidden(self.door, self.base, _GROUPS, _MAYBE_EMPTY, total) if raw else {}
        members = Members(ids, self.base, self.look)
        found = {}
        for entry in raw:
            folded = fold(entry.dn)
            listed = [*entry.texts("member"), *(one.partition("#")[0] for one in entry.texts("uniquemember")),
                      *entry.texts("roleoccupant")]
            lost = [one for one in entry.texts("memberuid") if one.casefold() not in by_uid]
            listed += [dn for one in entry.texts("memberuid") for dn in by_uid.get(one.casefold(), ())]
            listed += [dn for gid in entry.texts("gidnumber") for dn in by_gid.get(gid, ())]
            found[folded] = members.group(folded, entry.text("cn") or value(entry.dn), entry.dn, listed,
                                          why=_why(entry, [name for name in unseen if folded in unseen[name]], lost))
        return found, members

    def look(self, dn: str) -> str | None:
        entry = self.door.entry(dn, ("objectClass",), what="a member of a group")
        return fold(dn) if entry is not None and entry.values else None

    def strangers(self, accounts: Sequence[Account], groups: dict[str, Group]) -> list[Account]:
        """Members of administrators' groups that are no people's entries: roles, devices, applications."""
        known = {one.id for one in accounts} | groups.keys()
        wanted = dict.fromkeys(one for group in groups.values() for one in group.members if one not in known)
        return [Account(one, value(one), one, kind="service") for one in wanted]

    def passwords(self) -> dict[str, str]:
        """How passwords are kept, of those that the account that asks may read; no more of them is looked at."""
        own = fold(self.tenant.bind)
        wanted = f"(&{accounts_of.WANTED}(userPassword=*))"
        shown = any(fold(one.dn) != own and one.has("userpassword") for one in self.door.search(
            self.base, wanted, ("userPassword",), types_only=True, what="passwords"))
        if not shown:
            return {}
        return dict(self._schemes(wanted, own))

    def _schemes(self, wanted: str, own: str) -> Iterator[tuple[str, str]]:
        for one in self.door.search(self.base, wanted, ("userPassword",), what="how passwords are kept"):
            values = one.values.pop("userpassword", [])
            if values and fold(one.dn) != own:
                yield fold(one.dn), min((accounts_of.scheme(said) for said in values), key=accounts_of.strength)


def _why(entry: Entry, unseen: list[str], lost: list[str]) -> str:
    classes = {one.lower() for one in entry.texts("objectclass")}
    if entry.has("memberurl"):
        return "it is filled by a search (memberURL), which is not repeated"
    if any(one in classes and not entry.has(must) for one, must in _NEVER_EMPTY.items()):
        return HIDDEN
    held = {"memberUid": "posixgroup", "member": "groupofmembers"}
    if any(held.get(one) in classes for one in unseen):
        return HIDDEN
    return "some of its memberUid are nobody's uid here" if lost else ""
