"""The access lists of what must be in administrators' hands alone: the domain, its administrators and their groups,
domain controllers, the organisational units above them and the group policies that reach them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from collectors import _ldap_windows as windows
from collectors._ldap_dn import above, fold, within
from collectors._ldap_reading import Reading
from collectors.host.protocol import Truncated, Unreadable
from collectors.ldap_door import Ldap
from hustings.directory.ldap import Account, Entry, Group, Protected

LIMIT = 2_000
"""Objects whose access lists are read."""
RELEVANT = 0x500C_0128
"""Bits of an access mask ([MS-ADTS] 5.1.3.2) that are kept: all, write, owner, access list, extended rights,
properties and validated writes."""
_LINK = re.compile(r"\[ldap://(?P<dn>[^;\]]+);(?P<options>[0-9]+)\]", re.IGNORECASE)
_DISABLED_LINK = 1


@dataclass(frozen=True)
class Target:
    """An object, and what it is."""

    dn: str
    kind: str
    name: str


def targets(base: str, groups: Sequence[Group], accounts: Sequence[Account]) -> list[Target]:
    """What to look at, the domain first. ``accounts`` are administrators and domain controllers."""
    found = {fold(base): Target(base, "domain", "the domain")}
    holder = f"CN=AdminSDHolder,CN=System,{base}"
    found[fold(holder)] = Target(holder, "holder", "AdminSDHolder")
    for group in groups:
        found.setdefault(fold(group.dn), Target(group.dn, "group", group.name))
    for account in accounts:
        kind = "controller" if account.kind == "controller" else "account"
        found.setdefault(fold(account.dn), Target(account.dn, kind, account.name))
    for account in accounts:
        place = above(account.dn)
        while place and within(fold(place), fold(base)) and fold(place) not in found:
            found[fold(place)] = Target(place, "container", place)
            place = above(place)
    return list(found.values())


def read(door: Ldap, wanted: Sequence[Target], reading: Reading, *, genuine: bool) -> list[Protected]:
    """The access lists, and those of the group policies that are linked to these places. A server that is not
    ``genuine`` Active Directory need have no AdminSDHolder."""
    found: list[Protected] = []
    policies: dict[str, str] = {}
    unread = 0
    with reading.section("rights"):
        if len(wanted) > LIMIT:
            reading.note("rights", Truncated(f"only {LIMIT} of {len(wanted)} objects' rights are read").missing)
        for one in wanted[:LIMIT]:
            if one.kind == "holder" and not genuine and door.entry(one.dn, ("objectClass",)) is None:
                continue
            protected = _one(door, one, policies)
            found.append(protected)
            unread += protected.unread
        for dn in list(policies.values())[:LIMIT]:
            protected = _one(door, Target(dn, "policy", "a group policy"), {})
            found.append(protected)
            unread += protected.unread
    if unread:
        reading.hidden("rights", f"the rights on {unread} of {len(found)} objects (nTSecurityDescriptor)")
    return found


def _one(door: Ldap, target: Target, policies: dict[str, str]) -> Protected:
    attributes = ["nTSecurityDescriptor", "gPLink", "displayName"]
    entry = door.entry(target.dn, attributes, what="the rights on an object", descriptors=True)
    if entry is None or not entry.has("ntsecuritydescriptor"):
        return Protected(target.dn, target.kind, target.name, unread=True)
    if target.kind in ("domain", "container"):
        policies |= {fold(dn): dn for dn in _linked(entry.text("gplink"))}
    try:
        owner, entries = windows.descriptor(entry.values["ntsecuritydescriptor"][0])
    except Unreadable:
        return Protected(target.dn, target.kind, target.name, unread=True)
    name = entry.text("displayname") if target.kind == "policy" else target.name
    return Protected(target.dn, target.kind, name or target.name, owner, tuple(_kept(entries)))


def _kept(entries: Sequence[Entry]) -> Iterator[Entry]:
    for one in entries:
        if one.mask & RELEVANT:
            yield one


def _linked(text: str) -> Iterator[str]:
    """The group policies that a ``gPLink`` holds and does not switch off ([MS-GPOL] 2.2.2)."""
    for found in _LINK.finditer(text):
        if not int(found["options"]) & _DISABLED_LINK:
            yield found["dn"]
