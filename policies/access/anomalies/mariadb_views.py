"""LPR-06 in MariaDB and MySQL: guarded columns shown by a view.

Whoever may not read a table cannot be told what a view takes from it (SHOW CREATE VIEW, which asks for SELECT): a
column of a view is known by its name, where it is that of a guarded column of its schema.
"""

from __future__ import annotations

from hustings.access.rights import BIT
from policies.access.anomalies._context import MARIA, Context, Found, Rule, way
from policies.access.anomalies.voter_data import LPR_06, guarded_of
from policies.access.rows import Anomaly

_SELECT = BIT["SELECT"]


def by_name(context: Context) -> Found:
    """Views that show guarded columns: to whom the model gives neither the view nor the column, and to everyone who
    reads it where the model calls the view public."""
    guarded: dict[str, dict[str, set[str]]] = {}
    for one in context.model.objects:
        for column in guarded_of(one):
            guarded.setdefault(one.name.rpartition(".")[0], {}).setdefault(column, set()).add(one.name)
    for place in context.scope.order:
        view = context.state.objects[place]
        shown = sorted(set(view.columns) & guarded.get(view.schema, {}).keys()) if view.kind == "view" else []
        model = context.model.object(view.label)
        if not shown or (model is not None and guarded_of(model)):
            continue
        trusted = model is not None and model.sensitivity != "public"
        for account in context.ordinary:
            holding = context.holdings[account].get(place)
            if holding is None or (trusted and context.intent(account, place).permits(_SELECT)):
                continue
            seen = [column for column in shown
                    if (holding.rights | holding.columns.get(column, 0)) & _SELECT
                    and not _may_see(context, account, guarded[view.schema][column], column)]
            if seen:
                whole = bool(holding.rights & _SELECT)
                via = context.effective.via(account, place, "SELECT", None if whole else seen[0])
                yield Anomaly(LPR_06, view.label, account, f"SELECT{way(via)} shows {', '.join(seen)}")


def _may_see(context: Context, account: str, tables: set[str], column: str) -> bool:
    return any(context.intent(account, place).permits(_SELECT, column)
               for table in tables for place in context.scope.places(table, "table"))


RULES = (Rule(LPR_06, by_name, MARIA),)
