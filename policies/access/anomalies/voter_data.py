"""LPR-05 and LPR-06: bulk changes to restricted objects, and sight of guarded columns.

Source: the catalogue's rows; a SELECT on a whole table overrides a limit to columns (PostgreSQL's GRANT, notes on
column privileges; MariaDB's GRANT, column privileges).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator

from hustings.access.model import GUARDED_COLUMNS, ObjectModel
from hustings.access.rights import BIT, POSTGRESQL, mask
from hustings.access.state import Object
from policies.access.anomalies._context import Context, Found, Rule, way
from policies.access.difference_declared import NOTHING, Intent
from policies.access.rows import Anomaly, Holding, Unread

LPR_05, LPR_06 = "LPR-05", "LPR-06"
_SELECT = BIT["SELECT"]
_NESTED = 20
"""Views within views that are seen through."""


def bulk_rights(engine: str) -> int:
    """The rights that change or empty a whole table; MariaDB and MySQL empty it by DROP."""
    return mask("UPDATE", "DELETE", "TRUNCATE" if engine == POSTGRESQL else "DROP")


def bulk_changes(context: Context) -> Found:
    """UPDATE (of whole rows), DELETE or TRUNCATE of a restricted object that the model does not give."""
    bulk = bulk_rights(context.state.engine)
    restricted = {place for _, place in _objects(context, lambda one: one.sensitivity == "restricted")}
    for account, place, holding, intent in _held(context, restricted):
        held = holding.rights & bulk & ~intent.whole
        if held:
            label = context.state.objects[place].label
            yield Anomaly(LPR_05, label, account, f"{context.by_way_of(account, place, held)}, not in the model")


def guarded_columns(context: Context) -> Found:
    """SELECT of identity numbers, secrets and protected addresses (or of any part of a restricted object without
    columns in the model) that the model does not give."""
    guarded_at: dict[int, tuple[str, ...]] = {}
    for model, place in _objects(context, _is_guarded):
        one = context.state.objects[place]
        guarded = guarded_of(model)
        unknown = sorted(guarded - set(one.columns)) if one.columns else []
        if unknown:
            yield Unread(LPR_06, f"{one.label} has no column {', '.join(unknown)}, which the model guards")
        there = tuple(sorted(guarded.difference(unknown)))
        if there or not guarded:
            guarded_at[place] = there
    for account, place, holding, intent in _held(context, guarded_at):
        seen = _seen(context, account, place, holding, intent, guarded_at[place])
        if seen:
            yield Anomaly(LPR_06, context.state.objects[place].label, account, seen)


def guarded_through_views(context: Context) -> Found:
    """Guarded columns shown by a view: to whom the model gives neither the view nor the column, and to everyone who
    reads it where the model calls the view public."""
    guarded = {(context.state.objects[place].label, column) for one, place in _objects(context, _is_guarded)
               for column in guarded_of(one)}
    views = {one.label: one for one in context.state.objects if one.kind == "view"}
    shows: dict[int, list[tuple[str, str]]] = {}
    for place in context.scope.order:
        if context.state.objects[place].kind == "view":
            shown = sorted(guarded & _shown(context.state.objects[place], views))
            if shown:
                shows[place] = shown
    for account, place, holding, intent in _held(context, shows):
        label = context.state.objects[place].label
        model = context.classed.get(label)
        trusted = model is not None and model.sensitivity != "public"
        if not holding.rights & _SELECT or (trusted and intent.permits(_SELECT)):
            continue
        unseen = [one for one in shows[place] if not _may_see(context, account, one)]
        if unseen:
            via = way(context.effective.via(account, place, "SELECT"))
            yield Anomaly(LPR_06, label, account, f"SELECT{via} shows {', '.join(map('.'.join, unseen))}")


def _shown(view: Object, views: dict[str, Object]) -> frozenset[tuple[str, str]]:
    """The columns of tables that a view shows, views within it seen through; PostgreSQL allows no circle of them."""
    found = set()
    for source in view.shows.values():
        one = source
        for _ in range(_NESTED):
            found.add(one)
            inner = views.get(one[0])
            if inner is None or one[1] not in inner.shows:
                break
            one = inner.shows[one[1]]
    return frozenset(found)


def _may_see(context: Context, account: str, column: tuple[str, str]) -> bool:
    name, of_it = column
    places = set(context.scope.places(name, "table"))
    places |= {context.wholes[place] for place in places if place in context.wholes}
    return any(context.intent(account, place).permits(_SELECT, of_it) for place in places)


def guarded_of(model: ObjectModel) -> frozenset[str]:
    """The columns of an object that only roles which say so may read."""
    return frozenset(column for group in GUARDED_COLUMNS for column in model.columns.get(group, ()))


def _is_guarded(model: ObjectModel) -> bool:
    return bool(guarded_of(model)) or (model.sensitivity == "restricted" and not model.columns)


def _objects(context: Context, wanted: Callable[[ObjectModel], bool]) -> Iterator[tuple[ObjectModel, int]]:
    for model in context.model.objects:
        if wanted(model):
            for _, place in context.of(model):
                if context.state.objects[place].kind in ("table", "view"):
                    yield model, place


def _held(context: Context, places: Container[int]) -> Iterator[tuple[str, int, Holding, Intent]]:
    """What each ordinary account holds on these objects, and what is meant for it there: what is meant of a table is
    meant of the rows in its parts."""
    for account in context.ordinary:
        if context.is_auditor(account):
            continue
        intents = context.declared.of(account)
        for place, holding in context.holdings[account].items():
            if place in places:
                whole = context.wholes.get(place, place)
                yield account, place, holding, intents.get(place) or intents.get(whole, NOTHING)


def _seen(context: Context, account: str, place: int, holding: Holding, intent: Intent,
          guarded: tuple[str, ...]) -> str:
    """What the account sees and should not, in words; empty if nothing. No column guarded: all of it is."""
    whole = bool(holding.rights & _SELECT)
    if not guarded:
        if whole and not intent.whole & _SELECT:
            return _of_whole(context, account, place, "SELECT of a restricted object")
        columns = sorted(column for column, held in holding.columns.items()
                         if held & _SELECT and not intent.permits(_SELECT, column))
        return f"SELECT({', '.join(columns)}) of a restricted object" if columns else ""
    seen = [column for column in guarded if (whole or holding.columns.get(column, 0) & _SELECT)
            and not intent.permits(_SELECT, column)]
    if not seen:
        return ""
    if not whole:
        via = context.effective.via(account, place, "SELECT", seen[0])
        return f"SELECT({', '.join(seen)}){way(via)}"
    limited = sorted(intent.columns_of(_SELECT))
    over = f"; a right on the whole object overrides the limit to {', '.join(limited)}" if limited else ""
    return _of_whole(context, account, place, f"SELECT on the whole object shows {', '.join(seen)}") + over


def _of_whole(context: Context, account: str, place: int, words: str) -> str:
    return f"{words}{way(context.effective.via(account, place, 'SELECT'))}"


RULES = (Rule(LPR_05, bulk_changes), Rule(LPR_06, guarded_columns), Rule(LPR_06, guarded_through_views))
