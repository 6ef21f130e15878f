"""Groups of a tenant: which requests are made, and what becomes of them."""

from __future__ import annotations

import msgspec

from collectors import _entra_groups as groups
from collectors import _entra_permissions as permissions
from collectors import _entra_roles as roles
from collectors._entra_fields import records, text
from collectors._entra_found import TOP, Found, insist
from collectors._entra_reading import Reading
from hustings.directory.entra import Group

_DIRECT = "/direct"
"""Ends the id of the second request about the same group in one batch."""


def read_groups(reading: Reading, found: Found) -> None:
    """The groups that something refers to, and who is in them; then what kind each holder of a role is."""
    ids, names = groups.referred(found.policies, found.roles, found.users.values(), reading.tenant)
    with reading.section("groups", grant=permissions.GROUPS):
        ids = list(dict.fromkeys((*ids, *_by_name(reading, names))))
        holders = {one.principal for one in found.roles}
        known, refused = reading.answers(
            "groups", [(one, f"/groups/{one}?$select={groups.SELECT}") for one in ids], groups.Known,
            lambda _, body: groups.known(body))
        insist(refused, gone=True)
        members, partial = _members(reading, list(known), [one for one in known if one in holders])
        if not permissions.held(permissions.HIDDEN, reading.graph.granted):
            partial |= _with_hidden(reading, known, members)
        for one in ids:
            if one not in known:
                found.groups.append(Group(one, exists=False))
                continue
            inside, direct = (members.get(key, groups.Members()) for key in (one, one + _DIRECT))
            found.groups.append(Group(one, known[one].name, inside.users, direct.users, mail=known[one].mail,
                                      complete=one not in partial))
    _kinds(reading, found)


def _by_name(reading: Reading, names: list[str]) -> list[str]:
    """The ids of groups that machine.yaml names otherwise."""
    said, refused = reading.answers(
        "named groups", [(one, f"/groups?$filter={groups.filter_for(one)}&$select=id") for one in names], list[str],
        lambda _, body: [text(one, "id") for one in records(body, "value")])
    insist(refused)
    return [one for name in names for one in said[name]]


def _members(reading: Reading, ids: list[str], holders: list[str]) -> tuple[dict[str, groups.Members], set[str]]:
    """Who is in each group, nested groups included, and for ``holders`` of a role also who is in the group itself; and
    the groups of which that could not be wholly read."""
    paths = {one: f"/groups/{one}/transitiveMembers" for one in ids}
    paths |= {one + _DIRECT: f"/groups/{one}/members" for one in holders}
    first, refused = reading.answers(
        "members", [(key, f"{path}?$select={groups.MEMBERS}&$top={TOP}") for key, path in paths.items()],
        groups.Members, lambda _, body: groups.members(records(body, "value"), text(body, "@odata.nextLink")))
    if not first:
        insist(refused)
    for key, page in first.items():
        if page.next:
            rest = reading.listing(f"members: {key}", paths[key], groups.Members, lambda body: groups.members([body]),
                                   start=page.next)
            first[key] = groups.joined(page, rest)
    return first, {key.removesuffix(_DIRECT) for key in refused}


def _with_hidden(reading: Reading, known: dict[str, groups.Known], members: dict[str, groups.Members]) -> set[str]:
    """The groups of which not everybody is shown without ``Member.Read.Hidden``: membership is hidden, and nobody was
    given, or it is hidden in a group within."""
    within = dict.fromkeys(one for inside in members.values() for one in inside.groups if one not in known)
    nested, refused = reading.answers(
        "groups within", [(one, f"/groups/{one}?$select={groups.SELECT}") for one in within], groups.Known,
        lambda _, body: groups.known(body))
    closed = {one.id for one in (*known.values(), *nested.values()) if one.hidden} | refused.keys()
    return {one for one in known if closed.intersection(members.get(one, groups.Members()).groups)
            or (one in closed and not members.get(one, groups.Members()).users)}


def _kinds(reading: Reading, found: Found) -> None:
    """Say of principals whose kind was not told what they are. One that is nothing any more holds no role."""
    real = {one.id for one in found.groups if one.exists}
    whole = found.principals and not {"users", "groups", "applications"} & reading.unread.keys()
    told = []
    for one in found.roles:
        if one.kind == roles.UNKNOWN:
            kind = "user" if one.principal in found.users else "group" if one.principal in real else "servicePrincipal"
            if kind == "servicePrincipal" and whole and one.principal not in found.principals:
                continue
            one = msgspec.structs.replace(one, kind=kind)
        told.append(one)
    found.roles = told
    applications = {one.principal for one in found.roles if one.kind == "servicePrincipal"}
    found.groups = [one for one in found.groups if one.exists or one.id not in applications]
