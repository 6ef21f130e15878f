"""Nothing that came from an input acts in what a plan is written as."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from datetime import date

import msgspec
import pytest
from icalendar import Calendar as Ics
from openpyxl import load_workbook
from pypdf import PdfReader

from server.planning import csv_text, difference, document, ics, printed, terminal, xlsx
from server.planning.made import Input, Made
from server.planning.model import Budget, Calendar, Election, EndOfLife, Freeze, Line, Option, Source, Unmatched
from server.planning.wording import inert
from tests.planning.made_plans import TODAY, asset, made

PAYLOADS = (
    '=HYPERLINK("http://evil.example","pay here")', "+cmd|' /C calc'!A0", "-2+3", "@SUM(1+1)*cmd", "\t=1+1", "\r=1+1",
    "safe\r\nBEGIN:VEVENT", "\u202eslrac\u202c", "\u2066x\u2069", "\x1b[31mred\x1b[0m", "\x9b2J",
    '#read("/etc/passwd")',
    "*bold* _it_ $x$ @ref <label>", "<b>bold</b><script>alert(1)</script>", '","broken', "a\x00b", "\u200bhidden",
    "\U000e0041tag", "%(count)s %s %d {0}", "\\", "`", "]{",
)


def hostile(payload: str) -> Made:
    """A plan in which every text of every input is the payload."""
    one = asset(payload, payload, make=payload, model=payload, version=payload, site=payload, group=payload,
                ends=EndOfLife(date(2027, 4, 8), payload, Source(payload, TODAY)))
    plan = made()
    lines = (Line(payload, Option.REPLACE, date(2026, 12, 15), date(2027, 3, 15), payload, 100, ((payload, 100),)),)
    problem = msgspec.structs.replace(
        plan.problem, assets=(one,), budgets=(Budget(payload, 2026, 1000, (payload,)),),
        calendar=Calendar((Election(date(2027, 5, 18), payload),), (Freeze(10, 10, (payload,)), Freeze(1, 1))))
    return Made(problem=problem, solved=msgspec.structs.replace(plan.solved, lines=lines, unmet=(payload,)),
                unmatched=(Unmatched(payload, payload, payload),), office=payload,
                inputs=(Input(payload, payload, payload),), changes=(payload,))


def unseen(text: str) -> list[str]:
    return [one for one in text if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Co") and one != "\n"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_terminal_is_given_no_control_character(payload: str) -> None:
    for code in ("en", "fr"):
        text = terminal.as_text(hostile(payload), code)
        assert not unseen(text)
        assert " ".join(inert(payload).split())[:8] in " ".join(text.split())
    plan = document.read(document.encoded(hostile(payload)), "x")
    found = difference.compare(plan, msgspec.structs.replace(plan, lines=(), spending=()))
    from server.pages.language import language

    assert not unseen("".join(difference.in_words(found, language("en"))))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_cell_of_the_csv_is_a_formula(payload: str) -> None:
    rows = list(csv.reader(io.StringIO(csv_text.as_csv(hostile(payload)))))
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert not unseen("".join(cells))
    assert {len(row) for row in rows} == {len(csv_text.COLUMNS)}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_cell_of_the_workbook_is_a_formula_or_a_link(payload: str) -> None:
    data = xlsx.workbook(hostile(payload))
    book = load_workbook(io.BytesIO(data))
    kinds = {cell.data_type for sheet in book.worksheets for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n", "d"}
    assert not [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not [one for one in sheets if b"<f>" in one or b"<f " in one]
    assert book.worksheets[1]["A2"].value == inert(payload)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_pdf_shows_the_text_and_runs_nothing(payload: str) -> None:
    data = printed.as_pdf(hostile(payload), handling=payload)
    reader = PdfReader(io.BytesIO(data))
    text = "".join(page.extract_text() for page in reader.pages)
    assert "root:" not in text
    assert b"/JavaScript" not in data
    assert b"/URI" not in data
    if payload == '#read("/etc/passwd")':
        assert payload in text.replace("\u200b", "")
    if payload.startswith("*bold*"):
        assert "*bold* _it_" in text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_calendar_gains_no_event_and_no_property(payload: str) -> None:
    data = ics.calendar(hostile(payload))
    found = Ics.from_ical(data)
    assert len(list(found.walk("VEVENT"))) == 6, "an order, a start of service, an end, two freezes, an election"
    names = set(re.findall(r"^([A-Z-]+)[;:]", data.replace(b"\r\n ", b"").decode(), re.MULTILINE))
    assert names == {"BEGIN", "END", "VERSION", "PRODID", "CALSCALE", "X-WR-CALNAME", "SUMMARY", "DTSTART", "DTEND",
                     "DTSTAMP", "UID", "DESCRIPTION", "TRANSP"}


def test_a_line_of_an_input_is_made_inert_visibly() -> None:
    assert inert("a\u202eb\x1b[1m\nc") == "a\ufffdb\ufffd[1m\ufffdc"
    assert inert("Café n° 3 – « été »") == "Café n° 3 – « été »"
