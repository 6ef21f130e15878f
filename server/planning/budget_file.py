"""The budget CSV: ``fund,year,amount,kinds``, and where a fund has them ``match`` and ``expires``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from server.pages.language import N_
from server.planning import cell
from server.planning.cell import Unclear
from server.planning.columns import normal
from server.planning.decoding import decode
from server.planning.delimited import Row, delimiter, rows
from server.planning.model import Budget
from server.planning.row_problem import FileProblems, Problems

HEADER = "fund,year,amount,kinds"
NEEDED = ("fund", "year", "amount")


def _kinds(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(cell.kind(one) for one in value.replace(";", " ").replace("|", " ").split()))


_READ: dict[str, Callable[[str], Any]] = {
    "fund": cell.text, "year": cell.year, "amount": cell.amount, "kinds": _kinds, "match": cell.part,
    "expires": cell.day,
}


def read(data: bytes, name: str) -> tuple[Budget, ...]:
    """The budgets of a file, by fund and year as written. Raises ``FileProblems`` with every mistake, or
    ``BadDocument`` for what is no table."""
    text = decode(data, name).text
    problems = Problems()
    lines = rows(text, delimiter(text), problems)
    header = next(lines, None)
    if header is None:
        problems.add(0, "", N_("the file is empty"), N_("let the first line read %(header)s"), header=HEADER)
        raise FileProblems(name, problems.found)
    places = _places(header, problems)
    found: list[Budget] = []
    seen: dict[tuple[Any, ...], int] = {}
    for row in lines if set(NEEDED) <= set(places) else ():
        budget = _budget(row, header, places, problems)
        if budget is None:
            continue
        key = (budget.fund.casefold(), budget.year, tuple(sorted(budget.kinds)))
        if key in seen:
            problems.add(row.line, "fund",
                         N_("%(fund)s of %(year)s for the same kinds stands on line %(line)s already"),
                         N_("write one line for each fund, year and set of kinds"),
                         fund=budget.fund, year=budget.year, line=seen[key])
        seen.setdefault(key, row.line)
        found.append(budget)
    _one_rule_a_fund(found, problems)
    if problems:
        raise FileProblems(name, problems.found)
    return tuple(found)


def _places(header: Row, problems: Problems) -> dict[str, int]:
    places: dict[str, int] = {}
    for index, written in enumerate(header.cells):
        column = normal(written)
        if column in places:
            problems.add(header.line, written, N_("the column %(column)s is there twice"), N_("keep one of them"),
                         column=written)
        elif column in _READ:
            places[column] = index
        elif column:
            problems.add(header.line, written, N_("the column %(column)s is not known"),
                         N_("remove it; the columns are %(header)s,match,expires"), column=written, header=HEADER)
    for wanted in NEEDED:
        if wanted not in places:
            problems.add(header.line, wanted, N_("the column %(column)s is missing"),
                         N_("let the first line read %(header)s"), column=wanted, header=HEADER)
    return places


def _budget(row: Row, header: Row, places: dict[str, int], problems: Problems) -> Budget | None:
    if any(row.cells[len(header.cells):]):
        problems.add(row.line, "", N_("%(count)s cells under %(columns)s columns"),
                     N_("put quotation marks around a cell that holds a separator"),
                     count=len(row.cells), columns=len(header.cells))
        return None
    values: dict[str, Any] = {}
    for column, index in places.items():
        written = row.cells[index] if index < len(row.cells) else ""
        if not written:
            if column in NEEDED:
                problems.add(row.line, column, N_("the cell is empty"), N_("write the fund, its year and its amount"))
            continue
        try:
            values[column] = _READ[column](written)
        except Unclear as unclear:
            problems.add(row.line, column, unclear.what, unclear.remedy, **unclear.values)
    if not set(NEEDED) <= set(values):
        return None
    if "expires" in values and values["expires"].year < values["year"]:
        problems.add(row.line, "expires", N_("it expires on %(day)s, before its year %(year)s begins"),
                     N_("correct the year or the day"), day=values["expires"], year=values["year"])
    return Budget(**values)


def _one_rule_a_fund(found: list[Budget], problems: Problems) -> None:
    """A match is the fund's rule, not a year's: two of one fund in one year cannot both be told to a board."""
    rules: dict[tuple[str, int], Budget] = {}
    for one in found:
        first = rules.setdefault((one.fund.casefold(), one.year), one)
        if first.match != one.match:
            problems.add(0, "match", N_("%(fund)s of %(year)s has two different matches, %(first)s and %(second)s"),
                         N_("write one match for a fund and year, or give the parts names of their own"),
                         fund=one.fund, year=one.year, first=f"{first.match:g}", second=f"{one.match:g}")
