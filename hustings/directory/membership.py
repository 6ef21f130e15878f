"""Who is in a group, through nested groups and primary groups. Loops are no trouble."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from hustings.directory.ldap import Account, Group

_BLANKS = re.compile(r"\s*([,=])\s*")
TOP = ("512", "518", "519")
"""Relative identifiers of Domain, Schema and Enterprise Admins ([MS-DTYP] 2.4.2.4)."""
TOP_BUILTIN = ("S-1-5-32-544",)
"""Administrators."""
OTHERS = ("520",)
"""Group Policy Creator Owners."""
OTHERS_BUILTIN = ("S-1-5-32-548", "S-1-5-32-549", "S-1-5-32-550", "S-1-5-32-551")
"""Account, Server, Print and Backup Operators."""
PRE_2000_ACCESS = "S-1-5-32-554"
"""Pre-Windows 2000 Compatible Access, whose members read every account."""
DNS_ADMINS = "dnsadmins"
"""The one group of administrators whose identifier is not fixed. Its name is the same in every language."""


@dataclass(frozen=True)
class Found:
    """What is in a group: accounts and other principals by id, each with the groups on the shortest way there."""

    principals: dict[str, tuple[str, ...]]
    why: str = ""
    """Why there may be more; "" where everything is known."""


class Membership:
    """All groups of a directory with the accounts that have them as primary groups."""

    def __init__(self, groups: Iterable[Group], accounts: Iterable[Account]) -> None:
        self.groups = {one.id: one for one in groups}
        self._primary: dict[str, list[str]] = {}
        for account in accounts:
            if account.primary:
                self._primary.setdefault(account.primary, []).append(account.id)

    def of(self, *starts: str) -> Found:
        """Everybody in these groups. Names of the groups in between come first to last, the starting one first."""
        principals: dict[str, tuple[str, ...]] = {}
        why = ""
        via: dict[str, tuple[str, ...]] = dict.fromkeys(starts, ())
        waiting = list(starts)
        for identifier in waiting:
            group = self.groups.get(identifier)
            name = group.name if group is not None else identifier
            if group is not None and not group.complete:
                why = why or f"the members of {group.name} are not all known: {group.why}"
            way = (*via[identifier], name)
            for member in (*(group.members if group is not None else ()), *self._primary.get(identifier, ())):
                if member in self.groups:
                    if member not in via:
                        via[member] = way
                        waiting.append(member)
                else:
                    principals.setdefault(member, way)
        return Found(principals, why)

    def above(self) -> dict[str, set[str]]:
        """For every account and group the groups it is in, at any depth."""
        direct: dict[str, set[str]] = {}
        for group in self.groups.values():
            for member in group.members:
                direct.setdefault(member, set()).add(group.id)
        for primary, accounts in self._primary.items():
            for account in accounts:
                direct.setdefault(account, set()).add(primary)
        found: dict[str, set[str]] = {}
        for start, first in direct.items():
            seen, waiting = set(first), list(first)
            for one in waiting:
                for more in direct.get(one, ()):
                    if more not in seen:
                        seen.add(more)
                        waiting.append(more)
            found[start] = seen
        return found


def _plain(name: str) -> str:
    """In small letters, and of a distinguished name no blanks around its parts."""
    return _BLANKS.sub(r"\1", name.strip()).casefold() if "=" in name else name.strip().casefold()


def named(groups: Iterable[Group], names: Iterable[str]) -> tuple[list[Group], list[str]]:
    """The groups that a declaration names, by id, name or distinguished name, and the names that no group has."""
    found: list[Group] = []
    lacking = []
    known = list(groups)
    for name in names:
        wanted = _plain(name)
        fit = [one for one in known if wanted in (one.id.casefold(), _plain(one.name), _plain(one.dn))]
        found += fit
        if not fit:
            lacking.append(name)
    return found, lacking


def top(domain: str) -> tuple[str, ...]:
    """Ids of the groups whose members can do everything in the domain."""
    return (*(f"{domain}-{one}" for one in TOP if domain), *TOP_BUILTIN)


def administering(domain: str, groups: Iterable[Group]) -> tuple[str, ...]:
    """Ids of the groups that Active Directory came with and whose members can make themselves administrators."""
    dns = [one.id for one in groups if one.name.casefold() == DNS_ADMINS]
    return (*top(domain), *(f"{domain}-{one}" for one in OTHERS if domain), *OTHERS_BUILTIN, *dns)
