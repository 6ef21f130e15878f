"""Who may pay for what, and how bills are settled to the cent.

A purchase is charged to one fund. Where that fund asks for a match, the part ``match`` of the price (rounded up to a
cent) comes from money without a match of the same year that may pay for the kind, in any split; the fund pays the
rest. A fund may have several rows in a year; those with the same match are one purse for what they may pay for. A row
pays for orders placed in its calendar year, not after ``expires``, of its kinds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from functools import lru_cache
from math import ceil

import msgspec

from server.planning.horizon import kinds_of
from server.planning.kinds import name
from server.planning.model import Budget

Rows = frozenset[int]
Shares = tuple[tuple[tuple[str, int], ...], ...]
"""For each bill which fund gives how much."""
EXTRA = "local money"
"""The name of money that no fund has, in the search for what is missing."""


class Purse(msgspec.Struct, frozen=True, order=True):
    """One way to pay: a fund, its match, the rows of it that may pay, and the rows that may pay the match."""

    fund: str
    match: Fraction
    rows: tuple[int, ...]
    local: tuple[int, ...]

    def parts(self, cost: int) -> tuple[int, int]:
        """What the fund pays of ``cost`` and what its match is."""
        matched = ceil(cost * self.match)
        return cost - matched, matched


class Bill(msgspec.Struct, frozen=True):
    """A purchase of ``cost`` cents and how it is paid."""

    cost: int
    purse: Purse

    def demands(self) -> list[tuple[Rows, int]]:
        """Which rows must give how much together."""
        own, matched = self.purse.parts(self.cost)
        return [(frozenset(rows), amount) for rows, amount in ((self.purse.rows, own), (self.purse.local, matched))
                if amount]


class Funds:
    """The budgets, in an order of their own, and what each may pay."""

    def __init__(self, budgets: Iterable[Budget]) -> None:
        self.rows: list[Budget] = sorted(budgets, key=_order)
        self.amounts = [max(row.amount, 0) for row in self.rows]
        self._kinds = [kinds_of(row.kinds) for row in self.rows]
        self._purses: dict[tuple[str, date], tuple[Purse, ...]] = {}
        self._once: dict[tuple[Purse, ...], tuple[Purse, ...]] = {}

    def purses(self, kind: str, ordered: date) -> tuple[Purse, ...]:
        """Every way to pay for a thing of this kind ordered on this day. Equal answers are one object."""
        key = (name(kind), ordered)
        if key not in self._purses:
            rows = [number for number, row in enumerate(self.rows)
                    if row.year == ordered.year and (row.expires is None or ordered <= row.expires)
                    and (not self._kinds[number] or key[0] in self._kinds[number])]
            by_fund: dict[tuple[str, Fraction], list[int]] = {}
            for number in rows:
                by_fund.setdefault((self.rows[number].fund, _match(self.rows[number])), []).append(number)
            local = tuple(number for number in rows if not _match(self.rows[number]))
            found = tuple(sorted(Purse(fund, match, tuple(own), local if match else ())
                                 for (fund, match), own in by_fund.items() if not match or local))
            self._purses[key] = self._once.setdefault(found, found)
        return self._purses[key]

    def settle(self, bills: Sequence[Bill], amounts: Sequence[int] | None = None) -> Settled:
        """Pay all bills to the cent, from local funds as little as can be.

        Where the money does not suffice, ``missing`` says how much of it is lacking.
        """
        left = list(self.amounts if amounts is None else amounts)
        demands: dict[Rows, int] = {}
        for bill in bills:
            for rows, amount in bill.demands():
                demands[rows] = demands.get(rows, 0) + amount
        needs = dict(sorted(demands.items(), key=lambda one: sorted(one[0])))
        flow: dict[Rows, dict[int, int]] = {rows: {} for rows in needs}
        for number in sorted({each for rows in needs for each in rows}, key=lambda n: (self.rows[n].local, n)):
            while left[number] and _augment(number, left, needs, flow):
                pass
        peak: dict[int, int] = {}
        for given in flow.values():
            for number, amount in given.items():
                row = self.rows[number]
                peak[row.year] = peak.get(row.year, 0) + (amount if row.local else 0)
        missing = sum(needs.values())
        return Settled(missing, max(peak.values(), default=0), () if missing else self._shared(bills, flow))

    def _shared(self, bills: Sequence[Bill], flow: dict[Rows, dict[int, int]]) -> Shares:
        """Which fund gives how much for each bill, the bill's own fund first."""
        purses = {rows: deque(sorted(given.items())) for rows, given in flow.items()}
        shares = []
        for bill in bills:
            paid = {bill.purse.fund: 0}
            for rows, amount in bill.demands():
                while amount:
                    number, left = purses[rows].popleft()
                    taken = min(left, amount)
                    amount -= taken
                    fund = self.rows[number].fund
                    paid[fund] = paid.get(fund, 0) + taken
                    if left > taken:
                        purses[rows].appendleft((number, left - taken))
            shares.append(tuple((fund, taken) for fund, taken in paid.items() if taken))
        return tuple(shares)


class Settled(msgspec.Struct, frozen=True):
    """``missing`` cents that nobody can pay; the most spent from local funds in one year; the shares of each bill."""

    missing: int
    peak: int
    shares: Shares


def _augment(number: int, left: list[int], needs: dict[Rows, int], flow: dict[Rows, dict[int, int]]) -> bool:
    """Pay more from a row, moving what others pay where that makes room. What a row gives never shrinks."""
    came: dict[Rows, int] = {}
    freed: dict[int, Rows] = {}
    queue = deque([number])
    while queue:
        row = queue.popleft()
        for rows in needs:
            if row not in rows or rows in came:
                continue
            came[rows] = row
            if needs[rows]:
                _move(number, rows, left, needs, flow, came, freed)
                return True
            for other, amount in flow[rows].items():
                if amount and other != number and other not in freed:
                    freed[other] = rows
                    queue.append(other)
    return False


def _move(number: int, rows: Rows, left: list[int], needs: dict[Rows, int], flow: dict[Rows, dict[int, int]],
          came: dict[Rows, int], freed: dict[int, Rows]) -> None:
    """Shift along the path that was found, as much as its narrowest place lets."""
    path = [(rows, came[rows])]
    while path[-1][1] != number:
        through = freed[path[-1][1]]
        path.append((through, came[through]))
    amount = min(left[number], needs[rows], *(flow[freed[row]][row] for _, row in path[:-1]))
    for target, row in path:
        flow[target][row] = flow[target].get(row, 0) + amount
        if row != number:
            flow[freed[row]][row] -= amount
    left[number] -= amount
    needs[rows] -= amount


@lru_cache(maxsize=1024)
def _fraction(text: str) -> Fraction:
    return Fraction(text)


def _match(row: Budget) -> Fraction:
    return _fraction(str(row.match))


def _order(row: Budget) -> tuple[object, ...]:
    return (row.year, row.fund, row.match, row.expires or date.max, tuple(sorted(row.kinds)), row.amount)
