"""The groups that policies, roles and declarations refer to, from what Microsoft Graph answers. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

import msgspec

from collectors._entra_fields import Body, needed, text
from hustings.declared import Tenant
from hustings.directory.entra import Policy, RoleAssignment, User

SELECT = "id,displayName,mail,visibility"
MEMBERS = "id"
HIDDEN = "HiddenMembership"
_ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\Z")


class Known(msgspec.Struct, frozen=True):
    """What a group itself says."""

    id: str
    name: str
    mail: str
    hidden: bool


class Members(msgspec.Struct, frozen=True):
    """Who is in a group, or a page of that."""

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    """The groups within it."""
    next: str = ""


def known(body: Body) -> Known:
    """A ``group``."""
    return Known(needed(body, "id"), text(body, "displayName"), text(body, "mail"), text(body, "visibility") == HIDDEN)


def members(items: Iterable[Body], onward: str = "") -> Members:
    """People and groups among members of all kinds; one whose kind is not told is taken for a person."""
    users, groups = dict[str, None](), []
    for one in items:
        kind = text(one, "@odata.type")
        if kind in ("#microsoft.graph.user", ""):
            users[needed(one, "id")] = None
        elif kind == "#microsoft.graph.group":
            groups.append(needed(one, "id"))
    return Members(tuple(users), tuple(groups), onward)


def joined(first: Members, rest: Iterable[Members]) -> Members:
    """All pages as one."""
    pages = (first, *rest)
    return Members(tuple(dict.fromkeys(user for one in pages for user in one.users)),
                   tuple(dict.fromkeys(group for one in pages for group in one.groups)))


def referred(policies: Iterable[Policy], roles: Iterable[RoleAssignment], users: Iterable[User],
             tenant: Tenant) -> tuple[list[str], list[str]]:
    """The ids of groups to read, and the names or addresses of those that are only declared by them."""
    found: dict[str, None] = {}
    for policy in policies:
        found.update(dict.fromkeys((*policy.include_groups, *policy.exclude_groups)))
    people: set[str] = set()
    for user in users:
        people.update((user.id, user.name.casefold(), user.mail.casefold()))
    found.update((one.principal, None) for one in roles if one.kind == "group"
                 or (not one.kind and one.principal not in people))
    others: dict[str, None] = {}
    for name in _declared(tenant):
        if name.casefold() not in people:
            (found if _ID.match(name) else others)[name] = None
    return list(found), list(others)


def filter_for(name: str) -> str:
    """The ``$filter`` that finds a group by its address or its name, as it stands in an address."""
    quoted = name.replace("'", "''")
    return quote(f"mail eq '{quoted}'" if "@" in name else f"displayName eq '{quoted}'", safe="'@")


def is_id(text_: str) -> bool:
    """Whether it is an object's or a tenant's id, not a name."""
    return bool(_ID.match(text_))


def _declared(tenant: Tenant) -> Iterator[str]:
    yield from (one.who for one in tenant.may_skip_mfa)
    yield from tenant.high_value
