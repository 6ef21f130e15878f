"""Rights that are used beneath a statement: by trigger functions, routines and views that run as their caller.

A log of statements does not show them, so that they would pass for unused. The bodies are in PostgreSQL's catalogue,
which the auditing role may read; the same reading serves the rehearsal (``agent.access.rehearsal_routines``).
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from agent.access.connection import dsn_of
from agent.access.rehearsal_routines import Lost, Routines, read
from hustings.access.rights import POSTGRESQL
from policies.access.difference import Difference
from policies.access.difference_uses import may_be

_OPERATIONS = {"INSERT": "Insert", "UPDATE": "Update", "DELETE": "Delete"}


class Beneath:
    """What the logs do not show of one database."""

    def __init__(self, difference: Difference, variable: str) -> None:
        self._state = difference.state
        self._usage = difference.usage
        self._routines = _ask(variable) if difference.state.engine == POSTGRESQL else Routines()
        self._starts: dict[str, frozenset[int]] = {}
        self._called: dict[str, frozenset[str]] = {}
        """Routines that the tables an account uses call of themselves: row policies, views, checks, defaults."""

    def needs(self, account: str, place: int, column: str | None, right: str) -> bool:
        """Whether something that the account's statements run may need this right."""
        if account not in self._starts:
            self._look(account)
        if account in self._through_views:
            return True
        one = self._state.objects[place]
        kind = "routine" if one.kind == "routine" else "relation"
        label = one.label.partition("(")[0] if one.kind == "routine" else one.label
        if kind == "routine" and label in self._called[account]:
            return True
        lost: Lost = (kind, label, right, column or "")
        return any(True for _ in self._routines.weigh(self._starts[account], frozenset({lost})))

    @cached_property
    def _through_views(self) -> frozenset[str]:
        """Accounts that used a view with their own rights: what it takes from elsewhere is in no log, and MariaDB
        shows it to nobody without SELECT. None of their rights is called unused."""
        lent = {one.label for one in self._state.objects if one.kind == "view" and one.definer is False}
        seen = {use.account for use in self._usage.uses if use.object in lent} if self._usage is not None else set()
        return frozenset(one.name for one in self._state.principals if any(may_be(one.name, name) for name in seen))

    def _look(self, account: str) -> None:
        uses = [use for use in self._usage.uses if use.account == account] if self._usage is not None else []
        shapes = [shape for shape in self._usage.shapes if account in shape.accounts] if self._usage is not None else []
        known = self._routines
        found = set(known.beneath("", {(use.object, _OPERATIONS[use.right]) for use in uses
                                       if use.right in _OPERATIONS}))
        for shape in shapes:
            found |= known.beneath(shape.text, ())
        called = {oid for use in uses for by in (known.policies, known.views, known.checks)
                  for oid in by.get(use.object, ())}
        self._starts[account] = frozenset(found | called)
        self._called[account] = frozenset(known.by_oid[oid].label for oid in called if oid in known.by_oid)


def _ask(variable: str) -> Routines:
    from collectors.database_dsn import postgresql

    with postgresql(dsn_of(variable), variable) as connection:
        return read(_Asked(connection), connection.info.server_version)


class _Asked:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._connection.execute(sql).fetchall()
        return rows
