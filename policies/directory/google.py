"""What is judged of a Google Workspace tenant: every answer about it, from what was read and what is declared."""

from __future__ import annotations

from typing import Any

import msgspec

from hustings.directory.google import State
from hustings.facts import Missing, Reason
from policies.directory import google_accounts, google_admins, google_rules
from policies.directory.context import Context
from policies.directory.facts import FACTS
from policies.directory.google_mfa import SecondSteps
from policies.directory.google_people import People
from policies.directory.google_settings import Settings

ABSENT = (
    "directory.app_without_mfa", "directory.app_undecided", "directory.hidden_admins", "directory.old_credentials",
    "directory.invitations", "directory.lockout_threshold", "directory.never_expiring",
    "directory.no_password_needed", "directory.default_accounts", "directory.licences",
)
"""What Google Workspace does not have, or does not let an office set: it slows down guessing by itself, a password
expires for everybody of a unit or for nobody, and only super administrators make administrators."""
_ELSEWHERE = ("directory.kind", "directory.unread")
"""What is answered of every kind of directory alike (``policies.derive.directory``)."""
_NOBODY = Missing(Reason.ERROR, "Google gave no account at all, not even the one that asked")
_NO_DELEGATIONS = Missing(
    Reason.UNSUPPORTED, "Google has no interface that lists the clients with domain-wide delegation: see Security > "
    "Access and data control > API controls in the admin console, and attest them")


def answers(text: str, context: Context) -> dict[str, Any]:
    """Values of the facts of ``policies.directory.facts`` by id. Those of ``ABSENT`` are not named."""
    return judged(msgspec.json.decode(text, type=State), context)


def judged(state: State, context: Context) -> dict[str, Any]:
    """The same of a state that is taken apart already."""
    missing = state.missing("users") or (None if state.users else _NOBODY)
    if missing is not None:
        return {fact.id: missing for fact in FACTS if fact.id not in (*ABSENT, *_ELSEWHERE)} | {
            "directory.devices": google_accounts.devices(state)}
    people = People(state, context)
    settings = Settings(state, people)
    guests = sum(1 for one in people.users if one.guest)
    return {
        "directory.people": len(people.users) - guests,
        "directory.guests": guests,
        "directory.risky_applications": _NO_DELEGATIONS,
        **google_admins.facts(people),
        **SecondSteps(people, settings).facts(),
        **google_accounts.facts(people),
        **google_rules.facts(people, settings),
    }

