"""A plan as a workbook: Summary, Lines, Spending, Timeline, Not known, Sources.

Every text is written as a text: nothing that came from an input is a formula or a link. Dates are dates and amounts
are numbers. The same plan gives the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from server.pages.language import N_, Language, language
from server.planning import csv_text, document
from server.planning.headlines import decision, headlines, warnings
from server.planning.made import Made
from server.planning.money import dollars
from server.planning.months import add
from server.planning.outlook import Outlook, outlooks
from server.planning.sentences import STATUS, missing, option, plan_b, risk, thing, why
from server.planning.spending import by_year_and_fund, paid
from server.planning.timeline import Picture, Row, picture
from server.planning.wording import clipped, day, inert, money

CELL = 32_000
"""Letters that fit into a cell."""
TIMELINE_ROWS = 1_000
_WIDTHS = (24, 16, 34, 9, 20, 16, 12, 12, 22, 13, 30, 13, 16, 24, 12, 12, 12, 60, 44, 44, 10)
_DAYS = frozenset((6, 7, 11, 14))
_MONEY = 9
_COUNTS = frozenset((3, 15, 16, 20))


def workbook(made: Made, code: str = "en") -> bytes:
    """The workbook as bytes."""
    from xlsxwriter import Workbook

    speak = language(code)
    listed = outlooks(made)
    out = io.BytesIO()
    book = Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
                          "strings_to_numbers": False})
    title = " · ".join(filter(None, (speak.say("Replacement plan"), inert(made.office))))
    book.set_properties({"title": clipped(title, 200), "author": "Hustings",
                         "created": datetime.combine(made.problem.today, time())})
    sheets = _Book(book, speak)
    _summary(sheets, made, listed, title)
    _lines(sheets, made, listed)
    _spending(sheets, made)
    _timeline(sheets, picture(made, speak, TIMELINE_ROWS, listed))
    _not_known(sheets, made)
    _sources(sheets, made, code)
    book.close()
    return out.getvalue()


class _Book:
    """The workbook with its formats, and cells written by what they are."""

    def __init__(self, book: Any, speak: Language) -> None:
        self.book, self.speak = book, speak
        amount = "$#,##0.##" if speak.code == "en" else '#,##0.## "$"'
        whole = "$#,##0" if speak.code == "en" else '#,##0 "$"'
        base = {"valign": "top"}
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top",
                                     "bg_color": "#F4F1E9"})
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.strong = book.add_format({"bold": True, **base})
        self.text = book.add_format(base)
        self.wrap = book.add_format({"text_wrap": True, **base})
        self.day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left", **base})
        self.whole = book.add_format({"num_format": whole, **base})
        self.exact = book.add_format({"num_format": amount.replace(".##", ".00"), **base})
        self.count = book.add_format({"num_format": "#,##0", **base})

    def sheet(self, name: str, widths: Sequence[float]) -> Any:
        sheet = self.book.add_worksheet(self.speak.say(name)[:31])
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.set_landscape()
        sheet.set_paper(1)
        sheet.fit_to_pages(1, 0)
        return sheet

    def header(self, sheet: Any, row: int, names: Sequence[str], rows: int) -> None:
        """The names of columns: frozen, printed on every page, with filters over ``rows`` rows."""
        for column, name in enumerate(names):
            sheet.write_string(row, column, inert(name), self.head)
        sheet.freeze_panes(row + 1, 1)
        sheet.repeat_rows(row)
        if rows:
            sheet.autofilter(row, 0, row + rows, len(names) - 1)

    def put(self, sheet: Any, row: int, column: int, value: str | date | None, form: Any = None) -> None:
        if isinstance(value, date):
            sheet.write_datetime(row, column, datetime.combine(value, time()), form or self.day)
        elif value:
            sheet.write_string(row, column, clipped(inert(value), CELL), form or self.text)

    def money(self, sheet: Any, row: int, column: int, cents: int) -> None:
        sheet.write_number(row, column, dollars(cents), self.exact if cents % 100 else self.whole)


def _summary(to: _Book, made: Made, listed: tuple[Outlook, ...], title: str) -> None:
    speak, solved = to.speak, made.solved
    sheet = to.sheet(N_("Summary"), (34, 90))
    to.put(sheet, 0, 0, title, to.title)
    row = 2
    percent = "%" if speak.code == "en" else "\u00a0%"
    facts = (
        (N_("Day of the plan"), day(made.problem.today, speak)), (N_("Result"), speak.say(STATUS[solved.status])),
        (N_("Distance from the best, at most"), f"{speak.number(solved.gap * 100, 2)}{percent}"),
        (N_("Cost"), money(solved.cost, speak)), (N_("Most local money in one year"), money(solved.peak_local, speak)),
        (N_("Exposure, weighted device-days"), speak.number(solved.exposure)),
        (N_("The same if nothing is done"), speak.number(solved.kept_exposure)),
    )
    for name, value in facts:
        to.put(sheet, row, 0, speak.say(name), to.strong)
        to.put(sheet, row, 1, value, to.wrap)
        row += 1
    for name, texts in ((N_("What the plan says"), headlines(made, speak, listed)),
                        (N_("Decision asked"), decision(made, speak, listed)),
                        (N_("Know this too"), warnings(made, speak, listed)),
                        (N_("Changed inputs"), made.changes)):
        if not texts:
            continue
        row += 1
        to.put(sheet, row, 0, speak.say(name), to.strong)
        for text in texts:
            to.put(sheet, row, 1, text, to.wrap)
            row += 1


def _lines(to: _Book, made: Made, listed: tuple[Outlook, ...]) -> None:
    speak = to.speak
    sheet = to.sheet(N_("Lines"), _WIDTHS)
    to.header(sheet, 0, [speak.say(one) for one in csv_text.COLUMNS], len(listed))
    for row, one in enumerate(listed, 1):
        asset, line, ends = one.asset, one.line, one.asset.ends
        shares = paid(line)
        values: tuple[Any, ...] = (
            asset.id, asset.kind, thing(asset), asset.quantity, asset.site, option(line.option, speak), line.order_by,
            line.go_live, line.fund, line.cost,
            " + ".join(f"{fund}: {money(amount, speak)}" for fund, amount in shares) if len(shares) > 1 else "",
            ends.day if ends else None, ends.rule if ends else "", ends.source.name if ends else "",
            ends.source.looked_up if ends else None, one.bare_days if ends else None, one.kept_days if ends else None,
            why(one, made, speak), risk(one, made, speak), plan_b(one, made, speak), asset.line or None)
        for column, value in enumerate(values):
            if column == _MONEY:
                to.money(sheet, row, column, value)
            elif column in _COUNTS:
                if value is not None:
                    sheet.write_number(row, column, value, to.count)
            else:
                to.put(sheet, row, column, value, to.day if column in _DAYS else to.wrap)


def _spending(to: _Book, made: Made) -> None:
    speak = to.speak
    cells = by_year_and_fund(made).cells
    sheet = to.sheet(N_("Spending"), (10, 34, 16, 16, 16, 14))
    to.header(sheet, 0, [speak.say(one) for one in (N_("year"), N_("fund"), N_("spent"), N_("available"), N_("left"),
                                                    N_("expires"))], len(cells))
    for row, one in enumerate(cells, 1):
        sheet.write_number(row, 0, one.year, to.text)
        to.put(sheet, row, 1, one.fund, to.wrap)
        for column, amount in ((2, one.spent), (3, one.available), (4, one.left)):
            to.money(sheet, row, column, amount)
        to.put(sheet, row, 5, one.expires)
    if not cells:
        return
    spending = by_year_and_fund(made)
    base = len(cells) + 3
    to.put(sheet, base, 0, speak.say(N_("year")), to.head)
    for column, fund in enumerate(spending.funds, 1):
        to.put(sheet, base, column, fund, to.head)
    for row, year in enumerate(spending.years, base + 1):
        sheet.write_string(row, 0, str(year), to.text)
        for column, fund in enumerate(spending.funds, 1):
            found = spending.of(fund, year)
            to.money(sheet, row, column, found.spent if found else 0)
    last = base + len(spending.years)
    chart = to.book.add_chart({"type": "column", "subtype": "stacked"})
    for column in range(1, len(spending.funds) + 1):
        chart.add_series({"name": [sheet.name, base, column], "categories": [sheet.name, base + 1, 0, last, 0],
                          "values": [sheet.name, base + 1, column, last, column],
                          "pattern": {"pattern": _PATTERNS[column % len(_PATTERNS)],
                                      "fg_color": _COLOURS[column % len(_COLOURS)], "bg_color": "#FFFFFF"}})
    chart.set_title({"name": speak.say(N_("Spending by year and fund"))})
    chart.set_legend({"position": "bottom"})
    sheet.insert_chart(0, 7, chart, {"description": speak.say(
        N_("Spending by year and fund; the table beside it holds the same numbers."))})


_PATTERNS = ("wide_upward_diagonal", "solid_diamond", "small_grid", "wide_downward_diagonal", "percent_50")
_COLOURS = ("#1C4A77", "#17653A", "#74500A", "#A1212A", "#56606D")


def _timeline(to: _Book, found: Picture) -> None:
    """A column for each month, a letter in each cell: what happens then."""
    speak = to.speak
    months = [add(found.first.replace(day=1), number) for number in range(49)]
    months = [one for one in months if one <= found.last]
    sheet = to.sheet(N_("Timeline"), (28, 20, *([4.3] * len(months))))
    form = to.book.add_format({"bold": True, "rotation": 90, "bottom": 1, "bg_color": "#F4F1E9"})
    colours = {"U": "#F3C9C6", "O": "#CFE0F0", "L": "#BFE3CC", "X": "#DDDDDD", "E": "#F6E3B5", "S": "#E6DDF3"}
    cells = {letter: to.book.add_format({"align": "center", "bg_color": colour, "border": 1, "border_color": "#D8D4C8"})
             for letter, colour in colours.items()}
    hatched = to.book.add_format({"align": "center", "pattern": 14, "fg_color": "#B9BFC8", "bg_color": "#FFFFFF"})
    to.header(sheet, 2, [speak.say(N_("asset")), speak.say(N_("what")), *(f"{one:%Y-%m}" for one in months)], 0)
    for column, month in enumerate(months, 2):
        sheet.write_string(2, column, f"{month:%Y-%m}", form)
        names = [one.label for one in found.votes if (one.day.year, one.day.month) == (month.year, month.month)]
        if names:
            to.put(sheet, 1, column, " + ".join(names), to.book.add_format({"rotation": 90, "bold": True}))
    to.put(sheet, 0, 0, speak.say(N_(
        "O ordered · L in service · X switched off · E support ends · U in use without support · S extended support · "
        "hatched: freeze of everything")), to.text)
    sheet.set_row(1, 110)
    sheet.set_row(2, 52)
    for number, row in enumerate(found.rows, 3):
        to.put(sheet, number, 0, row.asset)
        to.put(sheet, number, 1, row.detail)
        for column, month in enumerate(months, 2):
            letter = _letter(row, month)
            if letter:
                sheet.write_string(number, column, letter, cells[letter])
            elif _frozen(found, month):
                sheet.write_blank(number, column, None, hatched)


def _letter(row: Row, month: date) -> str:
    """What stands in one cell; the gravest first."""
    last = add(month, 1)
    live = [one.kind for one in row.marks if one.kind != "end" and month <= one.day < last]
    if live:
        return "X" if live[0] == "retired" else "L"
    if any(one.kind == "end" and month <= one.day < last and not one.past for one in row.marks):
        return "E"
    for kind, letter in (("bare", "U"), ("order", "O"), ("extended", "S")):
        if any(one.kind == kind and one.first < last and one.last >= month for one in row.bars):
            return letter
    return ""


def _frozen(found: Picture, month: date) -> bool:
    """Whether everything is frozen on most days of a month."""
    last = add(month, 1)
    days = sum(max((min(one.last, last) - max(one.first, month)).days, 0) for one in found.bands if one.everything)
    return days >= 15


def _not_known(to: _Book, made: Made) -> None:
    speak = to.speak
    sheet = to.sheet(N_("Not known"), (28, 16, 90, 60))
    to.header(sheet, 0, [speak.say(one) for one in (N_("asset"), N_("why"), N_("what to find out"), N_("guesses"))],
              len(made.unmatched))
    for row, one in enumerate(sorted(made.unmatched, key=lambda one: one.asset), 1):
        for column, text in enumerate((one.asset, one.why, missing(one, speak), "; ".join(
                f"{each.title} ({each.product}/{each.cycle})" for each in one.guesses))):
            to.put(sheet, row, column, text, to.wrap)


def _sources(to: _Book, made: Made, code: str) -> None:
    speak = to.speak
    sheet = to.sheet(N_("Sources"), (20, 50, 70))
    to.header(sheet, 0, [speak.say(one) for one in (N_("role"), N_("name"), N_("SHA-256 or age"))], 0)
    row = 1
    for one in made.inputs:
        for column, text in enumerate((one.role, one.name, one.sha256)):
            to.put(sheet, row, column, text, to.wrap)
        row += 1
    seen = {(asset.ends.source.name, asset.ends.source.looked_up) for asset in made.problem.assets if asset.ends}
    for name, looked_up in sorted(seen, key=lambda each: (each[0], each[1] or date.min)):
        to.put(sheet, row, 0, speak.say(N_("source")), to.wrap)
        to.put(sheet, row, 1, name or speak.say(N_("the inventory itself")), to.wrap)
        to.put(sheet, row, 2, looked_up)
        row += 1
    to.put(sheet, row, 0, speak.say(N_("plan")), to.wrap)
    to.put(sheet, row, 1, "hustings.plan/1 (JSON)", to.wrap)
    to.put(sheet, row, 2, document.digest(document.encoded(made, code)), to.wrap)
