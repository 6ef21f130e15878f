"""The rights that changes of rows need: INSERT, UPDATE, DELETE, MERGE, and what they read and return."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from collectors.statement_log.needs import Env, Made, Need, Node, Reads, Source


class Walker(Reads):
    """Collects in ``needs`` what a whole statement needs."""

    def change(self, node: Node, parent: Env | None, made: Made) -> Sequence[str] | None:
        """INSERT, UPDATE, DELETE or MERGE."""
        made = self.make(node, parent, made)
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
                part = self.star(env, None)
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

    def _insert(self, node: Node, parent: Env | None, made: Made) -> Env:
        target = node.this.this if isinstance(node.this, exp.Schema) else node.this
        source = self.table(target, target.alias_or_name)
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
                self.read(source, one.this.name)

    def _conflict(self, node: Node, source: Source, env: Env, made: Made) -> None:
        if node.args.get("constraint") is not None:
            self.read_all(source)
        self.walk(node.args.get("conflict_keys"), env, made)
        self.walk(node.args.get("index_where"), env, made)
        inner = Env(env.parent)
        inner.sources = [source, Source("excluded", (), ())]
        self._assign(node.expressions, inner, made)
        self.walk(node.args.get("where"), inner, made)

    def _assign(self, assignments: Sequence[Node], env: Env, made: Made) -> None:
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
                    self.named(env, target.table)
                    if getattr(target, "table", "")
                    else [
                        source for source in env.sources if source.columns is not None and target.name in source.columns
                    ]
                )
                self._set((holding or env.sources)[0], [target.name], "UPDATE")
            right = one.expression
            self.walk(right, env, made)

    def _update(self, node: Node, parent: Env | None, made: Made) -> Env:
        env = Env(parent)
        self.take(node.this, env, made)
        env.sources[0].touched = True
        if node.args.get("from_") is not None:
            self.take(node.args["from_"].this, env, made)
            for join in node.args["from_"].args.get("joins") or ():
                self.join(join, env, made)
        for join in node.args.get("joins") or ():
            self.join(join, env, made)
        self._assign(node.expressions, env, made)
        for key in ("where", "order", "limit"):
            self.walk(node.args.get(key), env, made)
        self.untouched(env)
        return env

    def _delete(self, node: Node, parent: Env | None, made: Made) -> Env:
        env = Env(parent)
        self.take(node.this, env, made)
        using = node.args.get("using") or ()
        for one in using if isinstance(using, list) else ():
            self.take(one, env, made)
        named = [source for one in node.args.get("tables") or () for source in self.named(env, one.name)]
        for source in named or env.sources[:1]:
            source.touched = True
            self.need(source.tables, None, "DELETE")
        for key in ("where", "order", "limit"):
            self.walk(node.args.get(key), env, made)
        self.untouched(env)
        return env

    def _merge(self, node: Node, parent: Env | None, made: Made) -> Env:
        env = Env(parent)
        self.take(node.this, env, made)
        target = env.sources[0]
        target.touched = True
        self.take(node.args["using"], env, made)
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
        self.untouched(env)
        return env


def _width(node: Node) -> int | None:
    """How many values each row of VALUES has: PostgreSQL fills the first columns and leaves the others alone."""
    row = node if isinstance(node, exp.Tuple) else None
    if isinstance(node, exp.Insert):
        row = node.expression if isinstance(node.expression, exp.Tuple) else node.this
    elif isinstance(node, exp.Values) and node.expressions:
        row = node.expressions[0]
    return len(row.expressions) or None if isinstance(row, exp.Tuple) else None
