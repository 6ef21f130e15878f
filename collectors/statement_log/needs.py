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


class OddTree(Exception):
    """The parser's tree is not what its grammar says: the statement is not one that a server would run."""


class Need(NamedTuple):
    object: str
    column: str | None
    right: str


Made = dict[str, Sequence[str] | None]
"""The names that WITH gave to rows made on the way, each with its columns where they are known."""


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


class Reads:
    """Collects in ``needs`` what queries and expressions need; ``changes.Walker`` adds the changes of rows."""

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

    def read(self, source: Source, column: str | None) -> None:
        """SELECT on one column, or on no column in particular."""
        source.touched = True
        for schema, name in source.tables:
            known = self.names.columns(schema, name)
            spelled = column
            if column is not None and known and column not in known:
                spelled = next((one for one in known if one.lower() == column.lower()), None)
            self.need(((schema, name),), spelled, "SELECT")

    def read_all(self, source: Source) -> None:
        """SELECT on every column."""
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

    def query(self, node: Node, parent: Env | None, made: Made) -> Sequence[str] | None:
        """Any statement that gives rows. The names of its columns, None where they are not known."""
        made = self.make(node, parent, made)
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
            self.take(node, env, made)
            return self.star(env, None)
        env = Env(parent)
        self.walk(node, env, made, inside=True)
        return None

    def make(self, node: Node, parent: Env | None, made: Made) -> Made:
        """Go through WITH. What it made is added to what there was."""
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

    def _select(self, node: Node, parent: Env | None, made: Made) -> Sequence[str] | None:
        env = Env(parent)
        if node.args.get("from_") is not None:
            self.take(node.args["from_"].this, env, made)
        for join in (*(node.args.get("joins") or ()), *(node.args.get("laterals") or ())):
            self.join(join, env, made)
        columns: list[str] | None = []
        for one in node.expressions:
            inner = one.unalias()
            if isinstance(inner, exp.Star) or (isinstance(inner, exp.Column) and isinstance(inner.this, exp.Star)):
                shown = self.star(env, inner.table if isinstance(inner, exp.Column) else None)
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
        self.untouched(env)
        return columns

    def untouched(self, env: Env) -> None:
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

    def star(self, env: Env, alias: str | None) -> list[str] | None:
        """Read all of one source, or of all. The names of the columns, None where they are not known."""
        shown: list[str] | None = []
        for source in self.named(env, alias) if alias else env.sources:
            self.read_all(source)
            shown = None if source.columns is None or shown is None else [*shown, *source.columns]
        return shown

    def named(self, env: Env, alias: str) -> list[Source]:
        """The nearest source of this name, in a list of at most one."""
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

    def take(self, node: Node, env: Env, made: Made) -> None:
        """Add what stands in FROM to the sources. Raises ``OddTree`` where that is nothing of the kind."""
        if not isinstance(node, exp.Expr):
            raise OddTree("no table stands where one should")
        alias = node.alias_or_name
        renamed = [one.name for one in node.args["alias"].columns] if node.args.get("alias") else []
        if isinstance(node, exp.Table) and not isinstance(node.this, exp.Func):
            if not node.db and node.name in made:
                env.sources.append(Source(alias, (), renamed or made[node.name]))
                env.sources[-1].touched = True
            else:
                env.sources.append(self.table(node, alias))
        elif isinstance(node, exp.Table):
            self._function(node.this, node.db)
            for one in node.this.iter_expressions():
                self.walk(one, env, made)
            env.sources.append(Source(alias or node.this.name, (), renamed or None))
        elif isinstance(node, exp.Lateral):
            self.walk(node.this, env, made)
            env.sources.append(Source(alias, (), renamed or None))
        elif isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table) and not alias:
            self.take(node.this, env, made)
        elif isinstance(node, exp.Subquery | exp.Select | exp.SetOperation):
            columns = self.query(node, env.parent, made)
            env.sources.append(Source(alias, (), renamed or columns))
        else:
            self.walk(node, env, made)
            env.sources.append(Source(alias, (), renamed or None))
        for join in (*(node.args.get("joins") or ()), *(node.args.get("laterals") or ())):
            self.join(join, env, made)

    def table(self, node: Node, alias: str) -> Source:
        """A source for a table of the database. Raises ``OddTree`` where it is none."""
        if not isinstance(node, exp.Table):
            raise OddTree("no table stands where one should")
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
            except sqlglot.errors.SqlglotError as error:
                raise OddTree(f"a row policy of {label} cannot be taken apart") from error
            for one in parsed.expressions:
                self.walk(one, env, {})

    def join(self, node: Node, env: Env, made: Made) -> None:
        """Add what is joined, and read the columns that it is joined by."""
        before = list(env.sources)
        self.take(node.this, env, made) if isinstance(node, exp.Join) else self.take(node, env, made)
        if not isinstance(node, exp.Join):
            return
        for column in node.args.get("using") or ():
            for source in env.sources:
                if source.columns is None or column.name in source.columns:
                    self.read(source, column.name)
        if str(node.args.get("method") or "").upper() == "NATURAL":
            new = [one for one in env.sources if one not in before]
            for one in new:
                for other in before:
                    if one.columns is None or other.columns is None:
                        self.read(one, None)
                        self.read(other, None)
                    else:
                        for name in set(one.columns) & set(other.columns):
                            self.read(one, name)
                            self.read(other, name)
        self.walk(node.args.get("on"), env, made)

    # Expressions

    def walk(
        self,
        node: Node,
        env: Env,
        made: Made,
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
                    self.star(env, one.table)
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
            for source in self.named(env, table):
                self.read(source, name)
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
                self.read_all(whole[0])
                return
            known = [source for source in one.sources if source.columns is not None and self._has(source, name)]
            if known:
                for source in known:
                    self.read(source, name)
                return
            unknown = [source for source in one.sources if source.columns is None]
            if unknown:
                for source in unknown:
                    self.read(source, name)
                return

    def _has(self, source: Source, name: str) -> bool:
        assert source.columns is not None
        return name in source.columns or (not self.postgresql and name.lower() in map(str.lower, source.columns))

    def change(self, node: Node, parent: Env | None, made: Made) -> Sequence[str] | None:
        """INSERT, UPDATE, DELETE or MERGE. The names of the columns it returns, None where it returns none."""
        raise NotImplementedError
