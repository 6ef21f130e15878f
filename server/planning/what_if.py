"""Changes of a plan's inputs, as people write them: ``budget:State:2027=+50000``, ``hours=120``.

======================================  =======================================================================
``budget:FUND:YEAR=AMOUNT``             that fund has so many dollars in that year; ``+`` and ``-`` add and take
``election:NAME=DATE``                  that election is on another day
``asset:ID.FIELD=VALUE``                ``must_by`` (a date or nothing), ``cost``, ``upgrade_cost``, ``extend_cost``
                                        (dollars for the whole line), ``lead_months``, ``hours``, ``retire`` (yes, no)
``hours=NUMBER``                        staff hours in a month; nothing after ``=`` is no limit
======================================  =======================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import msgspec

from hustings.errors import UsageError
from server.planning.model import Asset, Budget, Problem
from server.planning.money import cents

WAYS = ("budget:FUND:YEAR=AMOUNT", "election:NAME=DATE", "asset:ID.FIELD=VALUE", "hours=NUMBER")


def changed(problem: Problem, changes: Iterable[str]) -> Problem:
    """``problem`` with every change, in order. Raises ``UsageError`` for one that cannot be made."""
    for written in changes:
        left, sign, value = written.rpartition("=")
        subject, _, name = left.partition(":")
        if not sign or subject not in _CHANGES:
            raise _wrong(written, "is no change of a plan", f"write {', '.join(WAYS)}")
        problem = _CHANGES[subject](problem, name.strip(), value.strip(), written)
    return problem


def _budget(problem: Problem, name: str, value: str, written: str) -> Problem:
    fund, _, year = name.rpartition(":")
    if not fund or not re.fullmatch("[0-9]{4}", year):
        raise _wrong(written, "names no fund and year", "write budget:FUND:YEAR=AMOUNT, such as budget:State:2027=+50")
    rows = [one for one in problem.budgets if one.fund.casefold() == fund.casefold() and one.year == int(year)]
    amount = _amount(value.removeprefix("+"), written)
    if value[:1] in ("+", "-"):
        amount += sum(one.amount for one in rows)
    if amount < 0:
        raise _wrong(written, "leaves less than nothing", "take away less")
    return msgspec.structs.replace(problem, budgets=_with(problem, rows, fund, int(year), amount, written))


def _with(problem: Problem, rows: list[Budget], fund: str, year: int, amount: int, written: str) -> tuple[Budget, ...]:
    if len(rows) > 1:
        raise _wrong(written, f"is not clear: {fund} has {len(rows)} lines in {year}, for different kinds",
                     "change the budget file")
    if rows:
        return tuple(msgspec.structs.replace(one, amount=amount) if one is rows[0] else one for one in problem.budgets)
    like = [one for one in problem.budgets if one.fund.casefold() == fund.casefold()]
    if not like:
        known = ", ".join(sorted({one.fund for one in problem.budgets})) or "none"
        raise _wrong(written, "names a fund that no budget line has", f"name one of these: {known}")
    model = min(like, key=lambda one: (abs(one.year - year), one.year))
    return (*problem.budgets, msgspec.structs.replace(model, year=year, amount=amount, expires=None))


def _election(problem: Problem, name: str, value: str, written: str) -> Problem:
    calendar = problem.calendar
    named = [one for one in calendar.elections if one.name.casefold() == name.casefold()
             or one.date.isoformat() == name]
    if len(named) != 1:
        known = ", ".join(one.name for one in calendar.elections) or "none"
        raise _wrong(written, "names no election" if not named else "names several elections",
                     f"name one of these, or its date: {known}")
    day = _day(value, written)
    elections = tuple(sorted((msgspec.structs.replace(one, date=day) if one is named[0] else one
                              for one in calendar.elections), key=lambda one: (one.date, one.name)))
    was = named[0].date
    goes = {day} if all(one.date != was or one is named[0] for one in calendar.elections) else {was, day}
    freezes = tuple(msgspec.structs.replace(one, around=tuple(sorted(set[date]().union(
        *(goes if each == was else {each} for each in one.around))))) for one in calendar.freezes)
    return msgspec.structs.replace(problem, calendar=msgspec.structs.replace(
        calendar, elections=elections, freezes=freezes))


def _asset(problem: Problem, name: str, value: str, written: str) -> Problem:
    identity, _, field = name.rpartition(".")
    named = [one for one in problem.assets if one.id.casefold() == identity.casefold()]
    if not named:
        raise _wrong(written, "names no asset of the inventory", "write its name as in the column asset")
    if field not in _FIELDS:
        raise _wrong(written, f"{field!r} cannot be changed", f"change one of these: {', '.join(_FIELDS)}")
    new: Asset = msgspec.structs.replace(named[0], **{field: _FIELDS[field](value, written)})
    return msgspec.structs.replace(problem, assets=tuple(new if one is named[0] else one for one in problem.assets))


def _hours(problem: Problem, name: str, value: str, written: str) -> Problem:
    if name:
        raise _wrong(written, "is no change of a plan", "write hours=NUMBER")
    hours = _number(value, written) if value else None
    return msgspec.structs.replace(problem, calendar=msgspec.structs.replace(problem.calendar, hours_per_month=hours))


def _day(value: str, written: str) -> date:
    try:
        if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise ValueError(value)
        return date.fromisoformat(value)
    except ValueError as error:
        raise _wrong(written, f"{value!r} is not a date", "write it as 2027-06-01") from error


def _amount(value: str, written: str) -> int:
    try:
        return cents(value)
    except ValueError as error:
        raise _wrong(written, f"{value!r} is not an amount", "write dollars, such as 50000 or +50000") from error


def _number(value: str, written: str) -> float:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", value):
        raise _wrong(written, f"{value!r} is not a number from 0", "write digits, such as 120")
    return float(value)


def _cost(value: str, written: str) -> int | None:
    if not value:
        return None
    amount = _amount(value, written)
    if amount < 0:
        raise _wrong(written, "a cost is not less than nothing", "write dollars, such as 50000")
    return amount


def _months(value: str, written: str) -> int | None:
    if value and not re.fullmatch("[0-9]{1,3}", value):
        raise _wrong(written, f"{value!r} is not a number of months", "write whole months, such as 9")
    return int(value) if value else None


def _flag(value: str, written: str) -> bool:
    if value.casefold() not in ("yes", "no"):
        raise _wrong(written, f"{value!r} is neither yes nor no", "write yes or no")
    return value.casefold() == "yes"


_FIELDS: dict[str, Callable[[str, str], Any]] = {
    "must_by": lambda value, written: _day(value, written) if value else None, "cost": _cost, "upgrade_cost": _cost,
    "extend_cost": _cost, "lead_months": _months, "hours": _number, "retire": _flag,
}
_CHANGES: dict[str, Callable[[Problem, str, str, str], Problem]] = {
    "budget": _budget, "election": _election, "asset": _asset, "hours": _hours,
}


def _wrong(written: str, what: str, remedy: str) -> UsageError:
    return UsageError(f"{written!r} {what}", where="change", remedy=remedy)
