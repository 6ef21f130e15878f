"""From units to an integer program, and from its solution back to what happens with each asset.

For each unit one column a day ("goes live then") and one for staying; for an extension beside them the same again.
A purchase that several purses could pay has one column for each. What comes together in rows is little: the money of
each fund and year, the hours of each month, and where assets form groups or models.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from math import inf

import msgspec
import numpy as np

from server.planning import months
from server.planning.candidates import Member, Unit, Units, thousandths
from server.planning.funds import Bill, Funds, Purse, Rows
from server.planning.horizon import Days, Horizon
from server.planning.model import Option, Problem
from server.planning.program import Builder, Ids, Reals

MARGIN = 60
"""Where all else is equal, equipment goes live as near as can be to this many days before it would be without."""

UNMET, EXPOSURE, PEAK, COST, CHANGES, TASTE = "unmet", "exposure", "peak", "cost", "changes", "taste"


class Must(StrEnum):
    """How ``must_by`` is taken: as a law, as a wish, or put off by as few months as can be."""

    HARD = "hard"
    SOFT = "soft"
    LATER = "later"


class Slot(msgspec.Struct, frozen=True):
    """Purchases that the same purses may pay: of ``cost``, by the columns ``by``; one column ``pays`` for each purse.

    ``pays`` is empty where there is one purse only.
    """

    cost: int
    purses: tuple[Purse, ...]
    by: Ids
    pays: Ids


class Placed(msgspec.Struct, frozen=True):
    """A unit's columns: ``plain`` for each of ``days`` and, last, for staying; each member's with an extension."""

    unit: Unit
    days: Days
    plain: Ids
    extended: tuple[tuple[Ids, Ids], ...]
    """For each member the positions in ``plain`` beside which an extension makes sense, and its columns."""
    slots: tuple[tuple[Slot, ...], ...]
    """For each member the purchases of its change."""
    extension_slots: tuple[Slot | None, ...]

    def columns(self) -> Iterator[Ids]:
        yield self.plain
        yield from (columns for _, columns in self.extended)
        yield from (slot.pays for slots in (*self.slots, self.extension_slots) for slot in slots if slot is not None)


class Act(msgspec.Struct, frozen=True):
    """What happens with one asset: ``day`` None: it stays. The bills are those of its extension and its change."""

    id: str
    member: Member
    day: int | None
    extended: bool
    extension_bill: Bill | None
    change_bill: Bill | None


class Layout:
    """The program of a problem. ``impossible``: some ``must_by`` has no day at all."""

    def __init__(self, problem: Problem, units: Units, horizon: Horizon, funds: Funds, must: Must, *,
                 more_money: bool = False, more_hours: bool = False) -> None:
        self._horizon, self._funds, self._must = horizon, funds, must
        self._more_money, self._limit = more_money, problem.calendar.hours_per_month
        self._more_hours = more_hours
        self._build = Builder()
        self._demand_rows: dict[Rows, int] = {}
        self._spend_rows: dict[int, int] = {}
        self._month_rows: dict[int, int] = {}
        self.impossible = False
        self.more: dict[str, int] = {}
        """The columns of what is bought or worked beyond the limits: by fund and year, or by month."""
        self.peak = int(self._build.columns(1, inf, integer=False)[0])
        self._peak_rows: dict[int, int] = {}
        self._delay = int(self._build.columns(1, inf)[0]) if must is Must.LATER else -1
        self.placed = [self._place(unit) for unit in units.units]
        self._models(units)
        self._objectives()
        self.owner: Ids = np.full(self._build.count, -1, dtype=np.int64)
        """Which unit each column decides on; −1: none, or several."""
        for number, placed in enumerate(self.placed):
            for columns in placed.columns():
                self.owner[columns] = number
        self.program, self.unit = self._build.finish(exact_amounts=more_money)

    def _place(self, unit: Unit) -> Placed:
        days = self._payable(unit)
        must = [one.must_by for one in unit.members if one.must_by is not None]
        if self._must is Must.HARD and must:
            days = days[days <= min(must)]
        staying = self._must is Must.SOFT or not must
        self.impossible |= not staying and not len(days)
        copies = len(unit.copies)
        plain = np.append(self._build.columns(len(days), copies), self._build.columns(1, copies if staying else 0))
        whole = self._build.row(copies, copies)
        self._build.put(whole, plain, 1)
        single = len(unit.members) == 1
        extended = tuple(self._extend(one, days, plain, copies, staying, whole if single else None)
                         for one in unit.members)
        placed = Placed(
            unit=unit, days=days, plain=plain, extended=extended,
            slots=tuple(self._slots(one, days, plain, extended[0] if single else None, copies)
                        for one in unit.members),
            extension_slots=tuple(self._extension_slot(one, columns, copies)
                                  for one, (_, columns) in zip(unit.members, extended, strict=True)))
        self._work(placed, single=single)
        self._wishes(placed, single=single)
        return placed

    def _payable(self, unit: Unit) -> Days:
        """The unit's days on which every member's order has somebody who may pay it."""
        fine = np.ones(len(unit.days), dtype=bool)
        for one in unit.members:
            if one.cost:
                ordered, _ = self._horizon.orders(one.lead)
                fine &= np.array([bool(self._purses(one, int(ordered[day]))) for day in unit.days], dtype=bool)
        return unit.days[fine]

    def _purses(self, member: Member, ordered: int) -> tuple[Purse, ...]:
        return self._funds.purses(member.asset.kind, self._horizon.day(ordered))

    def _extend(self, member: Member, days: Days, plain: Ids, copies: int, staying: bool,
                whole: int | None) -> tuple[Ids, Ids]:
        if member.extension is None:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        at = np.flatnonzero(np.append(days > member.uncovered, staying))
        columns = self._build.columns(len(at), copies)
        if whole is not None:
            self._build.put(whole, columns, 1)
        else:
            for position, column in zip(at, columns, strict=True):
                row = self._build.row(-inf, 0)
                self._build.put(row, np.array([column]), 1)
                self._build.put(row, plain[position:position + 1], -1)
        return at, columns

    def _slots(self, member: Member, days: Days, plain: Ids, extended: tuple[Ids, Ids] | None,
               copies: int) -> tuple[Slot, ...]:
        """The purchases of a member's change; a single asset's columns with an extension buy too."""
        if not member.cost:
            return ()
        ordered, _ = self._horizon.orders(member.lead)
        buying: dict[int, tuple[tuple[Purse, ...], list[int]]] = {}
        where = dict(zip(extended[0].tolist(), extended[1].tolist(), strict=True)) if extended else {}
        for position, day in enumerate(days):
            purses = self._purses(member, int(ordered[day]))
            by = buying.setdefault(id(purses), (purses, []))[1]
            by.append(int(plain[position]))
            if position in where:
                by.append(where[position])
        return tuple(self._slot(member.cost, purses, np.array(by, dtype=np.int64), copies)
                     for purses, by in buying.values())

    def _extension_slot(self, member: Member, columns: Ids, copies: int) -> Slot | None:
        extension = member.extension
        if extension is None or not extension.cost:
            return None
        return self._slot(extension.cost, extension.purses, columns, copies)

    def _slot(self, cost: int, purses: tuple[Purse, ...], by: Ids, copies: int) -> Slot:
        if len(purses) == 1:
            pays = np.zeros(0, dtype=np.int64)
            self._charge(purses[0], by, cost)
        else:
            pays = self._build.columns(len(purses), copies)
            row = self._build.row(0, 0)
            self._build.put(row, by, 1)
            self._build.put(row, pays, -1)
            for number, purse in enumerate(purses):
                self._charge(purse, pays[number:number + 1], cost)
        return Slot(cost, purses, by, pays)

    def _charge(self, purse: Purse, columns: Ids, cost: int) -> None:
        for rows, amount in Bill(cost, purse).demands():
            self._build.bill(self._demand(rows), columns, amount)

    def _demand(self, rows: Rows) -> int:
        """The row of what these budget rows must give together."""
        if rows not in self._demand_rows:
            if len(rows) == 1:
                self._demand_rows[rows] = self._spend(min(rows))
            else:
                self._demand_rows[rows] = self._build.row(0, 0)
                for each in sorted(rows):
                    given = self._build.columns(1, inf, integer=False)
                    self._build.put(self._demand_rows[rows], given, -1)
                    self._build.put(self._spend(each), given, 1)
        return self._demand_rows[rows]

    def _spend(self, number: int) -> int:
        """The row of what one budget row gives: it ends in a column of at most its amount."""
        if number not in self._spend_rows:
            budget = self._funds.rows[number]
            row = self._spend_rows[number] = self._build.row(0, 0)
            spent = np.array([self._build.purse(self._funds.amounts[number])])
            self._build.put(row, spent, -1)
            if budget.local:
                if budget.year not in self._peak_rows:
                    self._peak_rows[budget.year] = self._build.row(-inf, 0)
                    self._build.put(self._peak_rows[budget.year], np.array([self.peak]), -1)
                self._build.put(self._peak_rows[budget.year], spent, 1)
            if self._more_money and not budget.match:
                more = self._build.columns(1, inf, integer=False)
                self._build.put(row, more, -1)
                self.more[str(number)] = int(more[0])
        return self._spend_rows[number]

    def _work(self, placed: Placed, *, single: bool) -> None:
        """The hours of what goes live."""
        hours = sum(one.hours for one in placed.unit.members)
        if self._limit is None or not hours:
            return
        columns = placed.plain[:-1]
        days = placed.days
        if single:
            at, extended = placed.extended[0]
            inside = at < len(days)
            columns, days = np.append(columns, extended[inside]), np.append(days, days[at[inside]])
        rows = np.array([self._month(int(month)) for month in self._horizon.month[days]], dtype=np.int64)
        self._build.put(rows, columns, hours)

    def _month(self, month: int) -> int:
        if month not in self._month_rows:
            assert self._limit is not None
            row = self._month_rows[month] = self._build.row(-inf, thousandths(self._limit))
            if self._more_hours:
                more = self._build.columns(1, inf)
                self._build.put(row, more, -1)
                self.more[f"{month // 12:04}-{month % 12 + 1:02}"] = int(more[0])
        return self._month_rows[month]

    def _wishes(self, placed: Placed, *, single: bool) -> None:
        """``must_by`` where it is no law."""
        for one in placed.unit.members if self._must is not Must.HARD else ():
            if one.must_by is None:
                continue
            columns, days = placed.plain[:-1], placed.days
            if single:
                at, extended = placed.extended[0]
                inside = at < len(days)
                columns, days = np.append(columns, extended[inside]), np.append(days, days[at[inside]])
            if self._must is Must.SOFT:
                missed = self._build.columns(1, len(placed.unit.copies))
                row = self._build.row(len(placed.unit.copies), inf)
                self._build.put(row, missed, 1)
                self._build.put(row, columns[days <= one.must_by], 1)
                self._build.weigh(UNMET, missed, one.share)
            else:
                row = self._build.row(0, inf)
                self._build.put(row, np.array([self._delay]), 1)
                self._build.put(row, columns, [-delay(one, self._horizon, int(day)) for day in days])

    def _models(self, units: Units) -> None:
        """Between two elections all of a model are changed, or none; what is retired takes part in none."""
        spans = int(self._horizon.span.max()) + 1
        for model in units.models:
            switched = self._build.columns(spans, 1)
            for number, position in model:
                placed = self.placed[number]
                columns, span = placed.plain[:-1], self._horizon.span[placed.days]
                if len(placed.unit.members) == 1:
                    at, extended = placed.extended[0]
                    inside = at < len(placed.days)
                    columns = np.append(columns, extended[inside])
                    span = np.append(span, span[at[inside]])
                gone = placed.unit.members[position].option is Option.RETIRE
                for each in range(spans):
                    row = self._build.row(0, inf if gone else 0)
                    self._build.put(row, columns[span <= each] if gone else columns[span == each], 1)
                    self._build.put(row, switched[each:each + 1], -1)

    def _objectives(self) -> None:
        self._build.weigh(PEAK, np.array([self.peak]), 1)
        if self._delay >= 0:
            self._build.weigh(UNMET, np.array([self._delay]), 1)
        elif self.more:
            self._build.weigh(UNMET, np.array(sorted(self.more.values()), dtype=np.int64), 1)
        for placed in self.placed:
            single = len(placed.unit.members) == 1
            for position, one in enumerate(placed.unit.members):
                at, extended = placed.extended[position]
                for objective, values in self._weights(one, placed.days).items():
                    plain, more = values
                    self._build.weigh(objective, placed.plain, plain)
                    self._build.weigh(objective, extended, more[at] if single else more[at] - plain[at])

    def _weights(self, one: Member, days: Days) -> dict[str, tuple[Ids, Ids]]:
        """What each day, and staying, counts in each objective: without and with an extension."""
        until = np.append(days, self._horizon.length)
        counted = self._horizon.counted
        start = one.uncovered
        after = one.extension.until if one.extension else start
        share = 0 if one.asset.ends is None else one.share
        change = np.append(np.full(len(days), one.cost), 0)
        extra = one.extension.cost if one.extension else 0
        target = np.abs(until - max(start - MARGIN, 0)), np.abs(until - max(after - MARGIN, 0))
        for each in target:
            each[-1] = 0
        return {
            EXPOSURE: (share * (counted[np.maximum(until, start)] - counted[start]),
                       share * (counted[np.maximum(until, after)] - counted[after])),
            COST: (change, change + extra),
            CHANGES: (self._changed(one, until, extended=False), self._changed(one, until, extended=True)),
            TASTE: target,
        }

    def _changed(self, one: Member, until: Days, *, extended: bool) -> Ids:
        if one.approved is None:
            return np.zeros(len(until), dtype=np.int64)
        days = [self._horizon.day(int(day)) for day in until[:-1]]
        return np.array([said_of(one, day, extended) != one.approved for day in (*days, None)], dtype=np.int64)

    def acts(self, x: Reals) -> list[Act]:
        """What a solution does with each asset, by id."""
        found: list[Act] = []
        for placed in self.placed:
            found += self._acts(placed, np.rint(x).astype(np.int64))
        return sorted(found, key=lambda one: one.id)

    def _acts(self, placed: Placed, x: Ids) -> list[Act]:
        unit = placed.unit
        if len(unit.members) > 1:
            position = int(np.argmax(x[placed.plain]))
            taken = [(position, bool(x[columns[at == position]].sum())) for at, columns in placed.extended]
            each = [(one.asset.id, number, one) for number, one in enumerate(unit.members)]
        else:
            at, columns = placed.extended[0]
            taken = [(int(place), False) for place in np.repeat(np.arange(len(placed.plain)), x[placed.plain])]
            taken += [(int(place), True) for place in np.repeat(at, x[columns])]
            taken.sort()
            each = [(id_, 0, unit.members[0]) for id_ in unit.copies]
        left = {id(slot): np.repeat(np.arange(len(slot.pays)), x[slot.pays]).tolist()
                for slots in (*placed.slots, placed.extension_slots) for slot in slots if slot is not None}
        found = []
        for (id_, number, member), (position, extended) in zip(each, taken, strict=True):
            stays = position == len(placed.days)
            column = placed.plain[position]
            change = next((slot for slot in placed.slots[number] if column in slot.by), None)
            extension = placed.extension_slots[number] if extended else None
            found.append(Act(
                id=id_, member=member, day=None if stays else int(placed.days[position]), extended=extended,
                extension_bill=_bill(extension, left), change_bill=None if stays else _bill(change, left)))
        return found


def said_of(one: Member, day: object, extended: bool) -> tuple[tuple[Option, object], ...]:
    """An asset's lines as they are compared with the approved plan's: option and day of going live."""
    lines: list[tuple[Option, object]] = [(Option.EXTEND, None)] if extended else []
    if day is not None and one.option is not None:
        lines.append((one.option, day))
    return tuple(lines or [(Option.KEEP, None)])


def delay(one: Member, horizon: Horizon, day: int) -> int:
    """By how many months ``must_by`` must be put off for a go-live on this day."""
    must = one.asset.must_by
    if must is None or horizon.day(day) <= must:
        return 0
    target = horizon.day(day)
    count = (target.year - must.year) * 12 + target.month - must.month
    return count if months.add(must, count) >= target else count + 1


def _bill(slot: Slot | None, left: dict[int, list[int]]) -> Bill | None:
    if slot is None:
        return None
    purse = slot.purses[left[id(slot)].pop(0)] if len(slot.pays) else slot.purses[0]
    return Bill(slot.cost, purse)
