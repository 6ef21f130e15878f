"""From the file as written to the model: names with their schemas, groups of columns resolved."""

from __future__ import annotations

from difflib import get_close_matches

from hustings.access.file import AccessFile, FileObject, FileRole
from hustings.access.model import COLUMN_CLASSES, AccessException, AccessModel, Account, Allow, ObjectModel, Role
from hustings.access.notation import (
    CATALOG,
    EVERYTHING,
    EXPRESSIBLE,
    Named,
    NotationError,
    Term,
    read_name,
    read_rights,
)
from hustings.access.reading_advice import Advice
from hustings.access.rights import MARIADB, MYSQL, POSTGRESQL, WORDS
from hustings.errors import ConfigError
from hustings.yaml_source import Path, Source

ENGINE_NAMES = {POSTGRESQL: "PostgreSQL", MARIADB: "MariaDB", MYSQL: "MySQL"}


class Builder:
    """Builds one model; ``faults`` and ``advice`` fill as it goes."""

    def __init__(self, source: Source, written: AccessFile) -> None:
        self.source, self.written = source, written
        self.engine = written.database.engine
        self.schemas = written.database.scope
        self.faults: list[ConfigError] = []
        self.advice: list[Advice] = []
        self.objects: dict[str, ObjectModel] = {}

    def model(self) -> AccessModel:
        """The model, without what is at fault."""
        written = self.written
        for name, one in written.objects.items():
            self._object(name, one)
        exceptions = tuple(self._exception(one, place) for place, one in enumerate(written.exceptions))
        reviewed = {self._label(name, ("reviewed_routines", name), "routine"): digest.lower()
                    for name, digest in written.reviewed_routines.items()}
        return AccessModel(
            system=written.system or written.database.name, database=written.database, owner=written.owner,
            objects=tuple(self.objects.values()),
            roles=tuple(self._role(name, one) for name, one in written.roles.items()),
            accounts=tuple(Account(login=one.login, roles=one.roles, person=one.person, until=one.until,
                                   state=one.state, owner=one.owner, email=one.email,
                                   line=self._line_of_account(place))
                           for place, one in enumerate(written.accounts)),
            owner_role=written.owner_role, owner_members=written.owner_members,
            never_together=written.never_together, exceptions=exceptions, windows=written.windows,
            leavers=written.leavers, leavers_file=written.leavers_file, counts=written.counts,
            reviewed_routines=reviewed, share=written.share)

    def _object(self, name: str, one: FileObject) -> None:
        path = ("objects", name)
        named = self._named(name, path)
        if named is None:
            return
        if named.kind in ("schema", "catalog") or named.label == EVERYTHING:
            self._fault(path, f"{name!r} is not a table, view, sequence or routine", "name one, or remove it")
            return
        kind = one.kind if named.kind in ("", "table") else named.kind
        if named.label in self.objects:
            self._fault(path, f"{name!r} is the same object as the one in line "
                              f"{self.objects[named.label].line}", "keep one of them")
            return
        for group, columns in one.columns.items():
            for other in one.columns:
                if group in one.columns[other] and group not in columns:
                    self._fault((*path, "columns", group), f"{group!r} is a group and a column of the group {other!r}",
                                "give the group another name")
        self.objects[named.label] = ObjectModel(name=named.label, sensitivity=one.class_, kind=kind,
                                                columns=one.columns, line=self.source.line(path))

    def _role(self, name: str, one: FileRole) -> Role:
        path: Path = ("roles", name)
        if one.rows and self.engine in (MARIADB, MYSQL):
            self._only_views(name, one)
        return Role(
            name=name, who=one.who, allow=self._allows(one.allow, (*path, "allow")),
            deny=self._allows(one.deny, (*path, "deny")), database_roles=one.database_roles, rows=one.rows, mfa=one.mfa,
            bulk_limit=one.bulk_limit, expires=one.expires, hosts=one.hosts, max_connections=one.max_connections,
            tls=one.tls, on=one.on, limits=one.limits, superuser=one.superuser, attributes=one.attributes,
            member_of=one.member_of, window=one.window, closed=one.closed, line=self.source.line(path))

    def _only_views(self, role: str, one: FileRole) -> None:
        """Where the engine has no row security, only views can show some rows and not others."""
        for name in one.allow:
            named = self._named(name, ("roles", role, "allow", name))
            known = self.objects.get(named.label) if named is not None else None
            if name.startswith("table:") or (known is not None and known.kind == "table"):
                self._fault(("roles", role, "rows"), f"{ENGINE_NAMES[self.engine]} has no row security: {role} would "
                            f"see every row of {name}", "give it views that show its rows (view:name), and no table")
                return

    def _allows(self, entries: dict[str, str], path: Path) -> tuple[Allow, ...]:
        found = (self._allow(name, rights, (*path, name)) for name, rights in entries.items())
        return tuple(one for one in found if one is not None)

    def _allow(self, name: str, rights: str, path: Path) -> Allow | None:
        named = self._named(name, path)
        try:
            terms = read_rights(rights)
        except NotationError as error:
            self._fault(path, f"{name}: {error.what}", error.remedy)
            return None
        if named is None:
            return None
        kind = named.kind or self._kind(name, named, path)
        whole: list[str] = []
        columns: dict[str, tuple[str, ...]] = {}
        for term in terms:
            right = self._expressible(name, kind, term, path)
            if right is None:
                continue
            if term.columns is None:
                whole.append(right)
            else:
                found = self._resolved(name, named, term, path)
                columns[right] = tuple(dict.fromkeys((*columns.get(right, ()), *found)))
        for right in columns.keys() & set(whole):
            self._fault(path, f"{name}: {right} is given whole and for columns too", "keep one of them")
        return Allow(object=named.label, rights=tuple(dict.fromkeys(whole)), columns=columns, kind=kind,
                     line=self.source.line(path))

    def _kind(self, name: str, named: Named, path: Path) -> str:
        """Of a name without a prefix: what ``objects`` says it is."""
        known = self.objects.get(named.label)
        if known is not None:
            return "table" if known.kind in ("table", "view") else known.kind
        labels = {label.partition(".")[2] if label.partition(".")[0] in self.schemas[:1] else label
                  for label in self.objects}
        close = get_close_matches(name, labels, 1, 0.75)
        if close:
            self.advice.append(Advice(self.source.where(path), f"{name!r} is not among the objects",
                                      f"did you mean {close[0]!r}? otherwise write table:{name}"))
        return "table"

    def _expressible(self, name: str, kind: str, term: Term, path: Path) -> str | None:
        """The right's name if it makes sense here; a fault and None otherwise."""
        right = term.right
        if right in WORDS:
            if name != EVERYTHING:
                self._fault(path, f"{name}: {right!r} is of everything", f'write "*": {right}, or letters: "r i"')
                return None
            return right
        if name == CATALOG:
            if right != "SELECT" or term.columns is not None:
                self._fault(path, "the engine's own tables can only be read", f"write {CATALOG}: r")
                return None
            return right
        engine = ENGINE_NAMES[self.engine]
        by_kind = EXPRESSIBLE[self.engine]
        somewhere = any(right in rights for rights in by_kind.values())
        if right in by_kind[kind] or (name == EVERYTHING and somewhere):
            return right
        if right == "TRUNCATE" and self.engine in (MARIADB, MYSQL):
            if path[2] == "deny":
                self.advice.append(Advice(self.source.where(path), f"{engine} has no TRUNCATE: DROP is denied instead",
                                          "write DROP for t: whoever may drop a table may empty it"))
                return "DROP"
            self._fault(path, f"{name}: {engine} has no right TRUNCATE",
                        "write d (DELETE), or DROP, which emptying a table takes there")
        elif not somewhere:
            self._fault(path, f"{name}: {engine} has no right {right}", f"rights there: {_rights(by_kind[kind])}")
        else:
            self._fault(path, f"{name}: {right} is not a right on a {kind} in {engine}",
                        f"rights there: {_rights(by_kind[kind])}; or say what it is: view:, seq:, proc:, schema:")
        return None

    def _resolved(self, name: str, named: Named, term: Term, path: Path) -> tuple[str, ...]:
        """Columns, with groups replaced by theirs."""
        if named.label == EVERYTHING:
            self._fault(path, "columns of everything cannot be listed", "name the object")
            return ()
        known = self.objects.get(named.label)
        groups = known.columns if known else {}
        listed = {column for names in groups.values() for column in names}
        result: list[str] = []
        for column in term.columns or ():
            if column in groups and column not in term.exact:
                result.extend(groups[column])
                continue
            if column in term.exact:
                result.append(column)
                continue
            if column in COLUMN_CLASSES and column not in listed:
                have = f"its groups: {', '.join(groups)}" if groups else "write the group under objects"
                self._fault(path, f"{name} has no group of columns {column!r}",
                            f"{have}; a column of that name is written in double quotes")
            elif listed and column not in listed and (close := get_close_matches(column, [*groups, *listed], 1, 0.75)):
                self.advice.append(Advice(self.source.where(path), f"{name}: the column {column!r} is in no group",
                                          f"did you mean {close[0]!r}?"))
            result.append(column)
        return tuple(dict.fromkeys(result))

    def _exception(self, one: AccessException, place: int) -> AccessException:
        if not one.object:
            return one
        label = self._label(one.object, ("exceptions", place, "object"))
        return AccessException(check=one.check, reason=one.reason, owner=one.owner, until=one.until,
                               compensating=one.compensating, account=one.account, object=label)

    def _label(self, name: str, path: Path, kind: str = "") -> str:
        named = self._named(name, path)
        if named is not None and kind and named.kind not in ("", kind):
            self._fault(path, f"{name!r} is not a {kind}", "name one")
        return named.label if named else name

    def _named(self, name: str, path: Path) -> Named | None:
        try:
            return read_name(name, self.schemas)
        except NotationError as error:
            self._fault(path, error.what, error.remedy)
            return None

    def _line_of_account(self, place: int) -> int:
        return self.source.line(("accounts", place))

    def _fault(self, path: Path, what: str, remedy: str) -> None:
        self.faults.append(ConfigError(what, where=self.source.where(path), remedy=remedy))


def _rights(rights: frozenset[str]) -> str:
    return ", ".join(sorted(rights))
