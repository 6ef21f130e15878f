"""The rights that a parsed query or change of rows needs.

PostgreSQL: the documentation of SELECT, INSERT, UPDATE, DELETE and MERGE says which privileges each needs: reading
a column needs SELECT on it, a table in FROM at least one of its columns, an UPDATE the columns that are set, an
arbiter of ON CONFLICT its SELECT. MariaDB and MySQL: the same, and REPLACE needs INSERT and DELETE.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlglot import exp

from collectors.statement_log.names import Names
from hustings.access.rights import POSTGRESQL

Node = Any
"""A node of sqlglot's tree."""

_SYSTEM_COLUMNS = frozenset({"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"})
"""Columns that every table of PostgreSQL has; reading one needs SELECT on the table."""


class Need(NamedTuple):
    object: str
    column: str | None
    right: str


class Source:
    """Something in FROM: a table of the database, or rows made on the way."""

    def __init__(
        self, alias: str, tables: tuple[tuple[str, str], ...] = (), columns: Sequence[str] | None = None
    ) -> None:
        self.alias = alias
        self.tables = tables
        """Every (schema, name) it may be; none for rows made on the way."""
        self.columns = columns
        """None: not known."""
        self.touched = False


class Env:
    """The sources that a name may come from, innermost first."""

    def __init__(self, parent: Env | None = None) -> None:
        self.parent = parent
        self.sources: list[Source] = []
        self.aliases: set[str] = set()

    def up(self) -> Iterator[Env]:
        env: Env | None = self
        while env is not None:
            yield env
            env = env.parent


