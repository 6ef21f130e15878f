"""PostgreSQL's csvlog, 12 to 18: the first 23 columns are the same in all of them.

PostgreSQL documentation, "Using CSV-Format Log Output". Quotes inside values are doubled, so that a record ends at
the first line end before which the quotes are even in number.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator

from collectors.statement_log.postgresql_record import Notes, record
from collectors.statement_log.tally import LOG, Tally
from hustings.access.rights import POSTGRESQL

_COLUMNS, _MESSAGE = 23, 13
_START = re.compile(rb"\n(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def _rows(text: io.StringIO) -> Iterator[list[str]]:
    """The records, and one that is too short in the place of each that is no CSV."""
    reader = csv.reader(text)
    while True:
        try:
            yield from reader
            return
        except csv.Error:
            yield ["damaged"]


class CsvLog:
    """Reads csvlog. Time, user, database, pid, host, session, line … as the documentation's table has them."""

    name = "csvlog"
    engine = POSTGRESQL

    def __init__(self) -> None:
        self.notes = Notes()
        csv.field_size_limit(min(sys.maxsize, 2**31 - 1))

    @staticmethod
    def begins(row: list[str]) -> bool:
        """Whether this may be the first record, or its beginning: a time, its line's number and a message."""
        return len(row) > _MESSAGE and _TIME.match(row[0]) is not None and row[6].isdigit()

    def cut(self, data: bytes, *, last: bool) -> int:
        end = data.rfind(b"\n") + 1
        odd = data.count(b'"', 0, end) % 2
        while end and odd:
            before = data.rfind(b"\n", 0, end - 1) + 1
            odd = (odd + data.count(b'"', before, end)) % 2
            end = before
        return end

    def feed(self, data: bytes, tally: Tally) -> int:
        damaged, notes, is_time, only = 0, self.notes, _TIME.match, tally.only
        text = io.StringIO(data.decode("utf-8", "replace").replace("\0", "?"), newline="\n")
        for row in _rows(text):
            if len(row) < _COLUMNS or not is_time(row[0]):
                damaged += bool(row)
            elif (row[_MESSAGE].startswith("statement: ") and row[1] and only in ("", row[2])
                    and not row[14] and row[6] != "1"):
                # By far the most lines are of this kind: what ``record`` does with them, without its ado.
                tally.line(row[0])
                notes.statements += 1
                tally.statement(row[5], row[1], row[2], row[0], row[_MESSAGE][11:], LOG)
            else:
                host = row[4].rpartition(":")[0] if ":" in row[4] else row[4]
                record(tally, notes, session=row[5], account=row[1], database=row[2], host=host, time=row[0],
                       number=row[6], severity=row[11], state=row[12], message=row[_MESSAGE], detail=row[14],
                       query=row[19])
        return damaged

    @staticmethod
    def start(data: bytes) -> int:
        """Where the first whole record after a damaged one begins; -1 for nowhere."""
        found = _START.search(data)
        return found.start() + 1 if found else -1
