"""The matrix: what each role of the model holds on each object, in the letters that models are written with.

A role holds in excess, or misses, what any of its accounts does. Accounts that no role of the model knows are the
role with the empty name.
"""

from __future__ import annotations

from collections.abc import Iterator

from hustings.access.model import AccessModel, Role
from hustings.access.rights import BIT, LETTERS
from hustings.access.state import State
from policies.access.difference_declared import Declared, Intent
from policies.access.difference_scope import Scope
from policies.access.rows import EXCESS, MISSING, Row

UNKNOWN_ROLE = ""
LETTER = {right: letter for letter, right in LETTERS.items()} | {"USAGE": "U", "CREATE": "C"}
"""Rights without a letter of the model have a capital; all others together are ``+``."""
_BY_BIT = [(bit, LETTER.get(right, "+")) for right, bit in BIT.items()]
_ALWAYS_SHOWN = ("table", "view", "routine")
"""Kinds of object that are shown for declared rights alone; on others rights mostly follow from those."""


class Summary:
    """Filled row by row while a difference is made; ``cells`` at the end."""

    def __init__(self, model: AccessModel, state: State, scope: Scope, declared: Declared) -> None:
        self._classes = {one.name: one.sensitivity for one in model.objects}
        self._state, self._scope, self._declared, self._model = state, scope, declared, model
        self._roles_of: dict[str, tuple[str, ...]] = {}
        self._found: dict[tuple[str, str, str], dict[str, int]] = {}

    def add(self, row: Row) -> None:
        """Take a row of the difference; declared ones say nothing that the model does not."""
        if row.state not in (EXCESS, MISSING):
            return
        if row.account not in self._roles_of:
            names = tuple(one.name for one in self._declared.roles(row.account))
            self._roles_of[row.account] = names or (UNKNOWN_ROLE,)
        for role in self._roles_of[row.account]:
            cell = self._found.setdefault((role, row.object, row.kind), {EXCESS: 0, MISSING: 0})
            cell[row.state] |= BIT[row.right]

    def cells(self, limit: int) -> tuple[list[dict[str, str]], bool]:
        """The cells in order of role and object, and whether these are all; those with a fault come first where
        there are more than ``limit``."""
        wanted = {(role.name, label, kind): intent for role in self._model.roles
                  for label, kind, intent in self._means(role)}
        keys = sorted(self._found) + sorted(key for key in wanted if key not in self._found)
        kept = sorted(keys[:limit])
        return [self._cell(key, wanted.get(key)) for key in kept], len(keys) <= limit

    def _means(self, role: Role) -> Iterator[tuple[str, str, Intent]]:
        for place, intent in self._declared.of_role(role).items():
            one = self._state.objects[place]
            if place in self._scope and one.kind in _ALWAYS_SHOWN and (intent.allowed or intent.columns):
                yield one.label, one.kind, intent

    def _cell(self, key: tuple[str, str, str], intent: Intent | None) -> dict[str, str]:
        role, name, kind = key
        found = self._found.get(key, {EXCESS: 0, MISSING: 0})
        declared = 0
        if intent is not None:
            declared = intent.allowed & ~intent.denied
            for rights in intent.columns.values():
                declared |= rights & ~intent.denied
        return {"role": role, "object": name, "class": self._classes.get(name, "internal"), "kind": kind,
                "declared": letters(declared), "excess": letters(found[EXCESS]), "missing": letters(found[MISSING])}


def letters(rights: int) -> str:
    """The rights of a mask as letters, each once."""
    return "".join(dict.fromkeys(letter for bit, letter in _BY_BIT if rights & bit))
