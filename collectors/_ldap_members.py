"""Whose names stand in a group: members by distinguished name or uid, brought to the ids of accounts and groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from collectors._ldap_dn import fold, within
from hustings.directory.ldap import Group

Look = Callable[[str], str | None]
"""Asks for one entry by its name: its id, "" for one that is no principal, None for none that can be seen."""


class Members:
    """Resolves the members of groups. ``ids`` maps folded names to ids."""

    def __init__(self, ids: Mapping[str, str], base: str, look: Look) -> None:
        self._ids = ids
        self._base = fold(base)
        self._look = look
        self._looked: dict[str, str | None] = {}

    def group(self, identifier: str, name: str, dn: str, members: Iterable[str], *, why: str = "") -> Group:
        """A group with the ids of its members; ``why`` says that there may be more."""
        found: dict[str, None] = {}
        for one in members:
            folded = fold(one)
            known = self._ids.get(folded)
            if known is None:
                known = f"?{folded}"
            found[known] = None
        return Group(identifier, name, dn, tuple(found), complete=not why, why=why)

    def settled(self, group: Group) -> Group:
        """The same group with what was not found at first asked for one by one."""
        found: dict[str, None] = {}
        why = group.why
        for one in group.members:
            if not one.startswith("?"):
                found[one] = None
                continue
            dn = one[1:]
            if not within(dn, self._base):
                why = why or "some are in another domain or directory, which is not read"
                continue
            if dn not in self._looked:
                self._looked[dn] = self._look(dn)
            known = self._looked[dn]
            if known is None:
                why = why or "some are hidden, or no longer there"
            elif known:
                found[known] = None
        return Group(group.id, group.name, group.dn, tuple(found), complete=not why, why=why)


HIDDEN = "the directory hides them"
"""Why the members of a group are not known, where a right is lacking."""


def unseen(groups: Iterable[Group]) -> int:
    """How many groups hide their members."""
    return sum(one.why == HIDDEN for one in groups)


def nested(groups: Mapping[str, Group], starts: Iterable[str], settle: Callable[[Group], Group]) -> dict[str, Group]:
    """The groups with these ids and all those nested in them, settled."""
    found: dict[str, Group] = {}
    waiting = list(dict.fromkeys(starts))
    for identifier in waiting:
        group = groups.get(identifier)
        if group is None or identifier in found:
            continue
        found[identifier] = settle(group)
        waiting += [one for one in found[identifier].members if one in groups and one not in found]
    return found
