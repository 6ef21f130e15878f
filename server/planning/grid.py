"""A table as any file gives it: sheets of rows of text cells, with what the text alone does not say."""

from __future__ import annotations

from hustings.errors import BadDocument
from server.pages.language import N_
from server.planning.decoding import check_size, decode
from server.planning.delimited import Row, delimiter, rows
from server.planning.row_problem import FileProblems, Problems

OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"


class Sheet:
    """Rows that hold something, each with its number; ``odd`` cells by row and column.

    An odd cell is a formula whose result is not in the file (``formula``) or a spreadsheet's error (``error``).
    """

    def __init__(self, name: str, rows: list[Row], *, odd: dict[tuple[int, int], str] | None = None,
                 cached: int = 0, hidden: bool = False, epoch: int = 1900) -> None:
        self.name = name
        self.rows = rows
        self.odd = odd or {}
        self.cached = cached
        """Formulas of which the result that was saved with them is read."""
        self.hidden = hidden
        self.epoch = epoch


class Grid:
    """A file's sheets, and how its text was read."""

    def __init__(self, name: str, sheets: list[Sheet], *, encoding: str = "", sure: bool = True,
                 examples: tuple[str, ...] = (), delimiter: str = "", problems: Problems | None = None) -> None:
        self.name = name
        self.sheets = sheets
        self.encoding = encoding
        self.sure = sure
        self.examples = examples
        self.delimiter = delimiter
        self.problems = problems or Problems()

    def sheet(self, name: str = "") -> Sheet:
        """The sheet of a name; without one the first that is not hidden and holds something. Raises
        ``FileProblems``."""
        found = next((one for one in self.sheets if one.name == name), None) if name else next(
            (one for one in sorted(self.sheets, key=lambda one: (one.hidden, not one.rows))), None)
        if found is None:
            problems = Problems()
            problems.add(0, "", N_("there is no sheet %(sheet)s"), N_("choose one of: %(sheets)s"), sheet=name,
                         sheets=", ".join(one.name for one in self.sheets))
            raise FileProblems(self.name, problems.found)
        return found


def grid(data: bytes, name: str) -> Grid:
    """The table in a CSV or XLSX file. Raises ``BadDocument`` for anything else."""
    check_size(data, name)
    if data.startswith(OLD_EXCEL):
        raise BadDocument("this is an old Excel file (.xls), or one with a password", where=name,
                          remedy="open it in the spreadsheet, remove the password, and save it as .xlsx or CSV")
    if data.startswith(ZIP):
        from server.planning.workbook_file import sheets

        return Grid(name, sheets(data, name))
    decoded = decode(data, name)
    problems = Problems()
    separator = delimiter(decoded.text)
    lines = list(rows(decoded.text, separator, problems))
    return Grid(name, [Sheet("", lines)], encoding=decoded.encoding, sure=decoded.sure, examples=decoded.examples,
                delimiter=separator, problems=problems)
