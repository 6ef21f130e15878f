"""What changed in the list of machines an office declares: shorter lists are shown, not only shorter scores. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from server.records import Asset, Declaration

SHOWN = timedelta(days=90)
REMOVED = "removed"
ADDED = "added"
ROLES = "roles"
RESPONSIBLE = "responsible"
MIRROR = "mirror"


@dataclass(frozen=True, slots=True)
class Change:
    """One asset in one new version of the list. ``before`` and ``after`` are its roles, who answers for it, or what it
    mirrors."""

    at: datetime
    by: str
    kind: str
    """``removed``, ``added``, ``roles`` (some were taken away), ``responsible`` or ``mirror`` (it is held against
    another register than before, or against none)."""
    asset: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def changes(versions: Sequence[Declaration], now: datetime) -> tuple[Change, ...]:
    """What each version of the last 90 days changed against the one before, newest first.

    ``versions`` are oldest first. The first list ever changes nothing.
    """
    found = [change for before, after in pairwise(versions)
             if now - after.at <= SHOWN for change in _between(before, after)]
    return tuple(sorted(found, key=lambda one: (one.at, one.asset, one.kind), reverse=True))


def _between(before: Declaration, after: Declaration) -> list[Change]:
    old, new = _by_name(before), _by_name(after)
    found = [Change(after.at, after.by, REMOVED, one.name, one.roles, ()) for key, one in old.items() if key not in new]
    found += [Change(after.at, after.by, ADDED, one.name, (), one.roles) for key, one in new.items() if key not in old]
    for key in old.keys() & new.keys():
        was, now = old[key], new[key]
        # An asset without a role is asked for every row: naming its first role takes rows away.
        if set(was.roles) - set(now.roles) or (not was.roles and now.roles):
            found.append(Change(after.at, after.by, ROLES, now.name, was.roles, now.roles))
        if was.responsible != now.responsible:
            found.append(Change(after.at, after.by, RESPONSIBLE, now.name, (was.responsible,), (now.responsible,)))
        if was.mirror_of and was.mirror_of.casefold() != now.mirror_of.casefold():
            found.append(Change(after.at, after.by, MIRROR, now.name, (was.mirror_of,), (now.mirror_of,)))
    return found


def _by_name(one: Declaration) -> dict[str, Asset]:
    return {asset.name.casefold(): asset for asset in one.assets}
