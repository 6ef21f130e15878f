"""Who administers a tenant: global administrators, break-glass accounts, mailboxes, and other ways to the top.

Sources: Microsoft's "Microsoft Entra built-in roles", which marks the roles that can make their holder a global
administrator, and "Best practices for Microsoft Entra roles".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from hustings.directory.entra import User
from hustings.facts import Listing, Missing
from policies.directory.entra_apps import can_take_over
from policies.directory.entra_people import GLOBAL_ADMINISTRATOR, People, names, reason

MAKES_ADMINISTRATORS = {
    "e8611ab8-c189-46e8-94e1-60213ab1f814": "gives any role to anybody, itself included",
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13": "resets the password and the second factor of a global administrator",
    "e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8": "resets the password of a global administrator",
}
"""Template ids: Privileged Role Administrator, Privileged Authentication Administrator, Partner Tier2 Support."""
OWNS_APPLICATIONS = {
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": "can add a secret to",
    "158c047a-c907-4556-b7ef-446551a6b5f7": "can add a secret to",
}
"""Application Administrator, Cloud Application Administrator."""


def facts(people: People) -> dict[str, Any]:
    """The facts about administrators."""
    missing = people.state.missing("roles")
    if missing is not None:
        return dict.fromkeys(("directory.top_admins", "directory.break_glass", "directory.admins_with_mailbox",
                              "directory.hidden_admins", "directory.administrators"), missing)
    unseen = people.unseen_holders()
    admins = [user for user in people.users if user.id in people.admins]
    return {
        "directory.administrators": unseen or people.state.missing("users") or len(admins),
        "directory.top_admins": people.listing(
            _top(people), people.state.missing("eligible") or people.unseen_holders(GLOBAL_ADMINISTRATOR)),
        "directory.break_glass": Listing(list(_break_glass(people)), not people.state.missing("users"),
                                         people.state.missing("users")),
        "directory.admins_with_mailbox": people.state.missing("mailboxes") or people.listing(
            _with_mailbox(people, admins), people.state.missing("eligible") or unseen),
        "directory.hidden_admins": people.listing(_hidden(people), unseen or _unclear(people)),
    }


def _top(people: People) -> Iterator[dict[str, Any]]:
    """Accounts, applications and unknown groups that are global administrators, once each."""
    users = {one.id: one for one in people.users}
    listed = {one.id for one in people.state.users}
    via: dict[str, set[str]] = defaultdict(set)
    standing: set[str] = set()
    for one in people.state.roles:
        if one.role.casefold() != GLOBAL_ADMINISTRATOR or one.scope != "/":
            continue
        if one.kind not in ("user", "group"):
            yield {"account": one.name or one.principal, "kind": "service", "guest": False, "via": [],
                   "eligible": one.eligible, "break_glass": False}
            continue
        if one.kind == "group" and not people.knows(one.principal):
            yield {"account": one.name or one.principal, "kind": "group", "guest": False, "via": [],
                   "eligible": one.eligible, "break_glass": False}
        for held_by in people.holders(one):
            via[held_by].update([people.group_name(one.principal)] if one.kind == "group" else [])
            if not one.eligible:
                standing.add(held_by)
            if held_by not in listed and people.state.missing("users"):
                yield {"account": one.name or held_by, "kind": "person", "guest": False, "via": [],
                       "eligible": one.eligible, "break_glass": people.context.break_glass(held_by, one.name)}
    for user_id, groups in via.items():
        user = users.get(user_id)
        if user is not None:
            yield {"account": user.name, "kind": "guest" if user.guest or user.external else "person",
                   "guest": user.guest or user.external, "via": sorted(groups), "eligible": user_id not in standing,
                   "break_glass": people.context.break_glass(*names(user))}


def _break_glass(people: People) -> Iterator[dict[str, Any]]:
    """Each declared account: it must be enabled and a global administrator who need not be activated first."""
    standing = {user for one in people.state.roles if one.role.casefold() == GLOBAL_ADMINISTRATOR
                and one.scope == "/" and not one.eligible for user in people.holders(one)}
    for declared in people.context.tenant.break_glass:
        found = next((one for one in people.state.users
                      if declared.casefold() in (name.casefold() for name in names(one))), None)
        usable = found is not None and found.enabled and found.id in standing
        unread, unseen = people.state.missing("users"), people.unseen_holders(GLOBAL_ADMINISTRATOR, now=True)
        if found is None and unread is not None:
            yield {"account": declared, "found": reason(unread), "usable": reason(unread)}
        else:
            hidden = unseen is not None and found is not None and found.enabled and not usable
            yield {"account": declared, "found": found is not None,
                   "usable": reason(unseen) if hidden and unseen is not None else usable}


def _with_mailbox(people: People, admins: list[User]) -> Iterator[dict[str, Any]]:
    for user in admins:
        if user.mailbox and not user.guest and not user.external:
            roles = sorted({one.role_name for one in people.admins[user.id] if one.role_name})
            yield {"account": user.name, "declared": people.context.break_glass(*names(user)),
                   "detail": f"It reads mail and is {', '.join(roles) or 'an administrator'}."}


def _unclear(people: People) -> Missing | None:
    """Whether an application leads to the top is not known, which matters where somebody holds a role over them."""
    held = any(one.role.casefold() in OWNS_APPLICATIONS and one.scope == "/" for one in people.state.roles)
    return people.state.missing("applications") if held else None


def _hidden(people: People) -> Iterator[dict[str, Any]]:
    """Holders of roles that lead to the top, who are not there already."""
    top = {user for one in people.state.roles if one.role.casefold() == GLOBAL_ADMINISTRATOR and one.scope == "/"
           for user in people.holders(one)}
    users = {one.id: one for one in people.users}
    strong = sorted({one.name for one in people.state.applications if can_take_over(one)})
    seen = set()
    for one in people.state.roles:
        role = one.role.casefold()
        how = MAKES_ADMINISTRATORS.get(role) if one.scope == "/" else None
        if how is None and role in OWNS_APPLICATIONS and one.scope == "/" and strong:
            how = f"{OWNS_APPLICATIONS[role]} the application {strong[0]}, which can give any role"
        if how is None:
            continue
        held = [(users[user].name, people.context.break_glass(*names(users[user])))
                for user in people.holders(one) if user in users and user not in top]
        if one.kind not in ("user", "group"):
            held = [(one.name or one.principal, False)]
        for account, declared in held:
            if (account, one.role_name) not in seen:
                seen.add((account, one.role_name))
                yield {"account": account, "right": one.role_name or one.role, "declared": declared,
                       "detail": f"It {'may activate a role that' if one.eligible else 'holds a role that'} {how}."}
