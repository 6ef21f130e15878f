"""What a model lets each account hold, object by object.

The words ``ddl`` and ``backup`` of the object ``*`` permit: they are never reported missing, because an office
may carry them in other ways (a physical backup needs no right on any table). What follows from a declared right
is permitted with it: USAGE of the schema, and USAGE and SELECT of a sequence that belongs to a table into which
the account may insert.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hustings.access.model import AccessModel, Account, Allow, Role
from hustings.access.rights import BIT, POSTGRESQL, mask
from hustings.access.state import Object, State
from policies.access.difference_scope import CATALOG, EVERYTHING, Scope

_DDL_SCHEMA, _DDL_OBJECT = mask("CREATE", "USAGE"), mask("REFERENCES", "TRIGGER", "MAINTAIN")
_DDL_MARIADB = mask("CREATE", "ALTER", "DROP", "INDEX", "REFERENCES", "TRIGGER", "CREATE VIEW", "SHOW VIEW",
                    "CREATE ROUTINE", "ALTER ROUTINE", "EVENT")
_BACKUP_MARIADB = mask("SELECT", "SHOW VIEW", "TRIGGER", "LOCK TABLES", "EVENT")
_TABLE_RIGHTS = frozenset(BIT) - {"EXECUTE", "USAGE", "CONNECT", "TEMPORARY"}
_CARRIED = {"table": _TABLE_RIGHTS, "view": _TABLE_RIGHTS, "routine": frozenset({"EXECUTE"})}
"""Which rights of ``*`` an object of each kind takes."""
_SEQUENCE_USE = mask("USAGE", "SELECT")
PUBLIC_SCHEMA = "public"
"""PostgreSQL lets every account into it from the start; the model's accounts may be there."""
MAINTAIN_SINCE = 17
"""The release of PostgreSQL that brought MAINTAIN (its release notes, E.1)."""


@dataclass
class Intent:
    """What is meant for one account on one object. Masks are of ``hustings.access.rights.BIT``."""

    allowed: int = 0
    """On the whole object."""
    columns: dict[str, int] = field(default_factory=dict)
    needed: int = 0
    """Those of ``allowed`` whose lack is worth a word."""
    needed_columns: dict[str, int] = field(default_factory=dict)
    denied: int = 0
    denied_columns: dict[str, int] = field(default_factory=dict)

    @property
    def whole(self) -> int:
        """The rights that may be held on the whole object."""
        denied = self.denied
        for rights in self.denied_columns.values():
            denied |= rights
        return self.allowed & ~denied

    def permits(self, right: int, column: str | None = None) -> bool:
        """Whether this one right (a bit) may be held, on the whole object or on a column of it."""
        if right & self.denied:
            return False
        if column is None:
            return bool(right & self.whole)
        return bool(right & (self.allowed | self.columns.get(column, 0))) \
            and not right & self.denied_columns.get(column, 0)

    def columns_of(self, right: int) -> frozenset[str]:
        """The columns to which a declared right is narrowed."""
        return frozenset(column for column, held in self.columns.items() if held & right)


NOTHING = Intent()


@dataclass(frozen=True)
class Lacking:
    """An object that a role needs and the database does not have."""

    name: str
    kind: str
    needed: int
    columns: dict[str, int]


