from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from icalendar import Calendar as Ics
from openpyxl import load_workbook
from pypdf import PdfReader

from hustings.errors import BadDocument
from server.pages.language import language
from server.planning import csv_text, document, ics, printed, terminal, timeline, xlsx
from server.planning.made import Made
from server.planning.model import Budget, Line, Option
from server.planning.outlook import outlooks
from server.planning.spending import by_year_and_fund
from tests.planning.made_plans import LINES, TODAY, infeasible, made

LANGUAGES = ("en", "fr")


def pdf_text(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def test_the_document_is_the_published_one() -> None:
    found = document.document(made())
    assert (found["schema"], found["status"], found["gap"], found["cost"]) == (
        "hustings.plan/1", "optimal", 0.0, 99300.5)
    assert {one["asset"] for one in found["lines"]} == {one.id for one in made().problem.assets}
    order = next(one for one in found["lines"] if one["asset"] == "office-pcs")
    assert {key: order[key] for key in ("option", "order_by", "go_live", "fund", "cost")} == {
        "option": "replace", "order_by": "2026-12-15", "go_live": "2027-03-15", "fund": "General", "cost": 13800}
    assert order["ends"] == {"day": "2027-04-08", "rule": "support", "source": "endoflife.date",
                             "looked_up": "2026-08-21"}
    assert found["unmatched"][0]["guesses"][0]["product"] == "debian"
    assert document.document(infeasible())["shortfalls"][0]["amount"] == 18400


def test_of_what_is_not_known_no_number_is_given() -> None:
    mystery = next(one for one in document.document(made())["lines"] if one["asset"] == "mystery")
    assert (mystery["ends"], mystery["days_unsupported"], mystery["days_if_kept"]) == (None, None, None)


def test_the_hash_is_that_of_the_bytes_and_the_bytes_are_always_the_same() -> None:
    data = document.encoded(made())
    assert data == document.encoded(msgspec.json.decode(msgspec.json.encode(made()), type=Made))
    assert document.digest(data) == hashlib.sha256(data).hexdigest()
    assert document.canonical(json.loads(data)) == data


def test_a_written_plan_is_read_back_as_it_was() -> None:
    read = document.read(document.encoded(made()), "plan.json")
    assert read.lines[4] == LINES[4]
    assert [(one.asset, one.option, one.order_by, one.go_live, one.cost) for one in read.lines] == [
        (one.asset, one.option, one.order_by, one.go_live, one.cost) for one in LINES]
    assert (read.cost, read.exposure) == (9_930_050, 4321)


@pytest.mark.parametrize("data", [
    b"", b"[]", b"{", b'{"schema": "hustings.plan/2"}', b'{"schema": "hustings.plan/1", "lines": 3}', b"\xff\xfe",
    b'{"schema": "hustings.plan/1", "status": "optimal", "today": "soon", "cost": 1, "exposure": 2, "lines": []}',
])
def test_what_is_no_plan_is_refused_with_its_name(data: bytes) -> None:
    with pytest.raises(BadDocument, match=r"old\.json") as caught:
        document.read(data, "old.json")
    assert caught.value.remedy


def test_spending_adds_up_to_the_cost() -> None:
    spending = by_year_and_fund(made())
    assert spending.total == made().solved.cost
    cell = spending.of("General", 2027)
    assert cell is not None
    assert (cell.spent, cell.available, cell.left) == (2_430_010, 3_000_000, 569_990)


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_csv_holds_every_line_and_what_must_be_asked(code: str) -> None:
    rows = list(csv.reader(io.StringIO(csv_text.as_csv(infeasible(), code))))
    assert {len(row) for row in rows} == {len(csv_text.COLUMNS)}
    assert len(rows) == 1 + len(LINES) + 1 + 3
    pollbooks = next(row for row in rows if row[0] == "pollbooks" and row[8] == "Grant")
    assert pollbooks[6:10] == ["2027-12-05", "2028-06-05", "Grant", "76500.5"]
    assert pollbooks[10] == "Grant: 61200.4 + General: 15300.1"


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_workbook_holds_dates_and_amounts_as_such(code: str) -> None:
    data = xlsx.workbook(made(), code)
    assert data == xlsx.workbook(made(), code)
    book = load_workbook(io.BytesIO(data))
    assert len(book.sheetnames) == 6
    lines = book.worksheets[1]
    assert lines.freeze_panes == "B2"
    assert lines.auto_filter.ref == f"A1:U{1 + len(LINES)}"
    row = next(row for row in lines.iter_rows(min_row=2) if row[0].value == "office-pcs")
    assert (row[6].value, row[9].value, row[3].value) == (datetime(2026, 12, 15), 13800, 12)
    assert "$" in row[9].number_format
    assert {sheet.max_row > 1 for sheet in book.worksheets} == {True}


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_calendar_parses_back_with_every_order_and_freeze(code: str) -> None:
    found = Ics.from_ical(ics.calendar(made(), code))
    events = {str(event["uid"]): event for event in found.walk("VEVENT")}
    starts = sorted((event.decoded("dtstart"), event.decoded("dtend")) for event in events.values())
    assert len(events) == len(list(found.walk("VEVENT"))), "every UID once"
    orders = [one.order_by for one in LINES if one.order_by]
    assert {day for day, _ in starts} >= {*orders, date(2027, 3, 15), date(2027, 4, 8), date(2027, 5, 18)}
    assert (date(2027, 4, 18), date(2027, 6, 2)) in starts, "a freeze, its end exclusive as RFC 5545 wants"


def test_votes_of_one_name_are_events_of_their_own() -> None:
    plan = made()
    one = plan.problem.calendar.elections[0]
    days = [one.date, one.date + timedelta(days=100), one.date + timedelta(days=728)]
    calendar = msgspec.structs.replace(plan.problem.calendar, elections=tuple(
        msgspec.structs.replace(one, date=day) for day in days))
    again = msgspec.structs.replace(plan, problem=msgspec.structs.replace(plan.problem, calendar=calendar))
    found = list(Ics.from_ical(ics.calendar(again)).walk("VEVENT"))
    assert len({str(each["uid"]) for each in found}) == len(found)
    assert {each.decoded("dtstart") for each in found} >= set(days)


def test_a_moved_line_keeps_its_uid() -> None:
    plan = made()
    moved = msgspec.structs.replace(plan.solved.lines[1], go_live=date(2027, 4, 1))
    other = msgspec.structs.replace(plan, solved=msgspec.structs.replace(
        plan.solved, lines=(plan.solved.lines[0], moved, *plan.solved.lines[2:])))
    uids = [{str(one["uid"]) for one in Ics.from_ical(ics.calendar(each)).walk("VEVENT")} for each in (plan, other)]
    assert uids[0] == uids[1]
    assert ics.calendar(plan) != ics.calendar(other)
    assert ics.calendar(plan) == ics.calendar(made())


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_pdf_is_tagged_and_opens_with_what_matters(code: str) -> None:
    data = printed.as_pdf(made(), code, handling="TLP:AMBER")
    assert data == printed.as_pdf(made(), code, handling="TLP:AMBER")
    reader = PdfReader(io.BytesIO(data))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert str(root["/Lang"]).startswith(code)
    assert "Maple County" in str(reader.metadata and reader.metadata.title)
    first = " ".join(reader.pages[0].extract_text().split())
    assert ("12 PCs lose support 40 days before the primary" in first) == (code == "en")
    assert ("12 ordinateurs perdent leur prise en charge 40 jours avant" in first) == (code == "fr")
    assert all("TLP:AMBER" in page.extract_text() for page in reader.pages)


def test_an_impossible_plan_says_so_at_the_top_of_its_pdf_and_its_text() -> None:
    first = PdfReader(io.BytesIO(printed.as_pdf(infeasible()))).pages[0].extract_text()
    assert "Not everything that must be done by a date can be done" in first
    assert "You are $18,400 short" in first
    assert "You are $18,400 short" in terminal.as_text(infeasible())


def test_an_empty_plan_has_every_form() -> None:
    plan = made()
    empty = msgspec.structs.replace(
        plan, unmatched=(), problem=msgspec.structs.replace(plan.problem, assets=(), budgets=()),
        solved=msgspec.structs.replace(plan.solved, lines=(), cost=0, kept_exposure=0, exposure=0))
    for code in LANGUAGES:
        assert xlsx.workbook(empty, code)
        assert PdfReader(io.BytesIO(printed.as_pdf(empty, code))).pages
        assert Ics.from_ical(ics.calendar(empty, code))
        assert terminal.as_text(empty, code)
        assert document.encoded(empty, code)


def many(count: int) -> Made:
    plan = made()
    assets = tuple(msgspec.structs.replace(plan.problem.assets[1], id=f"pc-{number:05}") for number in range(count))
    lines = tuple(Line(one.id, Option.REPLACE, date(2026, 12, 15), date(2027, 3, 15), "General", one.cost or 0)
                  for one in assets)
    return msgspec.structs.replace(plan, problem=msgspec.structs.replace(plan.problem, assets=assets),
                                   solved=msgspec.structs.replace(plan.solved, lines=lines), unmatched=())


def test_a_long_inventory_still_gives_a_pdf_that_is_read_and_counts_the_rest() -> None:
    data = printed.as_pdf(many(2000))
    reader = PdfReader(io.BytesIO(data))
    assert len(reader.pages) < 25
    assert "1,540 more lines are in the workbook (XLSX) alone." in " ".join(pdf_text(data).split())


def test_the_timeline_keeps_everything_within_its_width_and_counts_the_rest() -> None:
    speak = language("en")
    found = timeline.picture(made(), speak)
    places = [(one.x, one.width) for one in (*found.bands, *found.years, *(bar for row in found.rows
                                                                          for bar in row.bars))]
    assert all(0 <= x <= 1 and width >= 0 and x + width <= 1.00002 for x, width in places)
    assert all(0 <= one.x <= 1 for one in (*found.votes, *(mark for row in found.rows for mark in row.marks)))
    assert (found.first, found.last) == (TODAY, date(2030, 11, 21))
    assert timeline.picture(many(50), speak, rows=12).rest == 38
    row = next(one for one in found.rows if one.asset == "pollbooks")
    assert [bar.kind for bar in row.bars] == ["extended", "order"]
    assert [mark.kind for mark in row.marks] == ["end", "live"]


def test_labels_of_elections_never_stand_over_one_another() -> None:
    found = timeline.picture(made(), language("en"))
    spans = [(one.level, one.x - timeline.LETTER * (len(one.label) + 11) if one.before else one.x,
              one.x if one.before else one.x + timeline.LETTER * (len(one.label) + 11)) for one in found.votes]
    assert not [(a, b) for a in spans for b in spans if a is not b and a[0] == b[0] and a[1] < b[2] and b[1] < a[2]]
    assert all(one[2] <= 1 for one in spans)


def test_exposure_of_the_lines_is_that_of_days_times_weight() -> None:
    kept = next(one for one in outlooks(made()) if one.asset.id == "office-pcs")
    assert kept.exposure == 0
    small, large = (date(2027, 5, 18) - date(2027, 4, 9)).days + 1, 90
    assert kept.kept_exposure == 4 * 12 * (1323 + small + 2 * large), "twice before a small election, thrice a large"


def test_many_funds_share_a_column_on_paper_and_nothing_is_lost() -> None:
    plan = made()
    funds = tuple(Budget(f"Fund {number:02}", 2027, 100) for number in range(30))
    plan = msgspec.structs.replace(plan, problem=msgspec.structs.replace(
        plan.problem, budgets=(*plan.problem.budgets, *funds)))
    found = printed.data(plan, language("en"))["spending"]
    assert len(found["head"]) == printed.FUNDS + 2
    assert found["head"][-2] == "other funds"
    assert "of $27" in found["rows"][-1]["cells"][-1], "27 of the 30 small funds"
    assert PdfReader(io.BytesIO(printed.as_pdf(plan))).pages
