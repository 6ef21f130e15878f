"""What is judged of a Microsoft Entra ID tenant: every answer about it, from what was read and what is declared."""

from __future__ import annotations

from typing import Any

import msgspec

from hustings.directory.entra import State
from hustings.facts import Listing
from policies.directory import entra_accounts, entra_admins, entra_apps, entra_rules
from policies.directory.context import Context
from policies.directory.entra_engine import Engine
from policies.directory.entra_mfa import Answers
from policies.directory.entra_people import People


def answers(text: str, context: Context) -> dict[str, Any]:
    """Values of the facts of ``policies.directory.facts`` by id. Those that are not named do not exist in Entra:
    its shortest password is fixed (8 characters), it has no accounts without a password and none of its own."""
    return judged(msgspec.json.decode(text, type=State), context)


def judged(state: State, context: Context) -> dict[str, Any]:
    """The same of a state that is taken apart already."""
    people = People(state, context)
    missing = state.missing("users")
    guests = sum(1 for one in people.users if one.guest or one.external)
    return {
        "directory.people": missing or len(people.users) - guests,
        "directory.guests": missing or guests,
        "directory.licences": state.missing("licences") or Listing(sorted(state.licences)),
        **entra_admins.facts(people),
        **Answers(Engine(state, context), people).facts(),
        **entra_apps.facts(people),
        **entra_accounts.facts(people),
        **entra_rules.facts(state),
    }