class Declared:
    """The intents of a model. ``of`` answers by the engine's name of an account."""

    def __init__(self, model: AccessModel, state: State, scope: Scope) -> None:
        self._model, self._state, self._scope = model, state, scope
        self._roles = {one.name: one for one in model.roles}
        self._accounts = {name: one for one in model.accounts for name in logins(one, state)}
        self._cache: dict[tuple[tuple[str, ...], bool], tuple[dict[int, Intent], tuple[Lacking, ...]]] = {}
        release = state.version.partition(".")[0]
        self._maintain = not release.isdigit() or int(release) >= MAINTAIN_SINCE
        self._usage_of = {one.name: place for place, one in enumerate(state.objects) if one.kind == "schema"}
        self._sequences: dict[str, list[int]] = {}
        for place in scope.order:
            if state.objects[place].of:
                self._sequences.setdefault(state.objects[place].of, []).append(place)

    def account(self, login: str) -> Account | None:
        """The model's account of this login."""
        return self._accounts.get(login)

    def roles(self, login: str) -> tuple[Role, ...]:
        """The model's roles of this login; none for a login that is not in the model."""
        account = self._accounts.get(login)
        return tuple(self._roles[name] for name in account.roles if name in self._roles) if account else ()

    def logins(self) -> dict[str, Account]:
        """Every login of the database that the model knows."""
        return dict(self._accounts)

    def of(self, login: str) -> dict[int, Intent]:
        """Place in ``State.objects`` to what is meant; a place that is not there is meant for nothing."""
        return self._worked_out(login)[0]

    def lacking(self, login: str) -> tuple[Lacking, ...]:
        """Objects that the login needs and the database does not have."""
        return self._worked_out(login)[1]

    def of_role(self, role: Role) -> dict[int, Intent]:
        """What one role of the model means."""
        return self._intents((role,), needs=True)[0]

    def _worked_out(self, login: str) -> tuple[dict[int, Intent], tuple[Lacking, ...]]:
        account = self._accounts.get(login)
        if account is None:
            return {}, ()
        return self._intents(self.roles(login), needs=account.state != "closed")

    def _intents(self, roles: tuple[Role, ...], *, needs: bool) -> tuple[dict[int, Intent], tuple[Lacking, ...]]:
        key = (tuple(one.name for one in roles), needs)
        if key not in self._cache:
            self._cache[key] = self._work_out(roles, needs=needs)
        return self._cache[key]

    def _work_out(self, roles: tuple[Role, ...], *, needs: bool) -> tuple[dict[int, Intent], tuple[Lacking, ...]]:
        intents: dict[int, Intent] = {}
        lacking: list[Lacking] = []
        public = self._usage_of.get(PUBLIC_SCHEMA)
        if self._state.engine == POSTGRESQL and public is not None and public in self._scope:
            intents[public] = Intent(allowed=BIT["USAGE"])
        for allow in (allow for role in roles for allow in role.allow):
            if allow.object == CATALOG:
                self._catalogue(intents)
                continue
            if allow.object == EVERYTHING:
                self._everywhere(intents, allow, needs=needs)
                continue
            places = self._scope.places(allow.object, allow.kind)
            for place in places:
                _permit(intents.setdefault(place, Intent()), allow, needs=needs)
            if not places and needs:
                lacking.append(Lacking(allow.object, allow.kind, mask(*_whole(allow)), _by_column(allow)))
        gone = {one.name.rpartition(".")[0] for one in lacking if one.kind != "schema"}
        self._what_follows(intents, gone, needs=needs)
        for deny in (deny for role in roles for deny in role.deny):
            places = self._scope.order if deny.object == EVERYTHING else self._scope.places(deny.object, deny.kind)
            for place in places:
                _forbid(intents.setdefault(place, Intent()), deny)
        return intents, tuple(lacking)

    def _catalogue(self, intents: dict[int, Intent]) -> None:
        """MariaDB and MySQL show names of tables only to those with a right on them: the auditor has REFERENCES on
        everything, which alone allows nothing. On PostgreSQL the auditor may enter the schemas (USAGE), which shows
        nothing of what is in them."""
        kinds, right = (("schema",), "USAGE") if self._state.engine == POSTGRESQL else \
            (("table", "view", "sequence"), "REFERENCES")
        for place in self._scope.order:
            if self._state.objects[place].kind in kinds:
                intents.setdefault(place, Intent()).allowed |= BIT[right]

    def _everywhere(self, intents: dict[int, Intent], allow: Allow, *, needs: bool) -> None:
        of_kind = {kind: Allow(object=allow.object, rights=tuple(right for right in allow.rights if right in carried),
                               columns=allow.columns if kind != "routine" else {})
                   for kind, carried in _CARRIED.items()}
        for place in self._scope.order:
            one = self._state.objects[place]
            permitted = self._word("ddl", one) if "ddl" in allow.rights else 0
            permitted |= self._word("backup", one) if "backup" in allow.rights else 0
            if permitted:
                intents.setdefault(place, Intent()).allowed |= permitted
            letters = of_kind.get(one.kind)
            if letters is not None and (letters.rights or letters.columns) and not one.trigger_function:
                _permit(intents.setdefault(place, Intent()), letters, needs=needs)

    def _word(self, word: str, one: Object) -> int:
        """The rights that ``ddl`` or ``backup`` permits on an object of this kind."""
        if self._state.engine != POSTGRESQL:
            return _DDL_MARIADB if word == "ddl" else _BACKUP_MARIADB
        if word == "ddl":
            on_object = _DDL_OBJECT if self._maintain else _DDL_OBJECT & ~BIT["MAINTAIN"]
            return {"schema": _DDL_SCHEMA, "table": on_object, "view": on_object}.get(one.kind, 0)
        return {"schema": BIT["USAGE"], "routine": 0}.get(one.kind, BIT["SELECT"])

    def _what_follows(self, intents: dict[int, Intent], further: set[str], *, needs: bool) -> None:
        """``further``: schemas of objects that are needed and not there."""
        insert, usage = BIT["INSERT"], BIT["USAGE"]
        for name in further if self._state.engine == POSTGRESQL else ():
            place = self._usage_of.get(name)
            if place is not None and place in self._scope:
                intents.setdefault(place, Intent()).allowed |= usage
        for place, intent in list(intents.items()):
            one = self._state.objects[place]
            if one.kind == "table" and (intent.allowed & insert or intent.columns_of(insert)):
                for sequence in self._sequences.get(one.label, ()):
                    intents.setdefault(sequence, Intent()).allowed |= _SEQUENCE_USE
            schema = self._usage_of.get(one.schema) if self._state.engine == POSTGRESQL else None
            if schema is not None and schema in self._scope and (intent.needed or intent.needed_columns):
                of_schema = intents.setdefault(schema, Intent())
                of_schema.allowed |= usage
                of_schema.needed |= usage if needs else 0
            elif schema is not None and schema in self._scope and (intent.allowed or intent.columns):
                intents.setdefault(schema, Intent()).allowed |= usage


