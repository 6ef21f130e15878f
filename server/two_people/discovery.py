"""Every action there is, found in ``server.two_people.actions``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from hustings.errors import UsageError
from server.two_people.model import Action


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
