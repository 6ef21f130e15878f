"""``hustings directory mfa`` for Google Workspace: of each account, whether 2-step verification is demanded."""

from __future__ import annotations

from collections.abc import Iterator

from agent.directory.mfa_row import Row
from hustings.declared import Tenant
from hustings.directory.google import State, User

SECTIONS = ("policies", "units", "groups", "roles", "sign_on")
"""What may be unread and would tell more."""

DECIDING = frozenset({"policies", "units", "sign_on"})
"""Without these it is Google's word alone that a second step is demanded."""


def answers(state: State, tenant: Tenant) -> Iterator[Row]:
    """A row for each account that can sign in, by name."""
    from policies.directory.context import Context
    from policies.directory.google_mfa import UNDECIDED, SecondSteps
    from policies.directory.google_people import People
    from policies.directory.google_settings import Settings

    people = People(state, Context(tenant, state.read_at))
    steps = SecondSteps(people, Settings(state, people))
    for user in sorted(people.users, key=lambda one: one.name.casefold()):
        found, admin, declared = steps.judge(user), people.is_admin(user), steps.declared(user)
        outcome = "not demanded" if found.slips else "undecided" if found.undecided else "demanded"
        yield Row(user.name, outcome, admin if isinstance(admin, bool) else None, user.guest, declared is True, (),
                  found.slips or found.undecided, found.detail or UNDECIDED.get(found.undecided, ""),
                  "" if declared is True else found.near_miss)


def asked(tenant: Tenant, within: float) -> State:
    """The tenant as it is now. Raises ``LookError``."""
    from collectors.directory_google import read
    from collectors.host.live import LiveHost

    return read(LiveHost(), tenant, within=within)


def names(user: User) -> tuple[str, ...]:
    """By what an account may be asked for."""
    return user.name, user.id, *user.aliases
