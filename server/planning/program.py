"""An integer program as arrays, put together piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd, inf
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

Ids = NDArray[np.int64]
Reals = NDArray[np.float64]
T = TypeVar("T", bound=np.generic)


class Program(msgspec.Struct, frozen=True):
    """``row_lower`` ≤ A·x ≤ ``row_upper``, 0 ≤ x ≤ ``upper``; A by row. Objectives are whole numbers."""

    upper: Reals
    integer: NDArray[np.bool_]
    row_lower: Reals
    row_upper: Reals
    start: Ids
    index: Ids
    value: Reals
    objectives: dict[str, Ids]

    @property
    def columns(self) -> int:
        return len(self.upper)


class Builder:
    """Columns and rows are numbered as they come; money is in cents until ``finish`` finds its largest unit."""

    def __init__(self) -> None:
        self._columns = 0
        self._upper: list[Reals] = []
        self._integer: list[NDArray[np.bool_]] = []
        self._row_lower: list[float] = []
        self._row_upper: list[float] = []
        self._rows: list[Ids] = []
        self._cols: list[Ids] = []
        self._values: list[Reals] = []
        self._bills: list[tuple[int, Ids, int]] = []
        self._purses: dict[int, int] = {}
        self._weights: dict[str, list[tuple[Ids, Ids]]] = {}

    @property
    def count(self) -> int:
        """How many columns there are so far."""
        return self._columns

    def columns(self, count: int, upper: float, *, integer: bool = True) -> Ids:
        """New columns from 0 to ``upper``."""
        first = self._columns
        self._columns += count
        self._upper.append(np.full(count, upper))
        self._integer.append(np.full(count, integer))
        return np.arange(first, self._columns, dtype=np.int64)

    def purse(self, amount: int) -> int:
        """A new column of spent money, at most ``amount`` cents."""
        column = int(self.columns(1, inf, integer=False)[0])
        self._purses[column] = amount
        return column

    def row(self, lower: float, upper: float) -> int:
        self._row_lower.append(lower)
        self._row_upper.append(upper)
        return len(self._row_lower) - 1

    def put(self, rows: int | Ids, columns: Ids, values: ArrayLike) -> None:
        """Add coefficients; of two for one place the sum counts."""
        if len(columns):
            self._rows.append(np.broadcast_to(np.asarray(rows, dtype=np.int64), columns.shape))
            self._cols.append(columns)
            self._values.append(np.broadcast_to(np.asarray(values, dtype=np.float64), columns.shape))

    def bill(self, row: int, columns: Ids, cents: int) -> None:
        """Each of these columns costs so much in a row that is kept in money."""
        if len(columns) and cents:
            self._bills.append((row, columns, cents))

    def weigh(self, objective: str, columns: Ids, values: ArrayLike) -> None:
        """Add to an objective."""
        values = np.broadcast_to(np.asarray(values, dtype=np.int64), columns.shape)
        self._weights.setdefault(objective, []).append((columns, values))

    def finish(self, *, exact_amounts: bool = False) -> tuple[Program, int]:
        """The program, and how many cents the unit of its money is.

        As everything that is bought costs a multiple of the unit, what is left of an amount below one cannot be
        spent and is dropped; with ``exact_amounts`` the unit divides the amounts too, and nothing is.
        """
        unit = 0
        for _, _, cents in self._bills:
            unit = gcd(unit, cents)
        for amount in self._purses.values() if exact_amounts else ():
            unit = gcd(unit, amount)
        unit = unit or 1
        for row, columns, cents in self._bills:
            self.put(row, columns, cents // unit)
        upper = _joined(self._upper, np.float64)
        for column, amount in self._purses.items():
            upper[column] = amount // unit
        rows, cols = _joined(self._rows, np.int64), _joined(self._cols, np.int64)
        order = np.lexsort((cols, rows))
        rows, cols, values = rows[order], cols[order], _joined(self._values, np.float64)[order]
        first = np.flatnonzero(np.append(True, (np.diff(rows) != 0) | (np.diff(cols) != 0))) if len(rows) else rows
        values = np.add.reduceat(values, first) if len(rows) else values
        rows, cols = rows[first], cols[first]
        objectives = {}
        for name, parts in self._weights.items():
            total = np.zeros(self.count, dtype=np.int64)
            for columns, weights in parts:
                np.add.at(total, columns, weights)
            objectives[name] = total
        return Program(
            upper=upper, integer=_joined(self._integer, np.bool_),
            row_lower=np.array(self._row_lower), row_upper=np.array(self._row_upper),
            start=np.searchsorted(rows, np.arange(len(self._row_lower) + 1)), index=cols, value=values,
            objectives=objectives), unit


def _joined(parts: Sequence[NDArray[T]], kind: type[T]) -> NDArray[T]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=kind)
