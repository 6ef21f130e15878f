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
_SPELLINGS = {
    "int": "integer", "int4": "integer", "int8": "bigint", "int2": "smallint", "bool": "boolean",
    "varchar": "character varying", "char": "character", "decimal": "numeric", "float4": "real",
    "float": "double precision", "float8": "double precision", "varbit": "bit varying",
    "timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone",
    "time": "time without time zone", "timetz": "time with time zone",
}
"""Other names of types and the one that the engine answers with. Source: PostgreSQL, "Data Types", table 8.1."""


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
            elif one.arguments is not None:
                self._places.setdefault(("routine", f"{one.label}({one.arguments})"), []).append(place)
        self._parts: dict[str, list[int]] = {}
        for place, one in enumerate(state.objects):
            if one.part_of:
                self._parts.setdefault(one.part_of, []).append(place)
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
        found = self._places.get((family(kind), name), [])
        if not found and kind == "routine" and name.endswith(")"):
            found = self._places.get(("routine", _in_the_engines_words(name)), [])
        return found

    def parts(self, place: int) -> list[int]:
        """The partitions of a table and the tables that inherit from it, at any depth: its rows are in them."""
        found, edge = [], [place]
        while edge:
            beneath = [one for one in self._parts.get(self.objects[edge.pop()].label, ()) if one not in found]
            found += beneath
            edge += beneath
        return sorted(found)

    def _inside(self, one: Object) -> bool:
        return (one.name if one.kind == "schema" else one.schema) in self.schemas and one.kind != "database"


def family(kind: str) -> str:
    """Tables and views share their names; every other kind has its own."""
    return "table" if kind in TABLE_LIKE else kind


def _in_the_engines_words(routine: str) -> str:
    """``vr.approve(int,text)`` as ``vr.approve(integer, text)``."""
    plain, _, types = routine.removesuffix(")").partition("(")
    written = []
    for one in types.split(",") if types.strip() else ():
        word = " ".join(one.split())
        base = word.rstrip("[]")
        written.append(_SPELLINGS.get(base.lower(), base) + word[len(base):])
    return f"{plain.rstrip()}({', '.join(written)})"


def _named(model: AccessModel) -> set[tuple[str, str]]:
    named = {(one.name, one.kind) for one in model.objects}
    for role in model.roles:
        named |= {(allow.object, allow.kind) for allow in (*role.allow, *role.deny)
                  if allow.object not in (EVERYTHING, CATALOG)}
    return named
