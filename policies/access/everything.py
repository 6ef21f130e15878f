"""Every effective right of every account, without a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from hustings.access.rights import BIT, names
from hustings.access.state import State
from hustings.access.usage import Usage
from policies.access.difference_uses import LastUses
from policies.access.rows import HELD, Assumable, Effective, Explaining, Holding, Row, Unread

Parts = tuple[tuple[str | None, int, tuple[str, ...]], ...]

NOT_RIGHTS = frozenset({"sign_in_rules", "standbys", "receiver", "untrusted_languages", "overrides", "settings",
                        "answers", "principals.password", "principals.tls", "principals.proxies",
                        "in_recovery"})
"""Parts of a state that say nothing about who holds what; neither do the parts of objects but their names and
access lists."""


def in_scope(state: State, schemas: tuple[str, ...] = ()) -> list[int]:
    """The objects that are spoken of, in order of name: with schemas, those and what is in them; without,
    everything, the database itself too."""
    chosen = [index for index, one in enumerate(state.objects)
              if not schemas or (one.schema or (one.name if one.kind == "schema" else "")) in schemas]
    return sorted(chosen, key=lambda index: (state.objects[index].label, state.objects[index].kind))


def held(state: State, effective: Effective, schemas: tuple[str, ...] = (),
         usage: Usage | None = None) -> Iterator[Row]:
    """A row for each right, sorted by account, object, kind, column and right: made as they are asked for."""
    order = {index: place for place, index in enumerate(in_scope(state, schemas))}
    named = [(one.label, one.kind) for one in state.objects]
    last = LastUses(usage, state.engine).last
    for account in effective.accounts():
        found = dict(explained(effective, account))
        many = 3 * len(found) > len(order)
        for index in order if many else sorted(found.keys() & order.keys(), key=order.__getitem__):
            if index in found:
                label, kind = named[index]
                for column, right, way in _sorted(found[index]):
                    yield Row(account, label, kind, column, right, HELD, way, last(account, label, column, right))


def explained(effective: Effective, account: str) -> Iterator[tuple[int, Parts]]:
    """Every object on which the account holds anything, with the ways."""
    if isinstance(effective, Explaining):
        yield from effective.explained(account)
        return
    for index, holding in effective.held(account):
        yield index, tuple((column, BIT[right], effective.via(account, index, right, column))
                           for column, right in _each(holding))


@lru_cache(maxsize=10_000)
def _sorted(parts: Parts) -> tuple[tuple[str | None, str, tuple[str, ...]], ...]:
    """By column, the whole object first, and right. Most objects of an account are alike."""
    return tuple(sorted(((column, right, way) for column, rights, way in parts for right in names(rights)),
                        key=lambda one: (one[0] is not None, one[0] or "", one[1])))


def assumable(state: State, effective: Effective, schemas: tuple[str, ...] = ()) -> Iterator[Assumable]:
    """What each account could have by SET ROLE beyond what it has, in the same order."""
    order = {index: place for place, index in enumerate(in_scope(state, schemas))}
    for account in effective.accounts():
        yield from assumable_of(state, effective, account, order)


def assumable_of(state: State, effective: Effective, account: str, order: Mapping[int, int]) -> Iterator[Assumable]:
    """The same of one account and the objects in ``order``, which also says how they follow each other."""
    if effective.is_superuser(account):
        return
    mine: dict[int, Holding] | None = None
    inherited = effective.inherits(account)
    for role in sorted(effective.may_become(account)):
        if role in inherited and not effective.is_superuser(role):
            continue
        if mine is None:
            mine = dict(effective.held(account))
        theirs = [(order[index], index, holding) for index, holding in effective.held(role) if index in order]
        theirs.sort()
        for _, index, holding in theirs:
            for column, right in _each(_beyond(holding, mine.get(index))):
                yield Assumable(account, role, state.objects[index].label,
                                right if column is None else f"{right}({column})")


def unread(state: State) -> Iterator[Unread]:
    """The parts that the rights rest on and that could not be read."""
    for part, missing in sorted(state.missing.items()):
        if part not in NOT_RIGHTS and not part.startswith(("settings.", "answers.", "objects.")):
            yield Unread("LPR-01", f"{part}: {missing.reason}: {missing.detail}")


def _each(holding: Holding) -> Iterator[tuple[str | None, str]]:
    for right in sorted(names(holding.rights)):
        yield None, right
    for column in sorted(holding.columns):
        for right in sorted(names(holding.columns[column])):
            yield column, right


def _beyond(theirs: Holding, mine: Holding | None) -> Holding:
    if mine is None:
        return theirs
    columns = {column: more for column, rights in theirs.columns.items()
               if (more := rights & ~mine.rights & ~mine.columns.get(column, 0))}
    return Holding(theirs.rights & ~mine.rights, columns)