class Walker:
    """Collects the needs of one statement in ``needs``."""

    def __init__(self, names: Names, path: tuple[str, ...]) -> None:
        self.names = names
        self.path = path
        self.needs: set[Need] = set()
        self.schemas: set[str] = set()
        """Where unqualified names were found."""
        self.postgresql = names.engine == POSTGRESQL
        self._policies_done: set[str] = set()

    # What is needed

    def need(self, tables: tuple[tuple[str, str], ...], column: str | None, right: str) -> None:
        """A right on every table that a name may stand for."""
        for schema, name in tables:
            self.needs.add(Need(f"{schema}.{name}", column, right))
            if self.postgresql:
                self.needs.add(Need(schema, None, "USAGE"))

    def _read(self, source: Source, column: str | None) -> None:
        source.touched = True
        for schema, name in source.tables:
            known = self.names.columns(schema, name)
            spelled = column
            if column is not None and known and column not in known:
                spelled = next((one for one in known if one.lower() == column.lower()), None)
            self.need(((schema, name),), spelled, "SELECT")

    def _read_all(self, source: Source) -> None:
        source.touched = True
        for schema, name in source.tables:
            for column in self.names.columns(schema, name) or (None,):
                self.need(((schema, name),), column, "SELECT")

    def call(self, schema: str, name: str) -> None:
        """EXECUTE of a routine that is not the engine's own."""
        for label in self.names.routine(schema, name if schema or not self.postgresql else name.lower(), self.path):
            self.needs.add(Need(label, None, "EXECUTE"))
            if self.postgresql:
                self.needs.add(Need(label.partition(".")[0], None, "USAGE"))

    # Queries

    def query(self, node: Node, parent: Env | None, made: dict[str, Sequence[str] | None]) -> Sequence[str] | None:
        """Any statement that gives rows. The names of its columns, None where they are not known."""
        made = self._with(node, parent, made)
        if isinstance(node, exp.Subquery | exp.Paren):
            inner = self.query(node.this, parent, made)
            env = Env(parent)
            for key in ("order", "limit", "offset"):
                self.walk(node.args.get(key), env, made)
            return inner
        if isinstance(node, exp.SetOperation):
            left = self.query(node.this, parent, made)
            self.query(node.expression, parent, made)
            return left
        if isinstance(node, exp.Insert | exp.Update | exp.Delete | exp.Merge):
            return self.change(node, parent, made)
        if isinstance(node, exp.Select):
            return self._select(node, parent, made)
        if isinstance(node, exp.Table):
            env = Env(parent)
            self._from(node, env, made)
            return self._star(env, None)
        env = Env(parent)
        self.walk(node, env, made, inside=True)
        return None

    def _with(
        self,
        node: Node,
        parent: Env | None,
        made: dict[str, Sequence[str] | None],
    ) -> dict[str, Sequence[str] | None]:
        clause = node.args.get("with_")
        if clause is None:
            return made
        made = dict(made)
        for one in clause.expressions:
            if clause.args.get("recursive"):
                made[one.alias] = None
            columns = self.query(one.this, parent, made)
            named = [column.name for column in one.args["alias"].columns] if one.args.get("alias") else []
            made[one.alias] = named or columns
        return made

    def _select(self, node: Node, parent: Env | None, made: dict[str, Sequence[str] | None]) -> Sequence[str] | None:
        env = Env(parent)
        if node.args.get("from_") is not None:
            self._from(node.args["from_"].this, env, made)
        for join in (*(node.args.get("joins") or ()), *(node.args.get("laterals") or ())):
            self._join(join, env, made)
        columns: list[str] | None = []
        for one in node.expressions:
            inner = one.unalias()
            if isinstance(inner, exp.Star) or (isinstance(inner, exp.Column) and isinstance(inner.this, exp.Star)):
                shown = self._star(env, inner.table if isinstance(inner, exp.Column) else None)
                columns = None if shown is None or columns is None else [*columns, *shown]
                continue
            self.walk(one, env, made)
            if columns is not None:
                columns.append(one.alias_or_name or one.output_name)
            if one.alias:
                env.aliases.add(one.alias)
        for key, part in node.args.items():
            if key in ("expressions", "from_", "joins", "laterals", "with_", "locks"):
                continue
            self.walk(part, env, made, aliases=key in ("order", "group", "having"))
        for lock in node.args.get("locks") or ():
            self._lock(lock, env)
        self._untouched(env)
        return columns

    def _untouched(self, env: Env) -> None:
        """A table from which no column is read still needs SELECT on something of it."""
        for source in env.sources:
            if not source.touched:
                self.need(source.tables, None, "SELECT")

    def _lock(self, lock: Node, env: Env) -> None:
        """``FOR UPDATE``, ``FOR SHARE``: PostgreSQL asks for UPDATE as well."""
        if not self.postgresql:
            return
        chosen = {one.name for one in lock.args.get("expressions") or ()}
        for source in env.sources:
            if not chosen or source.alias in chosen:
                self.need(source.tables, None, "UPDATE")

    def _star(self, env: Env, alias: str | None) -> list[str] | None:
        shown: list[str] | None = []
        for source in self._named(env, alias) if alias else env.sources:
            self._read_all(source)
            shown = None if source.columns is None or shown is None else [*shown, *source.columns]
        return shown

    def _named(self, env: Env, alias: str) -> list[Source]:
        for one in env.up():
            found = [
                source
                for source in one.sources
                if source.alias == alias or (not self.postgresql and source.alias.lower() == alias.lower())
            ]
            if found:
                return found[:1]
        return []

    # FROM

    def _from(self, node: Node, env: Env, made: dict[str, Sequence[str] | None]) -> None:
        alias = node.alias_or_name
        renamed = [one.name for one in node.args["alias"].columns] if node.args.get("alias") else []
        if isinstance(node, exp.Table) and not isinstance(node.this, exp.Func):
            if not node.db and node.name in made:
                env.sources.append(Source(alias, (), renamed or made[node.name]))
                env.sources[-1].touched = True
            else:
                env.sources.append(self._table(node, alias))
        elif isinstance(node, exp.Table):
            self._function(node.this, node.db)
            for one in node.this.iter_expressions():
                self.walk(one, env, made)
            env.sources.append(Source(alias or node.this.name, (), renamed or None))
        elif isinstance(node, exp.Lateral):
            self.walk(node.this, env, made)
            env.sources.append(Source(alias, (), renamed or None))
        elif isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table) and not alias:
            self._from(node.this, env, made)
        elif isinstance(node, exp.Subquery | exp.Select | exp.SetOperation):
            columns = self.query(node, env.parent, made)
            env.sources.append(Source(alias, (), renamed or columns))
        else:
            self.walk(node, env, made)
            env.sources.append(Source(alias, (), renamed or None))
        for join in (*(node.args.get("joins") or ()), *(node.args.get("laterals") or ())):
            self._join(join, env, made)

    def _table(self, node: Node, alias: str) -> Source:
        tables = self.names.find(node.db, node.name, self.path)
        if not node.db:
            self.schemas |= {schema for schema, _ in tables}
        known = [self.names.columns(*table) for table in tables]
        columns = [one for some in known for one in some] if tables and all(known) else None
        for table in tables:
            self._policies(table)
        return Source(alias, tables, columns)

    def _policies(self, table: tuple[str, str]) -> None:
        """Row policies run with the rights of who asks: their routines, and the tables that they look into."""
        label = f"{table[0]}.{table[1]}"
        if label in self._policies_done:
            return
        self._policies_done.add(label)
        import sqlglot

        for text in self.names.policies.get(label, ()):
            env = Env()
            own = Source(table[1], (), None)
            own.touched = True
            env.sources.append(own)
            try:
                parsed = sqlglot.parse_one(f"select {text}", read="postgres")
            except sqlglot.errors.SqlglotError:
                continue
            for one in parsed.expressions:
                self.walk(one, env, {})

    def _join(self, node: Node, env: Env, made: dict[str, Sequence[str] | None]) -> None:
        before = list(env.sources)
        self._from(node.this, env, made) if isinstance(node, exp.Join) else self._from(node, env, made)
        if not isinstance(node, exp.Join):
            return
        for column in node.args.get("using") or ():
            for source in env.sources:
                if source.columns is None or column.name in source.columns:
                    self._read(source, column.name)
        if str(node.args.get("method") or "").upper() == "NATURAL":
            new = [one for one in env.sources if one not in before]
            for one in new:
                for other in before:
                    if one.columns is None or other.columns is None:
                        self._read(one, None)
                        self._read(other, None)
                    else:
                        for name in set(one.columns) & set(other.columns):
                            self._read(one, name)
                            self._read(other, name)
        self.walk(node.args.get("on"), env, made)

    # Expressions

    def walk(
        self,
        node: Node,
        env: Env,
        made: dict[str, Sequence[str] | None],
        *,
        aliases: bool = False,
        inside: bool = False,
    ) -> None:
        """Everything that an expression reads and calls."""
        waiting = [node]
        while waiting:
            one = waiting.pop()
            if isinstance(one, list | tuple):
                waiting.extend(one)
                continue
            if not isinstance(one, exp.Expr):
                continue
            if isinstance(one, exp.Select | exp.SetOperation | exp.Subquery) and not (inside and one is node):
                self.query(one, env, made)
            elif isinstance(one, exp.Column):
                if not isinstance(one.this, exp.Star):
                    self._column(one, env, aliases=aliases)
                else:
                    self._star(env, one.table)
                waiting.extend(part for part in one.args.get("joins") or ())
            elif isinstance(one, exp.Dot):
                self._dot(one, waiting)
            elif isinstance(one, exp.Star | exp.DataType | exp.ColumnDef) or (
                isinstance(one, exp.Count) and isinstance(one.this, exp.Star)
            ):
                continue
            else:
                if isinstance(one, exp.Func):
                    self._function(one, "")
                waiting.extend(one.iter_expressions())

    def _dot(self, node: Node, waiting: list[Node]) -> None:
        right = node.expression
        if isinstance(right, exp.Func):
            self._function(right, node.this.name)
            waiting.extend(right.iter_expressions())
            if not isinstance(node.this, exp.Identifier):
                waiting.append(node.this)
        else:
            waiting.append(node.this)

    def _function(self, node: Node, schema: str) -> None:
        if isinstance(node, exp.Anonymous):
            self.call(schema, str(node.this.name if isinstance(node.this, exp.Identifier) else node.this))
            return
        if isinstance(node, exp.Func) and not isinstance(node, exp.Connector | exp.Cast):
            for name in {one.lower() for one in (node.sql_names()[:1] if schema else node.sql_names())}:
                if schema or name in self.names.routines:
                    self.call(schema, name)

    def _column(self, node: Node, env: Env, *, aliases: bool) -> None:
        name, table = node.name, node.table
        if table:
            for source in self._named(env, table):
                self._read(source, name)
            return
        if aliases and name in env.aliases and not any(name in (one.columns or ()) for one in env.sources):
            return
        if self.postgresql and name in _SYSTEM_COLUMNS:
            for source in env.sources:
                source.touched = True
                self.need(source.tables, None, "SELECT")
            return
        for one in env.up():
            whole = [source for source in one.sources if source.alias == name and name not in (source.columns or ())]
            if whole:
                self._read_all(whole[0])
                return
            known = [source for source in one.sources if source.columns is not None and self._has(source, name)]
            if known:
                for source in known:
                    self._read(source, name)
                return
            unknown = [source for source in one.sources if source.columns is None]
            if unknown:
                for source in unknown:
                    self._read(source, name)
                return

    def _has(self, source: Source, name: str) -> bool:
        assert source.columns is not None
        return name in source.columns or (not self.postgresql and name.lower() in map(str.lower, source.columns))

    # Changes of rows

    def change(self, node: Node, parent: Env | None, made: dict[str, Sequence[str] | None]) -> Sequence[str] | None:
        """INSERT, UPDATE, DELETE or MERGE."""
        made = self._with(node, parent, made)
        if isinstance(node, exp.Insert):
            env = self._insert(node, parent, made)
        elif isinstance(node, exp.Update):
            env = self._update(node, parent, made)
        elif isinstance(node, exp.Delete):
            env = self._delete(node, parent, made)
        else:
            env = self._merge(node, parent, made)
        returning = node.args.get("returning")
        if returning is None:
            return None
        shown: list[str] | None = []
        for one in returning.expressions:
            inner = one.unalias()
            if isinstance(inner, exp.Star):
                part = self._star(env, None)
                shown = None if part is None or shown is None else [*shown, *part]
            else:
                self.walk(one, env, made)
                if shown is not None:
                    shown.append(one.alias_or_name)
        return shown

    def _set(self, source: Source, columns: Sequence[str], right: str, given: int | None = None) -> None:
        """A right on these columns; where none are named on all, or on as many as values are ``given``."""
        for schema, name in source.tables:
            for column in columns or self.names.columns(schema, name)[:given] or (None,):
                self.need(((schema, name),), column, right)

    def _sequences(self, source: Source) -> None:
        """A default taken from the table's own sequence needs its USAGE."""
        for schema, name in source.tables:
            for label in self.names.owned.get(f"{schema}.{name}", ()):
                self.needs.add(Need(label, None, "USAGE"))

    def _insert(self, node: Node, parent: Env | None, made: dict[str, Sequence[str] | None]) -> Env:
        target = node.this.this if isinstance(node.this, exp.Schema) else node.this
        source = self._table(target, target.alias_or_name)
        columns = [one.name for one in node.this.expressions] if isinstance(node.this, exp.Schema) else []
        if node.args.get("default"):
            self.need(source.tables, None, "INSERT")
        else:
            given = _width(node.expression) if not columns and self.postgresql else None
            self._set(source, columns, "INSERT", given)
        self._sequences(source)
        if node.expression is not None and isinstance(node.expression, exp.Expr):
            self.query(node.expression, parent, made)
        env = Env(parent)
        env.sources.append(source)
        conflict = node.args.get("conflict")
        if conflict is not None:
            self._conflict(conflict, source, env, made)
            if conflict.args.get("duplicate"):
                self._duplicate(conflict, source, columns)
        return env

    def _duplicate(self, node: Node, source: Source, inserted: Sequence[str]) -> None:
        """MariaDB asks for UPDATE of every inserted column too, and for SELECT of those that are set (as tried)."""
        self._set(source, inserted, "UPDATE")
        for one in node.expressions:
            if isinstance(one, exp.EQ):
                self._read(source, one.this.name)

    def _conflict(self, node: Node, source: Source, env: Env, made: dict[str, Sequence[str] | None]) -> None:
        if node.args.get("constraint") is not None:
            self._read_all(source)
        self.walk(node.args.get("conflict_keys"), env, made)
        self.walk(node.args.get("index_where"), env, made)
        inner = Env(env.parent)
        inner.sources = [source, Source("excluded", (), ())]
        self._assign(node.expressions, inner, made)
        self.walk(node.args.get("where"), inner, made)

    def _assign(self, assignments: Sequence[Node], env: Env, made: dict[str, Sequence[str] | None]) -> None:
        """``a = …``, ``(a, b) = (…)``: UPDATE of the left, SELECT of what the right reads."""
        for one in assignments:
            if not isinstance(one, exp.EQ):
                self.walk(one, env, made)
                continue
            left = one.this
            for target in left.expressions if isinstance(left, exp.Tuple) else [left]:
                while isinstance(target, exp.Bracket | exp.Dot | exp.Paren):
                    target = target.this
                holding = (
                    self._named(env, target.table)
                    if getattr(target, "table", "")
                    else [
                        source for source in env.sources if source.columns is not None and target.name in source.columns
                    ]
                )
                self._set((holding or env.sources)[0], [target.name], "UPDATE")
            right = one.expression
            self.walk(right, env, made)

    def _update(self, node: Node, parent: Env | None, made: dict[str, Sequence[str] | None]) -> Env:
        env = Env(parent)
        self._from(node.this, env, made)
        env.sources[0].touched = True
        if node.args.get("from_") is not None:
            self._from(node.args["from_"].this, env, made)
            for join in node.args["from_"].args.get("joins") or ():
                self._join(join, env, made)
        for join in node.args.get("joins") or ():
            self._join(join, env, made)
        self._assign(node.expressions, env, made)
        for key in ("where", "order", "limit"):
            self.walk(node.args.get(key), env, made)
        self._untouched(env)
        return env

    def _delete(self, node: Node, parent: Env | None, made: dict[str, Sequence[str] | None]) -> Env:
        env = Env(parent)
        self._from(node.this, env, made)
        using = node.args.get("using") or ()
        for one in using if isinstance(using, list) else ():
            self._from(one, env, made)
        named = [source for one in node.args.get("tables") or () for source in self._named(env, one.name)]
        for source in named or env.sources[:1]:
            source.touched = True
            self.need(source.tables, None, "DELETE")
        for key in ("where", "order", "limit"):
            self.walk(node.args.get(key), env, made)
        self._untouched(env)
        return env

    def _merge(self, node: Node, parent: Env | None, made: dict[str, Sequence[str] | None]) -> Env:
        env = Env(parent)
        self._from(node.this, env, made)
        target = env.sources[0]
        target.touched = True
        self._from(node.args["using"], env, made)
        self.walk(node.args.get("on"), env, made)
        whens = node.args["whens"]
        for when in whens.expressions if whens is not None else ():
            self.walk(when.args.get("condition"), env, made)
            then = when.args.get("then")
            if isinstance(then, exp.Update):
                self._assign(then.expressions, env, made)
            elif isinstance(then, exp.Insert):
                listed = [one.name for one in then.this.expressions] if isinstance(then.this, exp.Tuple) else []
                self._set(target, listed, "INSERT", None if listed else _width(then))
                self._sequences(target)
                self.walk(then.expression, env, made)
            elif "DELETE" in str(then).upper():
                self.need(target.tables, None, "DELETE")
        self._untouched(env)
        return env


def _width(node: Node) -> int | None:
    """How many values each row of VALUES has: PostgreSQL fills the first columns and leaves the others alone."""
    row = node if isinstance(node, exp.Tuple) else None
    if isinstance(node, exp.Insert):
        row = node.expression if isinstance(node.expression, exp.Tuple) else node.this
    elif isinstance(node, exp.Values) and node.expressions:
        row = node.expressions[0]
    return len(row.expressions) or None if isinstance(row, exp.Tuple) else None