def logins(account: Account, state: State) -> tuple[str, ...]:
    """The engine's names of a model's account. MariaDB and MySQL: ``user`` alone stands for every host."""
    names = [one.name for one in state.principals]
    if account.login in names:
        return (account.login,)
    if state.engine == POSTGRESQL or "@" in account.login:
        return ()
    return tuple(name for name in names if name.rpartition("@")[0] == account.login)


def _whole(allow: Allow) -> tuple[str, ...]:
    return tuple(right for right in allow.rights if right in BIT)


def _by_column(allow: Allow) -> dict[str, int]:
    columns: dict[str, int] = {}
    for right, names in allow.columns.items():
        for name in names if right not in allow.rights else ():
            columns[name] = columns.get(name, 0) | BIT[right]
    return columns


def _permit(intent: Intent, allow: Allow, *, needs: bool) -> None:
    whole = mask(*_whole(allow))
    intent.allowed |= whole
    intent.needed |= whole if needs else 0
    for column, rights in _by_column(allow).items():
        intent.columns[column] = intent.columns.get(column, 0) | rights
        if needs:
            intent.needed_columns[column] = intent.needed_columns.get(column, 0) | rights


def _forbid(intent: Intent, deny: Allow) -> None:
    intent.denied |= mask(*_whole(deny))
    for column, rights in _by_column(deny).items():
        intent.denied_columns[column] = intent.denied_columns.get(column, 0) | rights
    intent.needed &= ~intent.denied
    for column in intent.needed_columns:
        intent.needed_columns[column] &= ~(intent.denied | intent.denied_columns.get(column, 0))
