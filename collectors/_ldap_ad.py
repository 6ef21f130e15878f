"""Reading a domain of Active Directory: accounts, groups, rules for passwords, and who may change what matters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from collectors import _ldap_ad_accounts as ad_accounts
from collectors import _ldap_ad_rights as ad_rights
from collectors import _ldap_windows as windows
from collectors._ldap_dn import fold
from collectors._ldap_members import HIDDEN, Members, nested, unseen
from collectors._ldap_reading import Reading
from collectors._ldap_visible import hidden
from collectors._ldap_visible import schema as known_attributes
from collectors.host.protocol import LookError, Unreadable, Unsupported
from collectors.ldap_door import Entry, Ldap
from hustings.declared import Tenant
from hustings.directory.ldap import Account, Group, PasswordPolicy, Settings, State
from hustings.directory.membership import PRE_2000_ACCESS, Membership, administering, named, top
from hustings.facts import Missing, Reason

_HEAD = ("objectSid", "minPwdLength", "lockoutThreshold", "maxPwdAge", "pwdHistoryLength", "pwdProperties",
         "ms-DS-MachineAccountQuota", "msDS-LogonTimeSyncInterval", "objectClass")
_FINE = ("cn", "objectClass", "msDS-PasswordSettingsPrecedence", "msDS-MinimumPasswordLength", "msDS-LockoutThreshold",
         "msDS-PasswordHistoryLength", "msDS-PasswordComplexityEnabled", "msDS-MaximumPasswordAge",
         "msDS-PasswordReversibleEncryptionEnabled", "msDS-PSOAppliesTo")
_COMPLEX, _CLEAR = 0x1, 0x10
"""``pwdProperties`` ([MS-SAMR]: DOMAIN_PASSWORD_COMPLEX, DOMAIN_PASSWORD_STORE_CLEARTEXT)."""
ACTIVE_DIRECTORY = "1.2.840.113556.1.4.800"
"""The capability by which a server says that it is Active Directory ([MS-ADTS] 3.1.1.3.4.3.1)."""
_WITH_FINE = 3
"""The functional level from which fine-grained policies exist (Windows Server 2008)."""
_GLOBAL_SECURITY = -0x8000_0000 | 0x2
"""``groupType`` ([MS-ADTS] 2.2.12) of a global security group, a signed number."""
_WITH_TIMESTAMP = 2
"""That from which ``lastLogonTimestamp`` is kept (Windows Server 2003)."""


def read(door: Ldap, tenant: Tenant, now: datetime) -> State:
    """The whole domain. Raises ``LookError`` where nothing of it can be read."""
    base = tenant.base or door.root.text("defaultnamingcontext") or door.root.text("namingcontexts")
    if not base:
        raise Unreadable("the server does not say which domain it holds: add base to the tenant")
    head = door.entry(base, _HEAD, what="the domain")
    if head is None or not head.values:
        raise Unreadable(f"{base}: there is no such domain, or the account that asks may not see it")
    if not head.has("objectsid") and ACTIVE_DIRECTORY in door.root.texts("supportedcapabilities"):
        raise Unreadable(f"{base} is a part of a domain: leave base out, or name the domain itself "
                         f"({door.root.text('defaultnamingcontext')})")
    return _Domain(door, tenant, base, head, now).state()


class _Domain:
    def __init__(self, door: Ldap, tenant: Tenant, base: str, head: Entry, now: datetime) -> None:
        self.door, self.tenant, self.base, self.head, self.now = door, tenant, base, head, now
        self.reading = Reading("active-directory")
        self.genuine = ACTIVE_DIRECTORY in door.root.texts("supportedcapabilities")
        level = door.root.text("domainfunctionality")
        self.level = int(level) if level.isdigit() else None
        self.not_global: set[str] = set()
        self.domain = windows.sid(head.values["objectsid"][0]) if head.has("objectsid") else ""

    def state(self) -> State:
        accounts = self.accounts()
        if not self.domain:
            self.domain = _common(accounts)
        if not self.domain and not self.genuine and not any(one.id.startswith("S-1-") for one in accounts):
            raise Unreadable("nothing here has an identifier (objectSid): the account that asks may not see it, or "
                             "this is no Active Directory, and kind: ldap is meant")
        if not self.domain:
            self.reading.hidden("groups", "the domain's own identifier (objectSid)")
        groups, members, primary = self.groups(accounts)
        self.sure_of_administrators(groups, accounts)
        policies = [*self.default_policy(), *self.fine_policies(members)]
        declared, _ = named(groups.values(), (*self.tenant.admin_groups, *self.tenant.high_value))
        wanted = [*administering(self.domain, groups.values()), *(one.id for one in declared)]
        known = nested(groups, wanted, members.settled)
        if unseen(known.values()):
            self.reading.hidden("groups", f"the members of {unseen(known.values())} groups of administrators")
        inside = Membership(known.values(), primary).of(*known)
        heads = {*wanted}
        protected = ad_rights.read(self.door, ad_rights.targets(
            self.base, [one for one in known.values() if one.id in heads],
            [one for one in accounts if one.id in inside.principals or one.kind == "controller"]), self.reading,
            genuine=self.genuine)
        more = [ace.sid for one in protected for ace in (*one.entries,)] + [one.owner for one in protected]
        more += [one for account in accounts for one in account.impersonators]
        more.append(PRE_2000_ACCESS)
        more += [one for policy in policies for one in policy.applies_to]
        known |= nested(groups, [one for one in more if one not in known], members.settled)
        return State(
            "active-directory", self.base, self.now, unread=self.reading.unread, domain=self.domain,
            accounts=tuple(accounts), groups=tuple(known.values()), protected=tuple(protected),
            policies=tuple(policies), settings=self.settings(), requests=self.door.requests)

    def accounts(self) -> list[Account]:
        """Everybody, and what is hidden of whom."""
        lag = self.head.number("msds-logontimesyncinterval")
        found: list[Account] = []
        entries: list[Entry] = []
        nameless = 0
        with self.reading.section("accounts"):
            for entry in self.door.search(self.base, ad_accounts.NAMED, (*ad_accounts.ATTRIBUTES, "logonCount"),
                                          what="accounts"):
                if not entry.has("objectclass"):
                    nameless += 1
                    continue
                try:
                    found.append(ad_accounts.account(entry, self.domain, ad_accounts.LAG_DAYS if lag is None else lag,
                                                     self.now))
                except Unreadable as error:
                    self.reading.note("accounts", error.missing)
                    continue
                entries.append(Entry(entry.dn, {name: [] for name in entry.values if name in _ALWAYS}))
        if nameless:
            self.reading.hidden("accounts", f"what {nameless} entries like accounts are (objectClass)")
        if not found:
            self.reading.note("accounts", Missing(Reason.DENIED, "no account can be seen"))
        without = {"last_sign_ins": ad_accounts.without_sign_ins(entries)}
        if self.genuine:
            without["groups"] = {fold(one.dn) for one in entries if not one.has("primarygroupid")}
        elif found:
            checked = [one for attributes in _CHECKED.values() for one in attributes]
            unseen = hidden(self.door, self.base, ad_accounts.WANTED, checked, len(found))
            for section, attributes in _CHECKED.items():
                without[section] = without.get(section, set()).union(*(unseen.get(one, set()) for one in attributes))
        self.sign_ins(lag, entries)
        for section, names in without.items():
            if names:
                shown = ", ".join(_CHECKED[section])
                self.reading.hidden(section, f"{shown} of {len(names)} accounts")
        found = [_hiding(one, [section for section, names in without.items() if names and fold(one.dn) in names])
                 for one in found]
        blind = sum("enabled" in one.hidden for one in found)
        if blind:
            self.reading.hidden("enabled", f"whether {blind} accounts are open (userAccountControl)")
        return found

    def sign_ins(self, lag: int | None, entries: Sequence[Entry]) -> None:
        """Whether the domain notes sign-ins at all, and lets this account see."""
        if lag == 0 or (self.level is not None and self.level < _WITH_TIMESTAMP):
            self.reading.note("last_sign_ins", Unsupported(
                "this domain does not keep the time of the last sign-in").missing)
        elif entries and not any(one.has("lastlogontimestamp") for one in entries):
            self.reading.hidden("last_sign_ins", "when anybody last signed in (lastLogonTimestamp)")

    def groups(self, accounts: Sequence[Account]) -> tuple[dict[str, Group], Members, Sequence[Account]]:
        """All groups by id, and the way to resolve what their members are."""
        raw: list[tuple[str, Entry]] = []
        ids = {fold(one.dn): one.id for one in accounts}
        with self.reading.section("groups"):
            for entry in self.door.search(self.base, "(objectClass=group)", (
                    "objectSid", "sAMAccountName", "cn", "groupType", "member"), what="groups"):
                raw.append((ad_accounts.identifier(entry), entry))
                if (entry.number("grouptype") or _GLOBAL_SECURITY) & _GLOBAL_SECURITY != _GLOBAL_SECURITY:
                    self.not_global.add(raw[-1][0])
                ids[fold(entry.dn)] = raw[-1][0]
            for entry in self.door.search(self.base, "(objectClass=foreignSecurityPrincipal)", ("objectSid",),
                                          what="principals of other domains"):
                ids[fold(entry.dn)] = ad_accounts.identifier(entry)
        hiding: set[str] = set()
        if not self.genuine and raw:
            hiding = hidden(self.door, self.base, "(objectClass=group)", ("member",), len(raw)).get("member", set())
        marked = self.back_links() if any(one.marked for one in accounts) else {}
        members = Members(ids, self.base, self.look)
        found = {}
        for identifier, entry in raw:
            name = entry.text("samaccountname") or entry.text("cn") or entry.dn
            folded = fold(entry.dn)
            why = HIDDEN if folded in hiding else ""
            found[identifier] = members.group(identifier, name, entry.dn, (
                *entry.texts("member"), *marked.get(folded, ())), why=why)
        return found, members, accounts

    def back_links(self) -> dict[str, list[str]]:
        """Of those who are marked as administrators, the groups that their own entries name."""
        found: dict[str, list[str]] = {}
        with self.reading.section("groups"):
            for entry in self.door.search(self.base, f"(&(adminCount=1){ad_accounts.WANTED})", ("memberOf",),
                                          what="groups of administrators"):
                for group in entry.texts("memberof"):
                    found.setdefault(fold(group), []).append(entry.dn)
        return found

    def look(self, dn: str) -> str | None:
        entry = self.door.entry(dn, ("objectSid", "objectClass"), what="a member of a group")
        if entry is None or not entry.values:
            return None
        return ad_accounts.identifier(entry) if entry.has("objectsid") else ""

    def sure_of_administrators(self, groups: dict[str, Group], accounts: Sequence[Account]) -> None:
        """Domain Admins and Administrators exist everywhere and are never empty: where they are, they are hidden."""
        inside = Membership(groups.values(), accounts)
        for identifier in (f"{self.domain}-512", *top("")):
            group = groups.get(identifier)
            if group is None and identifier in top("") and not self.genuine:
                continue
            if group is None:
                self.reading.hidden("groups", f"the group with the identifier {identifier.removeprefix(self.domain)}")
            elif not inside.of(identifier).principals and group.complete:
                groups[identifier] = Group(group.id, group.name, group.dn, group.members, False, HIDDEN)

    def default_policy(self) -> list[PasswordPolicy]:
        with self.reading.section("policies"):
            length, lockout = self.head.number("minpwdlength"), self.head.number("lockoutthreshold")
            properties = self.head.number("pwdproperties")
            if length is None or lockout is None:
                self.reading.hidden("policies", "the domain's rules for passwords (minPwdLength, lockoutThreshold)")
                return []
            return [PasswordPolicy(
                "the domain's policy", default=True, min_length=length, lockout=lockout,
                history=self.head.number("pwdhistorylength"), max_age_days=_days(self.head, "maxpwdage"),
                complex=None if properties is None else bool(properties & _COMPLEX),
                reversible=bool((properties or 0) & _CLEAR))]
        return []

    def fine_policies(self, members: Members) -> list[PasswordPolicy]:
        """Password settings objects. The container hides them from ordinary accounts."""
        found: list[PasswordPolicy] = []
        if self.level is not None and self.level < _WITH_FINE:
            return found
        place = f"CN=Password Settings Container,CN=System,{self.base}"
        with self.reading.section("fine_policies"):
            container = self.door.entry(place, ("objectClass",), what="fine-grained password policies")
            if container is None or not container.has("objectclass"):
                if self.level is not None or container is not None:
                    self.reading.hidden("fine_policies", "whether there are fine-grained password policies")
                return found
            wanted = "(objectClass=msDS-PasswordSettings)"
            for entry in self.door.search(place, wanted, _FINE, what="fine-grained password policies"):
                found.append(_fine(entry, members, self.not_global))
            if not self.genuine and hidden(self.door, place, wanted, ("msDS-PSOAppliesTo",), len(found)):
                self.reading.hidden("fine_policies", "whom a fine-grained password policy is for")
        return found

    def settings(self) -> Settings:
        quota = laps = None
        with self.reading.section("machine_quota"):
            quota = self.head.number("ms-ds-machineaccountquota")
            if quota is None and self.genuine:
                self.reading.hidden("machine_quota", "how many computers anybody may join")
        schema = self.door.root.text("schemanamingcontext")
        with self.reading.section("laps"):
            if not schema:
                known = known_attributes(self.door)
                if not known:
                    raise Unsupported("the server does not say where its schema is")
                return Settings(quota, not known.isdisjoint(_LAPS))
            laps = any(self.door.search(schema, "(|(lDAPDisplayName=msLAPS-PasswordExpirationTime)"
                                        "(lDAPDisplayName=ms-Mcs-AdmPwdExpirationTime))", ("lDAPDisplayName",),
                                        what="the schema"))
        return Settings(quota, laps)


_LAPS = ("mslaps-passwordexpirationtime", "ms-mcs-admpwdexpirationtime")
_ALWAYS = ("lastlogon", "logoncount", "lastlogontimestamp", "primarygroupid")
_CHECKED = {
    "names": ("mail", "userPrincipalName"), "expires": ("accountExpires",),
    "last_sign_ins": ("lastLogonTimestamp",), "groups": ("primaryGroupID",), "services": ("servicePrincipalName",),
    "rights": ("msDS-AllowedToDelegateTo", "msDS-AllowedToActOnBehalfOfOtherIdentity", "sIDHistory"),
}
"""By section the attributes of accounts whose absence says something."""


def _hiding(one: Account, more: list[str]) -> Account:
    import msgspec

    return msgspec.structs.replace(one, hidden=(*one.hidden, *more)) if more else one


def _common(accounts: Sequence[Account]) -> str:
    """The domain that most accounts are of."""
    domains = [windows.domain_of(one.id) for one in accounts]
    return max(set(domains), key=domains.count, default="")


def _days(entry: Entry, attribute: str) -> int | None:
    return windows.days(entry.number(attribute)) if entry.has(attribute) else None


def _fine(entry: Entry, members: Members, not_global: set[str]) -> PasswordPolicy:
    """A password settings object. It holds for accounts and global security groups alone ([MS-ADTS] 3.1.1.4.5.36)."""
    if not all(entry.has(one.lower()) for one in _FINE if one.startswith("msDS-") and one != "msDS-PSOAppliesTo"):
        raise LookError(Reason.DENIED, "a fine-grained password policy hides its rules")
    target = members.group("", "", "", entry.texts("msds-psoappliesto"))
    target = members.settled(target)
    if not target.complete:
        raise LookError(Reason.DENIED, "whom a fine-grained password policy is for is not wholly known")
    return PasswordPolicy(
        entry.text("cn"), precedence=entry.number("msds-passwordsettingsprecedence") or 0,
        applies_to=tuple(one for one in target.members if one not in not_global),
        min_length=entry.number("msds-minimumpasswordlength") or 0, lockout=entry.number("msds-lockoutthreshold") or 0,
        history=entry.number("msds-passwordhistorylength"), max_age_days=_days(entry, "msds-maximumpasswordage"),
        complex=entry.text("msds-passwordcomplexityenabled").upper() == "TRUE",
        reversible=entry.text("msds-passwordreversibleencryptionenabled").upper() == "TRUE")
