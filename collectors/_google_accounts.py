"""Accounts, roles, organisational units and groups of a Google Workspace tenant (the Directory API)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from collectors.google_door import Google
from collectors.google_errors import Gone, GoogleError, Invalid
from hustings.directory.google import Group, Role, Unit, User
from hustings.directory.google_sections import BY_NAME
from hustings.times import parse_time

_USERS, _ROLES, _UNITS, _GROUPS = (BY_NAME[one] for one in ("users", "roles", "units", "groups"))
_USER_FIELDS = ("id,primaryEmail,aliases,nonEditableAliases,isAdmin,isDelegatedAdmin,isEnrolledIn2Sv,isEnforcedIn2Sv,"
                "suspended,archived,isGuestUser,isMailboxSetup,orgUnitPath,creationTime,lastLoginTime")
_FULL = 500
"""Accounts of one page: the most that the Directory API gives."""
_NEVER = 1970
"""The year in which Google says something happened that never did."""


class _User(msgspec.Struct, frozen=True):
    id: str
    primaryEmail: str  # noqa: N815
    aliases: tuple[str, ...] = ()
    nonEditableAliases: tuple[str, ...] = ()  # noqa: N815
    isAdmin: bool = False  # noqa: N815
    isDelegatedAdmin: bool = False  # noqa: N815
    isEnrolledIn2Sv: bool | None = None  # noqa: N815
    isEnforcedIn2Sv: bool | None = None  # noqa: N815
    suspended: bool = False
    archived: bool = False
    isGuestUser: bool = False  # noqa: N815
    isMailboxSetup: bool | None = None  # noqa: N815
    orgUnitPath: str = "/"  # noqa: N815
    creationTime: str = ""  # noqa: N815
    lastLoginTime: str = ""  # noqa: N815


class _Users(msgspec.Struct, frozen=True):
    users: tuple[_User, ...] = ()
    nextPageToken: str = ""  # noqa: N815


class _Role(msgspec.Struct, frozen=True):
    roleId: str  # noqa: N815
    roleName: str = ""  # noqa: N815
    isSuperAdminRole: bool = False  # noqa: N815


class _Roles(msgspec.Struct, frozen=True):
    items: tuple[_Role, ...] = ()
    nextPageToken: str = ""  # noqa: N815


class _Assignment(msgspec.Struct, frozen=True):
    roleId: str  # noqa: N815
    assignedTo: str  # noqa: N815
    assigneeType: str = ""  # noqa: N815
    scopeType: str = "CUSTOMER"  # noqa: N815
    orgUnitId: str = ""  # noqa: N815


class _Assignments(msgspec.Struct, frozen=True):
    items: tuple[_Assignment, ...] = ()
    nextPageToken: str = ""  # noqa: N815


class _Unit(msgspec.Struct, frozen=True):
    orgUnitId: str  # noqa: N815
    orgUnitPath: str  # noqa: N815
    parentOrgUnitId: str = ""  # noqa: N815
    parentOrgUnitPath: str = ""  # noqa: N815


class _Units(msgspec.Struct, frozen=True):
    organizationUnits: tuple[_Unit, ...] = ()  # noqa: N815


class _Group(msgspec.Struct, frozen=True):
    id: str
    email: str = ""
    name: str = ""


class _Groups(msgspec.Struct, frozen=True):
    groups: tuple[_Group, ...] = ()
    nextPageToken: str = ""  # noqa: N815


class _Member(msgspec.Struct, frozen=True):
    id: str = ""
    type: str = "USER"


class _Members(msgspec.Struct, frozen=True):
    members: tuple[_Member, ...] = ()
    nextPageToken: str = ""  # noqa: N815


def users(google: Google, customer: str) -> Iterator[User]:
    """Every account that is not deleted."""
    asked = {"customer": customer, "maxResults": str(_FULL), "projection": "basic",
             "fields": f"nextPageToken,users({_USER_FIELDS})"}
    for page in google.pages(_USERS, "/admin/directory/v1/users", asked, _Users):
        for one in page.users:
            yield User(
                one.id, one.primaryEmail, (*one.aliases, *one.nonEditableAliases), one.isAdmin, one.isDelegatedAdmin,
                one.isEnrolledIn2Sv, one.isEnforcedIn2Sv, not (one.suspended or one.archived), one.isGuestUser,
                moment(one.creationTime), moment(one.lastLoginTime), one.orgUnitPath or "/", one.isMailboxSetup)


def roles(google: Google, customer: str) -> Iterator[Role]:
    """Every role that somebody has."""
    base = f"/admin/directory/v1/customer/{quote(customer, safe='')}"
    known: dict[str, _Role] = {}
    for page in google.pages(_ROLES, f"{base}/roles", {
            "maxResults": "100", "fields": "nextPageToken,items(roleId,roleName,isSuperAdminRole)"}, _Roles):
        known |= {one.roleId: one for one in page.items}
    for given in google.pages(_ROLES, f"{base}/roleassignments", {
            "maxResults": "200",
            "fields": "nextPageToken,items(roleId,assignedTo,assigneeType,scopeType,orgUnitId)"}, _Assignments):
        for one in given.items:
            role = known.get(one.roleId, _Role(one.roleId, "a role that is gone"))
            yield Role(role.roleName, one.assignedTo, one.assigneeType.casefold() == "group", role.isSuperAdminRole,
                       one.orgUnitId.removeprefix("id:"))


def units(google: Google, customer: str) -> tuple[Unit, ...]:
    """Every organisational unit, the top one too."""
    said = google.one(_UNITS, f"/admin/directory/v1/customer/{quote(customer, safe='')}/orgunits", {
        "orgUnitPath": "/", "type": "allIncludingParent",
        "fields": "organizationUnits(orgUnitId,orgUnitPath,parentOrgUnitId,parentOrgUnitPath)"}, _Units)
    found = {one.orgUnitId.removeprefix("id:"): one.orgUnitPath for one in said.organizationUnits}
    for one in said.organizationUnits:
        if one.parentOrgUnitPath == "/" and one.parentOrgUnitId:
            found.setdefault(one.parentOrgUnitId.removeprefix("id:"), "/")
    return tuple(Unit(key, path) for key, path in found.items())


def groups(google: Google, customer: str, ids: Iterable[str], names: Iterable[str]) -> Iterator[Group]:
    """The groups with these ids, and those that a declaration names by address, id or display name."""
    found: dict[str, Group] = {}
    for key in ids:
        one = _group(google, key)
        if one is None:
            found[key] = Group(key, exists=False)
        elif one.id not in found:
            found[one.id] = _with_members(google, one)
    for name in names:
        if any(name.casefold() in (one.id.casefold(), one.mail.casefold(), one.name.casefold())
               for one in found.values()):
            continue
        for one in _named(google, customer, name):
            found[one.id] = msgspec.structs.replace(found.get(one.id) or _with_members(google, one), asked=name)
    yield from found.values()


def _named(google: Google, customer: str, name: str) -> list[_Group]:
    if "@" not in name:
        quoted = name.replace("\\", "\\\\").replace("'", "\\'")
        try:
            pages = list(google.pages(_GROUPS, "/admin/directory/v1/groups", {
                "customer": customer, "query": f"name='{quoted}'",
                "fields": "nextPageToken,groups(id,email,name)"}, _Groups))
        except (Gone, Invalid):
            pages = []
        meant = [one for page in pages for one in page.groups if one.name.casefold() == name.casefold()]
        if meant or " " in name:
            return meant
    one = _group(google, name)
    return [one] if one is not None else []


def _group(google: Google, key: str) -> _Group | None:
    try:
        return google.one(_GROUPS, f"/admin/directory/v1/groups/{quote(key, safe='@')}", {"fields": "id,email,name"},
                          _Group)
    except (Gone, Invalid):
        return None


def _with_members(google: Google, group: _Group) -> Group:
    members: set[str] = set()
    everyone, complete = False, True
    waiting, seen = [group.id], {group.id}
    while waiting:
        asked = {"includeDerivedMembership": "true", "maxResults": "200",
                 "fields": "nextPageToken,members(id,type)"}
        try:
            for page in google.pages(_GROUPS, f"/admin/directory/v1/groups/{quote(waiting.pop(), safe='')}/members",
                                     asked, _Members):
                for one in page.members:
                    everyone |= one.type == "CUSTOMER"
                    if one.type == "GROUP" and one.id not in seen:
                        seen.add(one.id)
                        waiting.append(one.id)
                    elif one.type != "GROUP" and one.id:
                        members.add(one.id)
        except Gone:
            complete = False
    return Group(group.id, group.email, group.name, "", tuple(sorted(members)), everyone, complete)


def moment(text: Any) -> datetime | None:
    """A time as Google writes it; None for none, and for 1970, by which it means never."""
    if not isinstance(text, str) or not text:
        return None
    try:
        found = parse_time(text)
    except ValueError as error:
        raise GoogleError("Google's answer holds a time that is none") from error
    return None if found.year <= _NEVER else found
