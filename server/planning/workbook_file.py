"""The sheets of an XLSX file, as text. Nothing in it is run: of a formula only the result saved with it is read."""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree.ElementTree import ParseError

from hustings.errors import BadDocument, TooLarge
from server.planning.delimited import COLUMNS, NAMES, ROWS, Row
from server.planning.grid import Sheet

INFLATED = 256 << 20
"""Bytes of all parts together once inflated."""
PARTS = 2_000
_DAMAGED = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, IndexError, AttributeError, OSError,
            EOFError, ParseError, NotImplementedError, RuntimeError, OverflowError)
"""What the reader raises on parts that are not what they should be."""


def sheets(data: bytes, name: str) -> list[Sheet]:
    """Every sheet. Raises ``BadDocument``, or ``TooLarge`` before anything is inflated."""
    _check_parts(data, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _sheets(data, name)
    except _DAMAGED as error:
        raise BadDocument(f"this workbook cannot be read: {_said(error)}", where=name,
                          remedy="open it in the spreadsheet and save it again as .xlsx, or as CSV") from error


def _check_parts(data: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except _DAMAGED as error:
        raise BadDocument(f"this workbook is damaged: {_said(error)}", where=name,
                          remedy="save it again as .xlsx, or as CSV") from error
    size = sum(one.file_size for one in parts)
    if size > INFLATED or len(parts) > PARTS:
        raise TooLarge(f"{len(parts)} parts of {size} bytes once inflated; the limits are {PARTS} and {INFLATED}",
                       where=name, remedy="keep the one sheet that is needed, or save it as CSV")
    names = {one.filename for one in parts}
    if "[Content_Types].xml" not in names:
        raise BadDocument("this archive is no workbook", where=name, remedy="give the CSV or XLSX file itself")
    if any(one.endswith("vbaProject.bin") for one in names):
        raise BadDocument("this workbook holds macros", where=name, remedy="save it as .xlsx, without macros")


def _sheets(data: bytes, name: str) -> list[Sheet]:
    from openpyxl import DEFUSEDXML, load_workbook

    if not DEFUSEDXML:
        raise BadDocument("workbooks cannot be read safely on this machine: defusedxml is not installed", where=name,
                          remedy="install hustings[plan], or save the file as CSV")
    book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
    found = [_sheet(one, book.epoch.year, name) for one in book.worksheets]
    book.close()
    formulas = [at for at, (_, places) in enumerate(found) if places]
    if formulas:
        book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False, data_only=True)
        for at in formulas:
            sheet, places = found[at]
            _fill(sheet, places, book.worksheets[at])
        book.close()
    return [sheet for sheet, _ in found]


def _sheet(source: Any, epoch: int, name: str) -> tuple[Sheet, set[tuple[int, int]]]:
    source.reset_dimensions()
    rows: list[Row] = []
    odd: dict[tuple[int, int], str] = {}
    formulas: set[tuple[int, int]] = set()
    for line, cells in enumerate(source.iter_rows(max_col=COLUMNS), 1):
        if line > ROWS + NAMES:
            raise TooLarge(f"sheet {source.title}: more than {ROWS} rows", where=name, remedy="split the sheet")
        texts: list[str] = []
        for at, cell in enumerate(cells):
            value = cell.value
            if value is None:
                texts.append("")
                continue
            if cell.data_type == "f" or (isinstance(value, str) and cell.data_type != "s" and value.startswith("=")):
                formulas.add((line, at))
            elif cell.data_type == "e":
                odd[line, at] = "error"
            texts.append(text(value, cell.number_format if cell.data_type == "n" else ""))
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            rows.append(Row(line, texts))
    hidden = source.sheet_state != "visible"
    return Sheet(source.title, rows, odd=odd, hidden=hidden, epoch=1904 if epoch == 1904 else 1900), formulas


def _fill(sheet: Sheet, formulas: set[tuple[int, int]], source: Any) -> None:
    """Put the saved results in the place of formulas; those without one stay, and are odd."""
    source.reset_dimensions()
    by_line = {row.line: row for row in sheet.rows}
    last = max(line for line, _ in formulas)
    for line, cells in enumerate(source.iter_rows(max_col=COLUMNS, max_row=last), 1):
        row = by_line.get(line)
        for at, cell in enumerate(cells if row else ()):
            if (line, at) not in formulas or row is None:
                continue
            if cell.value is None:
                sheet.odd[line, at] = "formula"
            else:
                sheet.cached += 1
                if cell.data_type == "e":
                    sheet.odd[line, at] = "error"
                row.cells[at] = text(cell.value, cell.number_format if cell.data_type == "n" else "")
    for line, at in formulas:
        if line not in by_line:
            continue
        cells_now = by_line[line].cells
        if at < len(cells_now) and cells_now[at].startswith("="):
            sheet.odd.setdefault((line, at), "formula")


def text(value: Any, number_format: str = "") -> str:
    """A cell's value as a person would type it: dates as 2026-09-30, a fifth shown as a percentage as 20%."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time | timedelta):
        return str(value)
    if isinstance(value, int | float):
        if "%" in number_format:
            return f"{round(value * 100, 6):g}%"
        if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        return str(value) if isinstance(value, int) else f"{value:.10g}"
    return str(value).strip()


def _said(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:120]
