"""directory_ldap: an Active Directory domain or an LDAP directory, read as the account that machine.yaml names."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from collectors.base import ABSENT, Collected, Collector, Dated, Disclosure, Fact, Platform, Type, key
from collectors.host.protocol import Denied, Host, LookError, NotThere
from hustings.declared import Declared, Tenant
from hustings.directory.ldap import State
from hustings.directory.unread import Unread

KINDS = ("active-directory", "ldap")
_PEOPLE = "(|(objectClass=person)(objectClass=inetOrgPerson)(objectClass=user)(objectClass=posixAccount))"


def collect(host: Host, declared: Declared) -> Collected:
    """The state of every declared directory of these kinds; one that does not answer costs its own alone."""
    return {key("directory.ldap_state", one.name): _answer(host, one) for one in declared.tenants}


def _answer(host: Host, tenant: Tenant) -> object:
    if tenant.kind not in KINDS:
        return ABSENT
    try:
        state = read(host, tenant)
    except LookError as error:
        return error.missing
    return Dated(msgspec.json.encode(state).decode(), state.read_at)


def read(host: Host, tenant: Tenant) -> State:
    """The directory as it is now. Raises ``LookError`` where nothing of it can be read."""
    from collectors import _ldap_ad, _ldap_people, ldap_door

    now = host.now()
    with ldap_door.connect(host, tenant) as door:
        look = _ldap_ad.read if tenant.kind == "active-directory" else _ldap_people.read
        state = look(door, tenant, now)
    unread = dict(state.unread)
    anonymous = None
    try:
        anonymous = everybody_sees_people(host, tenant, state.base)
    except LookError as error:
        unread["anonymous"] = Unread(error.missing.reason, error.missing.detail)
    settings = msgspec.structs.replace(state.settings, anonymous=anonymous)
    return msgspec.structs.replace(state, unread=unread, settings=settings)


def everybody_sees_people(host: Host, tenant: Tenant, base: str) -> bool:
    """Whether people's entries are shown to whoever does not sign in. Raises ``LookError``."""
    from collectors import ldap_door

    try:
        with ldap_door.connect(host, tenant, within=30.0, anonymous=True) as door:
            return any(door.search(base, _PEOPLE, ("objectClass",), limit=1, what="people"))
    except (Denied, NotThere):
        return False


COLLECTOR = Collector(
    name="directory_ldap",
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS, Platform.MACOS}),
    facts=(
        Fact("directory.ldap_state", Type.TEXT, "Accounts, groups, rules for passwords and rights of an Active "
             "Directory domain or an LDAP directory, as JSON; absent for directories of other kinds",
             Disclosure.LOCAL, each="tenant"),
    ),
    collect=collect,
    timeout=600.0,
    every=timedelta(hours=12),
    each="tenant",
    needs="sign in to the directory as the reading account (docs/active-directory.md)",
)
