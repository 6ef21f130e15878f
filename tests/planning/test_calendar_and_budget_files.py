"""Calendars and budgets: every mistake with its line; dates, freezes and amounts as written."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hustings.errors import HustingsError
from server.planning import budget_file, calendar_file
from server.planning.model import Budget, Calendar, Election, Freeze, Scale
from server.planning.row_problem import FileProblems

CALENDAR = """
elections:
  - {date: 2028-11-07, name: General, scale: large}
  - {date: 2027-11-02, name: Municipal, scale: small}
freezes:
  - {kinds: [Tabulator, ballot printer], before_days: 90, after_days: 30}
  - {before_days: 0, after_days: 1}
hours_per_month: 120
"""


def problems(text: str, reader: object = calendar_file) -> list[tuple[int, str, str]]:
    with pytest.raises(FileProblems) as raised:
        (calendar_file if reader is calendar_file else budget_file).read(text.encode(), "f")
    return [(one.line, one.column, one.said()[0]) for one in raised.value.problems]


def test_a_calendar_is_read_by_date() -> None:
    assert calendar_file.read(CALENDAR.encode(), "c.yaml") == Calendar(
        (Election(date(2027, 11, 2), "Municipal", Scale.SMALL), Election(date(2028, 11, 7), "General", Scale.LARGE)),
        (Freeze(90, 30, ("tabulator", "ballot-printer")), Freeze(0, 1)), 120.0)


def test_what_may_be_left_out_has_its_plain_meaning() -> None:
    made = calendar_file.read(b"elections: [{date: 2027-11-02, name: A}]\n", "c.yaml")
    assert made == Calendar((Election(date(2027, 11, 2), "A"),))
    assert calendar_file.read(b"elections: []\n", "c.yaml") == Calendar()


def test_every_mistake_of_a_calendar_is_told_with_its_line() -> None:
    assert problems("elections:\n  - {date: 2027-02-30, name: A}\n  - {date: 2027-11-02, scale: huge, name: B}\n"
                    "  - {dates: 2027-11-02, name: ''}\nfreezes:\n  - {before_days: -1, after_days: 9999}\n  - 3\n"
                    "  - {kinds: [a b c!], before_days: 1, after_days: 1}\nhours_per_month: lots\n") == [
        (2, "elections.0.date", "there is no day 2027-02-30"), (3, "elections.1.scale", "huge is not a scale"),
        (4, "elections.2.dates", "the key dates is not known"), (4, "elections.2", "the key date is missing"),
        (4, "elections.2.name", "the election has no name"),
        (6, "freezes.0.before_days", "-1 is not a number of days from 0 to 730"),
        (6, "freezes.0.after_days", "9999 is not a number of days from 0 to 730"),
        (7, "freezes.1", "here stand no keys with values"), (8, "freezes.2.kinds.0", "a b c! is not one word"),
        (9, "hours_per_month", "lots is not a number of hours")]


@pytest.mark.parametrize(("text", "what"), [
    ("elections: 3", "elections is not a list"), ("[]", "here stand no keys with values"), ("", "here stand no keys"),
    ("freezes: []", "the key elections is missing"),
    ("elections: [{date: 2027-11-02, name: A}, {date: 2027-11-02, name: a}]", "a on 2027-11-02 is there twice"),
    ("elections: []\nhours_per_month: true", "True is not a number of hours")])
def test_other_mistakes_of_a_calendar(text: str, what: str) -> None:
    assert problems(text)[0][2].startswith(what)


def test_what_is_no_yaml_says_its_line() -> None:
    with pytest.raises(HustingsError, match=r"c\.yaml:2: the key 'elections' appears twice"):
        calendar_file.read(b"elections: []\nelections: []\n", "c.yaml")


def test_budgets_are_read_as_written() -> None:
    text = ("fund,year,amount,kinds,match,expires\nHAVA,2027,\"$250,000\",tabulator BMD,20%,2028-03-31\n"
            "Local,2027,100000.50,,,\n")
    assert budget_file.read(text.encode("utf-8-sig"), "b.csv") == (
        Budget("HAVA", 2027, 25_000_000, ("tabulator", "bmd"), 0.2, date(2028, 3, 31)),
        Budget("Local", 2027, 10_000_050))
    assert budget_file.read(b"Year;Fund;Amount\n2027;A;5\n", "b.csv") == (Budget("A", 2027, 500),)


def test_every_mistake_of_a_budget_is_told_with_its_line() -> None:
    assert problems("fund,year,amount,kinds,match,expires\nA,27,1.234,,2,x\n,2027,,pc,,\nB,2027,5,pc,,\nb,2027,6,pc,,\n"
                    "C,2027,5,,,2026-01-01\nD,2027,1,a,0.1,\nD,2027,1,b,0.2,\nE,2027,1,,,,,x\n", budget_file) == [
        (2, "year", "27 is not a year"),
        (2, "amount", "1.234 is not an amount that can be read in one way alone"),
        (2, "match", "2 is not a part from 0 to 1"), (2, "expires", "x is not a date"),
        (3, "fund", "the cell is empty"),
        (3, "amount", "the cell is empty"), (5, "fund", "b of 2027 for the same kinds stands on line 4 already"),
        (6, "expires", "it expires on 2026-01-01, before its year 2027 begins"),
        (9, "", "8 cells under 6 columns"), (0, "match", "D of 2027 has two different matches, 0.1 and 0.2")]


@pytest.mark.parametrize(("text", "what"), [("", "the file is empty"), ("fund,amount\n", "the column year is missing"),
                                            ("fund,year,amount,sum\n", "the column sum is not known"),
                                            ("fund,year,amount,fund\n", "the column fund is there twice")])
def test_mistakes_of_its_columns(text: str, what: str) -> None:
    assert what in [one for _, _, one in problems(text, budget_file)]


@given(st.text(max_size=80), st.booleans())
def test_any_text_gives_a_file_or_an_error_a_person_can_act_on(text: str, header: bool) -> None:
    for reader, start in ((calendar_file.read, "elections:\n"), (budget_file.read, "fund,year,amount\n")):
        try:
            reader(((start if header else "") + text).encode("utf-8", "surrogatepass"), "f")
        except HustingsError as error:
            if isinstance(error, FileProblems):
                error.told("fr")
