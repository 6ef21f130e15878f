"""Multifactor authentication as it is set account by account: of whom it is asked, and the answers.

Graph has it in its beta alone, one account a request, with ``Policy.Read.All``
(``/users/{id}/authentication/requirements``); should v1.0 have it where beta is closed, it is asked there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from collectors._entra_reading import Reading
from collectors._entra_users import per_user_mfa
from collectors.graph_errors import GraphError
from hustings.directory.entra import Group, Policy, RoleAssignment, User

_GUESTS = "GuestsOrExternalUsers"
UNKNOWN = (400, 404, 405)
"""What is answered where there is no such path."""


def order(users: Mapping[str, User], roles: Iterable[RoleAssignment], policies: Iterable[Policy],
          groups: Iterable[Group], limit: int) -> list[str]:
    """The enabled accounts to ask of, at most ``limit``: those who hold a role, then those whom policies in force
    leave out, then everybody else."""
    by_id = {one.id: one for one in groups}
    wanted = dict.fromkeys(_holders(roles, by_id))
    wanted.update(dict.fromkeys(_left_out(policies, by_id, users)))
    wanted.update(dict.fromkeys(users))
    asked = [one for one in wanted if one in users and users[one].enabled]
    return asked[:max(0, limit)]


def states(reading: Reading, ids: list[str]) -> tuple[dict[str, str], dict[str, GraphError]]:
    """The state of each account that was answered for, and why of the others."""
    said, refused = _asked(reading, ids, "beta")
    if ids and not said and all(one.status in UNKNOWN for one in refused.values()):
        said, refused = _asked(reading, ids[:1], "v1.0")
        if said:
            said, refused = _asked(reading, ids, "v1.0")
    return said, refused


def _asked(reading: Reading, ids: list[str], version: str) -> tuple[dict[str, str], dict[str, GraphError]]:
    try:
        said, refused = reading.answers(
            f"per-user MFA ({version})", [(one, f"/users/{one}/authentication/requirements") for one in ids], str,
            lambda _, body: per_user_mfa(body), version=version)
    except GraphError as error:
        if error.status not in UNKNOWN:
            raise
        return {}, dict.fromkeys(ids, error)
    return {one: state for one, state in said.items() if state}, refused


def _holders(roles: Iterable[RoleAssignment], groups: Mapping[str, Group]) -> Iterator[str]:
    for role in roles:
        yield role.principal
        if role.principal in groups:
            yield from groups[role.principal].direct


def _left_out(policies: Iterable[Policy], groups: Mapping[str, Group], users: Mapping[str, User]) -> Iterator[str]:
    for policy in policies:
        if policy.state != "enabled":
            continue
        yield from policy.exclude_users
        for one in policy.exclude_groups:
            yield from groups[one].members if one in groups else ()
        if policy.exclude_guests is not None or _GUESTS in policy.exclude_users:
            yield from (one.id for one in users.values() if one.guest or one.external)
