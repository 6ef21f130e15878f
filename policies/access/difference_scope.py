"""Which objects of a database a model speaks for, and how its names find them.

In scope is what lies in the model's schemas, those schemas themselves, and any object elsewhere that a role or
the list of objects names. What an extension of the engine put into a schema is the engine's, unless it is named.
"""

from __future__ import annotations

from hustings.access.model import AccessModel
from hustings.access.state import Object, State

TABLE_LIKE = ("table", "view")
EVERYTHING = "*"
CATALOG = "catalog"
"""The model's word for the engine's own catalogues: the auditor's, not part of any difference."""


class Scope:
    """The objects of ``state`` that ``model`` speaks for. Places are those in ``State.objects``."""

    def __init__(self, model: AccessModel, state: State) -> None:
        self.schemas = frozenset(model.database.scope)
        self.objects = state.objects
        self._places: dict[tuple[str, str], list[int]] = {}
        for place, one in enumerate(state.objects):
            self._places.setdefault((family(one.kind), one.label), []).append(place)
            if one.kind == "routine" and "(" in one.name:
                self._places.setdefault(("routine", one.label.split("(")[0].rstrip()), []).append(place)
        named = {place for name, kind in _named(model) for place in self.places(name, kind)}
        inside = (place for place, one in enumerate(state.objects)
                  if place in named or (self._inside(one) and not one.extension))
        self.order = sorted(inside, key=lambda place: (state.objects[place].label, state.objects[place].kind))
        """The places in scope, in the order in which rows are given."""
        self.rank = {place: rank for rank, place in enumerate(self.order)}

    def __contains__(self, place: int) -> bool:
        return place in self.rank

    def places(self, name: str, kind: str) -> list[int]:
        """Where the object (or the overloads of the routine) with this name is; empty if there is none."""
        return self._places.get((family(kind), name), [])

    def _inside(self, one: Object) -> bool:
        return (one.name if one.kind == "schema" else one.schema) in self.schemas and one.kind != "database"


def family(kind: str) -> str:
    """Tables and views share their names; every other kind has its own."""
    return "table" if kind in TABLE_LIKE else kind


def _named(model: AccessModel) -> set[tuple[str, str]]:
    named = {(one.name, one.kind) for one in model.objects}
    for role in model.roles:
        named |= {(allow.object, allow.kind) for allow in (*role.allow, *role.deny)
                  if allow.object not in (EVERYTHING, CATALOG)}
    return named
