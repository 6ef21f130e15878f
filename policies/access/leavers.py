"""People who left and whose account still works, and whether it can still change voter records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hustings.access.rights import mask
from policies.access.anomalies import Context

_WRITES = mask("INSERT", "UPDATE", "DELETE", "TRUNCATE", "DROP")


def with_rights(context: Context) -> Iterator[dict[str, Any]]:
    """A record for each open account of somebody who left (row IAM-12 of the catalogue)."""
    places = _voter_data(context)
    for login in context.effective.accounts():
        account = context.account(login)
        if account is None or not context.open(login):
            continue
        left = context.model.leavers.get(account.person) if account.person else None
        named = context.roster is not None and context.roster.names(account.email)
        if (left is None or left > context.today) and not named:
            continue
        record: dict[str, Any] = {"person": account.person, "account": login,
                                  "changes": _changes(context, login, places)}
        if left is not None:
            record["left"] = left.isoformat()
        yield record


def _voter_data(context: Context) -> frozenset[int]:
    """The tables that are classed as restricted; every table in scope where none is."""
    named = {place for one in context.model.objects if one.sensitivity == "restricted"
             for place in context.scope.places(one.name, one.kind)}
    tables = (place for place in context.scope.order if context.state.objects[place].kind == "table")
    return frozenset(named or tables)


def _changes(context: Context, login: str, places: frozenset[int]) -> bool:
    if context.effective.is_superuser(login):
        return True
    return any((holding.rights | _joined(holding.columns)) & _WRITES
               for place, holding in context.effective.held(login) if place in places)


def _joined(columns: dict[str, int]) -> int:
    result = 0
    for rights in columns.values():
        result |= rights
    return result
