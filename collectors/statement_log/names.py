"""What the names of a statement may stand for: the objects, columns and routines that are known of a database.

Known from a ``State`` (everything) or an access model (what it names). Where a name may stand for several
objects, because the search path of the session is not known, it stands for each of them: a right is rather
called used once too often than unused once too often.
"""

from __future__ import annotations

from hashlib import sha256

from hustings.access.model import AccessModel
from hustings.access.rights import POSTGRESQL
from hustings.access.state import State

_OWN = frozenset({"pg_catalog", "information_schema", "pg_toast", "performance_schema", "sys"})
"""Schemas of the engines themselves: reading them is no right of the office's."""
WHOLE = "whole"
"""How the digest of names begins that are all there are."""
_PATH_DEFAULT = "public"


class Names:
    """Relations with their columns, and routines; made by ``of_state`` or ``of_model``, empty at first."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.relations: dict[str, dict[str, tuple[str, ...]]] = {}
        """Schema to name to columns, empty where they are not known."""
        self.routines: dict[str, list[tuple[str, str]]] = {}
        """Name to (schema, label); a label carries argument types where the name is overloaded."""
        self.owned: dict[str, list[str]] = {}
        """A table's label to those of its sequences."""
        self.policies: dict[str, tuple[str, ...]] = {}
        self.database = ""
        """PostgreSQL: the one that all this is in; empty where it is not known."""
        self.complete = False
        """Whether everything there is was read: a name that is not here is then no object of the office's."""

    @property
    def digest(self) -> str:
        """Changes whenever the rights derived from a statement might."""
        parts = (self.engine, self.relations, self.routines, self.owned, self.policies, self.complete)
        return f"{WHOLE if self.complete else 'part'} {sha256(repr(parts).encode()).hexdigest()}"

    def find(self, schema: str, name: str, path: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """Every (schema, name) that the name may stand for; none for what is the engine's own or temporary."""
        if schema:
            known = self._spelled(schema, name)
            return () if schema in _OWN or schema.startswith("pg_temp") else ((schema, known),)
        if self.engine == POSTGRESQL and name.startswith("pg_"):
            return ()
        holding = [one for one in self.relations if name in self.relations[one]]
        on_path = next((one for one in path if one in holding), None)
        if on_path is not None:
            return ((on_path, name),)
        if holding and not path:
            return tuple((one, name) for one in holding)
        if self.complete:
            return ()
        return ((next((one for one in path if one != "$user" and one not in _OWN), _PATH_DEFAULT), name),)

    def columns(self, schema: str, name: str) -> tuple[str, ...]:
        """Those known; empty for none."""
        return self.relations.get(schema, {}).get(name, ())

    def routine(self, schema: str, name: str, path: tuple[str, ...]) -> tuple[str, ...]:
        """The labels of every routine that a call may mean."""
        known = self.routines.get(name, [])
        if schema:
            if schema in _OWN:
                return ()
            return tuple(label for at, label in known if at == schema) or (f"{schema}.{name}",)
        on_path = [label for at, label in known if at in path]
        if on_path or known:
            return tuple(on_path or (label for _, label in known))
        if self.complete or (self.engine == POSTGRESQL and name.startswith("pg_")):
            return ()
        return (f"{next((one for one in path if one != '$user' and one not in _OWN), _PATH_DEFAULT)}.{name}",)

    def _spelled(self, schema: str, name: str) -> str:
        """MariaDB and MySQL may not tell capitals: the spelling of the catalogue, where there is one."""
        there = self.relations.get(schema, {})
        if name in there or self.engine == POSTGRESQL:
            return name
        return next((one for one in there if one.lower() == name.lower()), name)


def of_state(state: State) -> Names:
    """Everything of a database as it was read."""
    names = Names(state.engine)
    names.complete = "objects" not in state.missing
    names.database = state.database if state.engine == POSTGRESQL else ""
    for one in state.objects:
        if one.kind == "routine":
            names.routines.setdefault(one.name.partition("(")[0], []).append((one.schema, one.label))
        elif one.schema:
            names.relations.setdefault(one.schema, {})[one.name] = one.columns
            if one.of:
                names.owned.setdefault(one.of, []).append(one.label)
            if one.row_security and one.policies:
                names.policies[one.label] = one.policies
    return names


def of_model(model: AccessModel) -> Names:
    """What an access model names: objects and routines, whose columns are not all known."""
    names = Names(model.database.engine)
    labels = {(one.name, one.kind) for one in model.objects}
    labels |= {(allow.object, allow.kind) for role in model.roles for allow in role.allow if "." in allow.object}
    for label, kind in sorted(labels):
        schema, _, name = label.partition(".")
        if kind == "routine":
            names.routines.setdefault(name.partition("(")[0], []).append((schema, label))
        elif kind != "schema":
            names.relations.setdefault(schema, {})[name] = ()
    return names
