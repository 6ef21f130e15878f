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
from policies.access.everything import Parts, assumable_of, explained
from policies.access.rows import DECLARED, EXCESS, MISSING, Anomaly, Assumable, Effective, Row, Unread

_Line = tuple[str | None, str, str, tuple[str, ...]]
"""Column, right, state and way of a row: most objects of an account say the same."""


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
        held = {place: parts for place, parts in explained(self.effective, account) if place in self.scope}
        objects, labels, last = self.scope.objects, self._labels, self._uses.last
        known: dict[tuple[Parts, int], tuple[_Line, ...]] = {}
        lacking = sorted(self.declared.lacking(account), key=lambda one: (one.name, one.kind))
        touched, order = held.keys() | intents.keys(), self.scope.order
        for place in order if 3 * len(touched) > len(order) else sorted(touched, key=self.scope.rank.__getitem__):
            if place not in touched:
                continue
            label, kind = labels[place]
            while lacking and (lacking[0].name, lacking[0].kind) < (label, kind):
                first = lacking.pop(0)
                yield from _missing(account, first.name, first.kind, first.needed, first.columns)
            if objects[place].trigger_function:
                continue
            parts, intent = held.get(place, ()), intents.get(place, NOTHING)
            alike = parts, id(intent)
            lines = known.get(alike)
            if lines is None:
                lines = known[alike] = _lines(parts, intent)
            for column, right, state, via in lines:
                yield Row(account, label, kind, column, right, state, via,
                          last(account, label, column, right) if state is not MISSING else None)
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

    @cached_property
    def _labels(self) -> dict[int, tuple[str, str]]:
        return {place: (one.label, one.kind) for place, one in enumerate(self.scope.objects) if place in self.scope}


@cache
def _rights(rights: int) -> tuple[tuple[str, int], ...]:
    """The rights of a mask in the order in which an object's rows are given, each with its bit."""
    return tuple((name, bit) for name, bit in sorted(BIT.items()) if rights & bit)


def _lines(parts: Parts, intent: Intent) -> tuple[_Line, ...]:
    """What is said of one object: the whole of it first, then column by column."""
    held, ways = dict[str | None, int](), dict[tuple[str | None, str], tuple[str, ...]]()
    for column, rights, way in parts:
        held[column] = held.get(column, 0) | rights
        ways |= {(column, right): way for right, _ in _rights(rights)}
    whole, permitted = held.pop(None, 0), intent.whole
    found: list[_Line] = [
        (None, right, DECLARED if permitted & bit else EXCESS, ways[None, right]) if whole & bit
        else (None, right, MISSING, ()) for right, bit in _rights(whole | intent.needed)]
    for column in sorted({one for one in held if one} | intent.needed_columns.keys()):
        own = held.get(column, 0) & ~whole
        needed = intent.needed_columns.get(column, 0) & ~(whole | intent.needed)
        found += [(column, right, DECLARED if intent.permits(bit, column) else EXCESS, ways[column, right])
                  if own & bit else (column, right, MISSING, ()) for right, bit in _rights(own | needed)]
    return tuple(found)


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
