"""Every action there is, found in ``server.two_people.actions``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy.engine import Connection

from hustings.errors import UsageError
from server.two_people.model import Action, Payload, Proposal, Value


@cache
def every() -> Mapping[str, Action]:
    """By name. Raises ``ValueError`` where two modules have the same."""
    from server.two_people import actions as room

    found: dict[str, Action] = {}
    for module in sorted(pkgutil.iter_modules(room.__path__), key=lambda one: one.name):
        made: Action = importlib.import_module(f"{room.__name__}.{module.name}").ACTION
        if made.name in found:
            raise ValueError(f"two modules have the action {made.name}")
        found[made.name] = made
    return found


def known(name: str) -> Action:
    """One of them. Raises ``UsageError`` for a name that this release does not know."""
    found = every().get(name)
    if found is None:
        raise UsageError(f"this release has no act called {name!r}", remedy=f"there are: {', '.join(every())}")
    return found


def told(name: str) -> Action:
    """One of them, to be shown: of an act that this release does not know only its name, and nobody decides on it."""
    return every().get(name) or Action(name, name, frozenset(), frozenset(), describe=_nothing, run=_unknown)


def _nothing(_payload: Payload) -> Sequence[tuple[str, Value]]:
    return ()


def _unknown(_connection: Connection, _tenant: str, _payload: Payload, proposal: Proposal, _now: datetime) -> None:
    known(proposal.action)
