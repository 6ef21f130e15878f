"""Workbooks as spreadsheets write them: read as text, nothing run, nothing inflated beyond its limit."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from hustings.errors import HustingsError, TooLarge
from server.planning import workbook_file
from server.planning.proposal import propose
from tests.planning.lists import asked, mapped, read, told

NAMES = ["Site", "Type", "Make", "Model", "Purchase date", "Qty", "Unit cost"]


def written(fill: Callable[[Any, Any], None], *, name: str = "Equipment") -> bytes:
    """A workbook of xlsxwriter, filled by ``fill(book, sheet)``."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    fill(book, book.add_worksheet(name))
    book.close()
    return out.getvalue()


def rows(*given: list[Any]) -> bytes:
    """A workbook of openpyxl with these rows."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in given:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_the_published_columns_are_read_from_a_workbook_too() -> None:
    data = rows(["asset", "kind", "make", "model", "version", "quantity", "purchased", "site", "unit_cost",
                 "lead_months", "group"], ["a", "pc", "Dell", "x", "Windows 10 22H2", 12, date(2019, 3, 1),
                                           "HQ", 1200.5, 3, None])
    (asset,) = read(data, "i.xlsx").whole().assets
    assert (asset.quantity, asset.purchased, asset.cost, asset.lead_months) == (12, date(2019, 3, 1), 1440600, 3)


def test_merged_names_over_two_rows_titles_blank_columns_and_totals() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.merge_range("A1:H1", "Inventory 2026")
        sheet.merge_range("B3:C3", "Equipment")
        sheet.merge_range("E3:F3", "Purchase")
        sheet.write_row("A4", ["Site", "Type", "Model", "", "Date", "Quantity"])
        sheet.write_row("A5", ["HQ", "Tabulator", "DS200", ""])
        sheet.write_datetime("E5", datetime(2016, 3, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_number("F5", 12)
        sheet.write_string("A7", "Total")
        sheet.write_formula("F7", "=SUM(F5:F5)", None, 12)

    data = written(fill)
    proposal = propose(data, "i.xlsx")
    assert (proposal.header_row, proposal.header_rows) == (3, 2)
    assert [one.header for one in proposal.columns][:6] == [
        "Site", "Equipment Type", "Equipment Model", "", "Purchase Date", "Purchase Quantity"]
    made = mapped(data, name="i.xlsx")
    (asset,) = made.assets
    assert (asset.site, asset.kind, asset.model, asset.quantity, asset.purchased) == (
        "HQ", "tabulator", "DS200", 12, date(2016, 3, 1))


def test_the_sheet_with_the_equipment_is_found_and_hidden_ones_are_not_taken() -> None:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.append(["Read me first"])
    hidden = book.create_sheet("Old")
    hidden.append(NAMES)
    hidden.append(["Old site", "pc", "Dell", "x", None, 1, 1])
    hidden.sheet_state = "hidden"
    shown = book.create_sheet("Now")
    shown.append(NAMES)
    shown.append(["HQ", "pc", "Dell", "x", None, 1, 1])
    out = io.BytesIO()
    book.save(out)
    proposal = propose(out.getvalue(), "i.xlsx")
    assert (proposal.sheet, proposal.sheets) == ("Now", ("Sheet", "Old", "Now"))
    assert [one.site for one in mapped(out.getvalue(), name="i.xlsx").assets] == ["HQ"]
    with pytest.raises(HustingsError, match="there is no sheet Later"):
        propose(out.getvalue(), "i.xlsx", sheet="Later")


def test_formulas_are_never_run_their_saved_result_is_taken_and_a_missing_one_asked() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row("A1", NAMES)
        sheet.write_row("A2", ["HQ", "tabulator", "ES&S"])
        sheet.write_formula("D2", '=HYPERLINK("http://x.example","DS200")', None, "DS200")
        sheet.write_row("A3", ["Annex", "tabulator", "ES&S", "DS200", "", 3])

    data = written(fill)
    made = mapped(data, name="i.xlsx")
    assert [one.model for one in made.assets] == ["DS200", "DS200"]
    assert "Formulas are not run; the results saved with them are taken: 1." in [one.said() for one in made.notes]
    fresh = mapped(rows(NAMES, ["HQ", "tabulator", "ES&S", '=HYPERLINK("http://x.example","DS200")', None, 3, 1]),
                   name="i.xlsx")
    assert [(one.row, one.column, one.proposals) for one in fresh.questions] == [(2, "Model", ("DS200",))]
    published = rows(["asset", "kind", "make", "model", "quantity", "site"], ["a", "pc", "", "=1+1", 1, ""])
    assert told(read(published, "i.xlsx"))[0][:2] == (2, "model")


def test_error_cells_are_asked() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row("A1", NAMES)
        sheet.write_row("A2", ["HQ", "tabulator", "ES&S", "DS200", "", ""])
        sheet.write_formula("F2", "=A1/0", None, "#DIV/0!")
        sheet.write_formula("E2", "=#REF!", None, "#REF!")

    made = mapped(written(fill), name="i.xlsx")
    assert {(row, column) for row, column, _ in asked(made)} == {(2, "Purchase date"), (2, "Qty")}


@pytest.mark.parametrize("epoch", [1900, 1904])
def test_dates_that_lost_their_format_are_days_as_that_workbook_counts_them(epoch: int) -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "date_1904": epoch == 1904})
    sheet = book.add_worksheet()
    sheet.write_row("A1", NAMES)
    sheet.write_row("A2", ["HQ", "tabulator", "ES&S", "DS200", 42614 - (1462 if epoch == 1904 else 0), 3])
    book.close()
    made = mapped(out.getvalue(), name="i.xlsx")
    assert made.assets[0].purchased == date(2016, 9, 1)
    assert any(one.said().startswith("Bare numbers taken as days") for one in made.notes)


def test_percent_and_currency_formats_keep_their_meaning() -> None:
    assert workbook_file.text(0.2, "0%") == "20%"
    assert workbook_file.text(6500.0, '"$"#,##0.00') == "6500"
    assert workbook_file.text(0.1 + 0.2, "General") == "0.3"
    assert workbook_file.text(True) == "yes"
    assert workbook_file.text(datetime(2016, 3, 1, 9, 30)) == "2016-03-01 09:30:00"


def _zip(parts: dict[str, bytes], *, compress: bool = True) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_an_archive_that_would_inflate_beyond_the_limit_is_refused_before_it_does() -> None:
    bomb = _zip({"[Content_Types].xml": b"x", "xl/worksheets/sheet1.xml": b"0" * (workbook_file.INFLATED + 1)})
    assert len(bomb) < 1 << 20
    with pytest.raises(TooLarge, match="once inflated"):
        read(bomb, "bomb.xlsx")
    with pytest.raises(TooLarge, match="parts"):
        read(_zip({f"p{at}": b"" for at in range(workbook_file.PARTS + 1)}), "many.xlsx")


@pytest.mark.parametrize(("parts", "what"), [
    ({"a.txt": b"x"}, "no workbook"), ({"[Content_Types].xml": b"<x/>"}, "cannot be read"),
    ({"[Content_Types].xml": b"<x/>", "xl/vbaProject.bin": b""}, "macros")])
def test_an_archive_that_is_no_plain_workbook_is_refused(parts: dict[str, bytes], what: str) -> None:
    with pytest.raises(HustingsError, match=what):
        read(_zip(parts), "x.xlsx")


def test_entities_in_a_workbook_are_refused() -> None:
    source = rows(NAMES, ["HQ", "pc", "Dell", "x", None, 1, 1])
    with zipfile.ZipFile(io.BytesIO(source)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    entity = b'<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    parts["xl/worksheets/sheet1.xml"] = sheet[:sheet.find(b"?>") + 2] + entity + sheet[sheet.find(b"?>") + 2:] \
        if sheet.startswith(b"<?xml") else entity + sheet
    with pytest.raises(HustingsError, match="cannot be read"):
        read(_zip(parts), "x.xlsx")


def test_a_workbook_cut_short_is_refused() -> None:
    data = rows(NAMES, ["HQ", "pc", "Dell", "x", None, 1, 1])
    for length in (30, len(data) // 2, len(data) - 30):
        with pytest.raises(HustingsError, match=r"x\.xlsx: this workbook"):
            read(data[:length], "x.xlsx")


def test_a_sheet_that_claims_to_be_endless_is_read_as_far_as_it_goes() -> None:
    source = rows(NAMES, ["HQ", "pc", "Dell", "x", None, 1, 1])
    with zipfile.ZipFile(io.BytesIO(source)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    assert b'ref="A1:G2"' in parts[sheet]
    parts[sheet] = parts[sheet].replace(b'ref="A1:G2"', b'ref="A1:XFD1048576"')
    assert len(mapped(_zip(parts), name="x.xlsx").assets) == 1
