"""The difference: what a model declares against what the engine grants, right by right.

A right is *declared* when it is held and meant, *in excess* when it is held and not meant, *missing* when it is
meant and not held. On PostgreSQL a streaming replica has the grants of its primary, so that a role that works
``on: replica`` is compared with the same grants.

Left out, unless the model names them: the account that the server was made with, those that the engine made for
itself, and the auditing account. A function that only a trigger can call gives no rows. Anomalies are in
``policies.access.anomalies``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache, cached_property

from hustings.access.model import AccessModel
from hustings.access.rights import BIT
from hustings.access.state import State
from hustings.access.usage import Usage
from policies.access.anomalies import Context, Roster, find
from policies.access.difference_declared import NOTHING, Declared, Intent
from policies.access.difference_scope import Scope
from policies.access.difference_uses import LastUses
from policies.access.everything import assumable_of
from policies.access.rows import DECLARED, EXCESS, MISSING, Anomaly, Assumable, Effective, Holding, Row, Unread

_NONE = Holding(0, {})


class Difference:
    """One model against one database. Rows are made while they are asked for, anew each time."""

    def __init__(self, model: AccessModel, effective: Effective, state: State, usage: Usage | None = None,
                 roster: Roster | None = None) -> None:
        self.model, self.state, self.usage, self.effective = model, state, usage, effective
        self.scope = Scope(model, state)
        self.declared = Declared(model, state, self.scope)
        self._roster = roster
        self._uses = LastUses(usage, state.engine)

    @cached_property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that are compared, in order of name."""
        principals = {one.name: one for one in self.state.principals}
        return tuple(name for name in self.effective.accounts() if self.declared.account(name) is not None
                     or not (principals[name].bootstrap or principals[name].system or name == self.state.user))

    def rows(self) -> Iterator[Row]:
        """Every right held or meant, in order of account, object, kind, column (the whole first) and right."""
        for account in self.accounts:
            yield from self.rows_of(account)

    def rows_of(self, account: str) -> Iterator[Row]:
        """The rows of one account."""
        intents = self.declared.of(account)
        held = {place: holding for place, holding in self.effective.held(account) if place in self.scope}
        lacking = sorted(self.declared.lacking(account), key=lambda one: (one.name, one.kind))
        for place in sorted(held.keys() | intents.keys(), key=self.scope.rank.__getitem__):
            one = self.scope.objects[place]
            while lacking and (lacking[0].name, lacking[0].kind) < (one.label, one.kind):
                first = lacking.pop(0)
                yield from _missing(account, first.name, first.kind, first.needed, first.columns)
            if not one.trigger_function:
                yield from self._of_object(account, place, held.get(place, _NONE), intents.get(place, NOTHING))
        for one_more in lacking:
            yield from _missing(account, one_more.name, one_more.kind, one_more.needed, one_more.columns)

    def assumable(self) -> Iterator[Assumable]:
        """What the compared accounts could reach by SET ROLE beyond what they hold, in scope."""
        for account in self.accounts:
            yield from assumable_of(self.state, self.effective, account, self.scope.rank)

    @cached_property
    def context(self) -> Context:
        """What the rules of anomalies look at."""
        return Context(self.model, self.effective, self.state, self.scope, self.declared, self.usage, self._roster)

    @property
    def today(self) -> date:
        """By the server's clock."""
        return self.context.today

    @cached_property
    def _found(self) -> tuple[tuple[Anomaly, ...], tuple[Unread, ...]]:
        return find(self.context)

    @property
    def anomalies(self) -> tuple[Anomaly, ...]:
        """Faults by the rows of the catalogue, in order of row, object and account."""
        return self._found[0]

    @property
    def unread(self) -> tuple[Unread, ...]:
        """Rows of the catalogue that could not be decided."""
        return self._found[1]

    def _of_object(self, account: str, place: int, holding: Holding, intent: Intent) -> Iterator[Row]:
        label, kind = self._labels[place]
        permitted, via, last = intent.whole, self.effective.via, self._uses.last
        for right, bit in _rights(holding.rights | intent.needed):
            if holding.rights & bit:
                yield Row(account, label, kind, None, right, DECLARED if permitted & bit else EXCESS,
                          via(account, place, right), last(account, label, None, right))
            else:
                yield Row(account, label, kind, None, right, MISSING)
        if not holding.columns and not intent.needed_columns:
            return
        for column in sorted(holding.columns.keys() | intent.needed_columns.keys()):
            held = holding.columns.get(column, 0) & ~holding.rights
            needed = intent.needed_columns.get(column, 0) & ~(holding.rights | intent.needed)
            for right, bit in _rights(held | needed):
                if held & bit:
                    yield Row(account, label, kind, column, right,
                              DECLARED if intent.permits(bit, column) else EXCESS,
                              via(account, place, right, column), last(account, label, column, right))
                else:
                    yield Row(account, label, kind, column, right, MISSING)

    @cached_property
    def _labels(self) -> dict[int, tuple[str, str]]:
        return {place: (one.label, one.kind) for place, one in enumerate(self.scope.objects) if place in self.scope}


@cache
def _rights(rights: int) -> tuple[tuple[str, int], ...]:
    """The rights of a mask in the order in which an object's rows are given, each with its bit."""
    return tuple((name, bit) for name, bit in sorted(BIT.items()) if rights & bit)


def difference(model: AccessModel, effective: Effective, state: State, usage: Usage | None = None,
               roster: Roster | None = None) -> Difference:
    """Compare. ``roster``: the office's list of leavers, where the model names one."""
    return Difference(model, effective, state, usage, roster)


def _missing(account: str, name: str, kind: str, rights: int, columns: dict[str, int]) -> Iterator[Row]:
    for right, _ in _rights(rights):
        yield Row(account, name, kind, None, right, MISSING)
    for column in sorted(columns):
        for right, _ in _rights(columns[column]):
            yield Row(account, name, kind, column, right, MISSING)
