"""Whether a model fits a database: what it names must be there.

Some of it refuses the comparison: an account that the database does not know, a schema that is not there, a right
that this release does not have; a difference drawn from it would be about something else. The rest is shown as
missing rights by the difference, and named here with its line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

import msgspec

from hustings.access.model import AccessModel, Allow, ObjectModel
from hustings.access.rights import POSTGRESQL
from hustings.access.state import Object, State
from hustings.errors import ConfigError
from policies.access.difference_declared import logins
from policies.access.difference_scope import CATALOG, EVERYTHING, TABLE_LIKE, Scope

MAINTAIN_SINCE = 17
"""The release of PostgreSQL that brought MAINTAIN (its release notes, E.1)."""


class Unfit(msgspec.Struct, frozen=True):
    """Something that the model names and the database does not have."""

    line: int
    what: str
    remedy: str
    refuses: bool = False
    """Whether nothing may be concluded while it stands."""

    def error(self, model: AccessModel) -> ConfigError:
        """As an error of the model's file."""
        return ConfigError(self.what, where=f"{model.source}:{self.line}" if self.line else model.source,
                           remedy=self.remedy)


def check_against(model: AccessModel, state: State) -> tuple[Unfit, ...]:
    """Everything that the model names and ``state`` does not have, in order of line.

    What ``state`` could not read is not held against the model.
    """
    found: dict[tuple[int, str], Unfit] = {}
    parts = [_schemas(model, state), _accounts(model, state), _roles(model, state), _rights(model, state)]
    if "objects" not in state.missing:
        parts.append(_objects(model, state))
    for part in parts:
        for one in part:
            found.setdefault((one.line, one.what), one)
    return tuple(sorted(found.values(), key=lambda one: (one.line, one.what)))


def _schemas(model: AccessModel, state: State) -> Iterator[Unfit]:
    known = [one.name for one in state.objects if one.kind == "schema"]
    for name in model.database.scope:
        if name not in known:
            yield Unfit(0, f"there is no schema {name!r} in this database",
                        _meant(name, known, "correct database: {schema: …}, or see that the address is the right one"),
                        refuses=True)


def _accounts(model: AccessModel, state: State) -> Iterator[Unfit]:
    principals = {one.name: one for one in state.principals}
    known = [name for name, one in principals.items() if one.login]
    for one in model.accounts:
        found = logins(one, state)
        if not found and one.state != "closed":
            yield Unfit(one.line, f"the database knows no account {one.login!r}",
                        _meant(one.login, known, "write it as the database does, or state: closed"), refuses=True)
        elif found and one.state != "closed" and not any(principals[name].login for name in found):
            yield Unfit(one.line, f"nobody can sign in as {one.login!r}: it is a role",
                        "name it under database_roles of a role here, or write state: closed")


def _roles(model: AccessModel, state: State) -> Iterator[Unfit]:
    known = [one.name for one in state.principals]
    for role in model.roles:
        for name in (*role.database_roles, *role.member_of):
            if name not in known:
                yield Unfit(role.line, f"{role.name}: the database has no role {name!r}",
                            _meant(name, known, "correct its name"))
    if model.owner_role and model.owner_role not in known and state.engine == POSTGRESQL:
        yield Unfit(0, f"the database has no role {model.owner_role!r} to own the tables",
                    _meant(model.owner_role, known, "correct owner_role:"))


def _rights(model: AccessModel, state: State) -> Iterator[Unfit]:
    release = state.version.partition(".")[0]
    if state.engine != POSTGRESQL or not release.isdigit() or int(release) >= MAINTAIN_SINCE:
        return
    for role in model.roles:
        for allow in role.allow:
            if "MAINTAIN" in allow.rights:
                yield Unfit(allow.line, f"{role.name}: PostgreSQL {release} has no right MAINTAIN",
                            f"remove m; it came with PostgreSQL {MAINTAIN_SINCE}", refuses=True)


def _objects(model: AccessModel, state: State) -> Iterator[Unfit]:
    scope = Scope(model, state)
    labels = [one.label for one in state.objects if one.kind != "schema"]

    def absent(name: str, kind: str, line: int) -> Unfit:
        said = kind if kind in ("routine", "sequence", "schema") else "table or view"
        return Unfit(line, f"there is no {said} {name!r}", _meant(name, labels, "correct its name, or remove it"))

    for one in model.objects:
        places = scope.places(one.name, one.kind)
        if not places:
            yield absent(one.name, one.kind, one.line)
            continue
        yield from _kind(one, state.objects[places[0]])
        for names in one.columns.values():
            yield from _columns(names, one.name, one.line, [state.objects[place] for place in places])
    for role in model.roles:
        for allow in (*role.allow, *role.deny):
            if allow.object in (EVERYTHING, CATALOG):
                continue
            places = scope.places(allow.object, allow.kind)
            if not places:
                yield absent(allow.object, allow.kind, allow.line)
            yield from _columns(_all_columns(allow), allow.object, allow.line, [state.objects[p] for p in places])
    for name in model.reviewed_routines:
        if not scope.places(name, "routine"):
            yield absent(name, "routine", 0)
    for exception in model.exceptions:
        if exception.object and exception.object not in labels:
            yield absent(exception.object, "table", 0)


def _kind(declared: ObjectModel, real: Object) -> Iterator[Unfit]:
    if declared.kind != real.kind and {declared.kind, real.kind} <= set(TABLE_LIKE):
        yield Unfit(declared.line, f"{declared.name} is a {real.kind}, not a {declared.kind}",
                    f"write kind: {real.kind}")


def _columns(names: Iterable[str], name: str, line: int, real: list[Object]) -> Iterator[Unfit]:
    known = [column for one in real for column in (*one.columns, *one.column_acls)]
    for column in names if known else ():
        if column not in known:
            yield Unfit(line, f"{name} has no column {column!r}", _meant(column, known, "correct its name"))


def _all_columns(allow: Allow) -> list[str]:
    return list(dict.fromkeys(name for names in allow.columns.values() for name in names))


def _meant(name: str, known: Iterable[str], otherwise: str) -> str:
    close = get_close_matches(name, list(known), 1, 0.7)
    return f"did you mean {close[0]!r}?" if close else otherwise
