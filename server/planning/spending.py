"""What a plan spends, by calendar year and fund, against what there is. Cents."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import msgspec

from server.planning.made import Made
from server.planning.model import Budget, Line


class Cell(msgspec.Struct, frozen=True):
    """One fund in one year."""

    fund: str
    year: int
    spent: int
    available: int
    """The sum of its budget lines of that year."""
    expires: date | None = None
    """The first day on which some of it expires."""

    @property
    def left(self) -> int:
        return self.available - self.spent


class Spending(msgspec.Struct, frozen=True):
    years: tuple[int, ...]
    funds: tuple[str, ...]
    cells: tuple[Cell, ...]
    """By year, then fund; only those with money or spending."""

    def of(self, fund: str, year: int) -> Cell | None:
        return next((one for one in self.cells if (one.fund, one.year) == (fund, year)), None)

    def year(self, year: int) -> int:
        """What is spent in a year from all funds."""
        return sum(one.spent for one in self.cells if one.year == year)

    @property
    def total(self) -> int:
        return sum(one.spent for one in self.cells)


def paid(line: Line) -> tuple[tuple[str, int], ...]:
    """Which fund pays how much of a line."""
    return line.shares or (((line.fund, line.cost),) if line.cost else ())


def by_year_and_fund(made: Made) -> Spending:
    """Every fund and year of the budgets, and whatever the lines spend."""
    spent: dict[tuple[int, str], int] = defaultdict(int)
    for line in made.solved.lines:
        if line.order_by is not None:
            for fund, amount in paid(line):
                spent[line.order_by.year, fund] += amount
    rows: dict[tuple[int, str], list[Budget]] = defaultdict(list)
    for one in made.problem.budgets:
        rows[one.year, one.fund].append(one)
    cells = tuple(
        Cell(fund, year, spent.get((year, fund), 0), sum(one.amount for one in rows.get((year, fund), ())),
             min((one.expires for one in rows.get((year, fund), ()) if one.expires), default=None))
        for year, fund in sorted({*spent, *rows}))
    return Spending(tuple(sorted({one.year for one in cells})), tuple(sorted({one.fund for one in cells})), cells)
