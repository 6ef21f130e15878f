"""CSV as people have it: commas, semicolons, tabs or bars; any line ends; quoted line breaks. Text in, rows out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple

from server.pages.language import N_
from server.planning.row_problem import Problems

ROWS = 200_000
NAMES = 10
"""Rows of titles and column names that do not count among them."""
COLUMNS = 512
DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 30


class Row(NamedTuple):
    line: int
    """Where it begins, from 1."""
    cells: list[str]


def delimiter(text: str) -> str:
    """The separator under which the first lines have the most columns alike; a comma where none has any."""
    best, most = ",", 0
    for one in DELIMITERS:
        widths = []
        reader = csv.reader(_lines(text), delimiter=one)
        try:
            for row in reader:
                if any(row):
                    widths.append(len(row))
                if len(widths) == _SAMPLE:
                    break
        except csv.Error:
            pass  # judged by what could be read of it
        score = sum(width - 1 for width in widths if width == max(set(widths), key=widths.count))
        if score > most:
            best, most = one, score
    return best


def rows(text: str, separator: str, problems: Problems) -> Iterator[Row]:
    """Every row but the empty ones, cells stripped. What is no CSV is put to ``problems``, and reading goes on."""
    reader = csv.reader(_lines(text), delimiter=separator, strict=True)
    seen = 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "end of data" in str(error):
                problems.add(line, "", N_("a quotation mark is opened and never closed"),
                             N_("close it, or double the quotation marks inside the cell"))
            elif "field limit" in str(error):
                problems.add(line, "", N_("a cell of this row is longer than a cell may be"),
                             N_("close the quotation marks of this row"))
            else:
                problems.add(line, "", N_("this row is not CSV: %(error)s"),
                             N_("put quotation marks around the whole cell, and double those inside it"), error=error)
            continue
        cells = [cell.strip() for cell in cells]
        if not any(cells):
            continue
        seen += 1
        if seen > ROWS + NAMES:
            problems.add(line, "", N_("more than %(most)s rows"), N_("split the file"), most=ROWS)
            return
        if len(cells) > COLUMNS:
            problems.add(line, "", N_("more than %(most)s columns"),
                         N_("leave out the columns that say nothing of the equipment"), most=COLUMNS)
            continue
        yield Row(line, cells)


def _lines(text: str) -> io.StringIO:
    return io.StringIO(text, newline="")
