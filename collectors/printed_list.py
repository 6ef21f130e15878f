"""printed_list: the print-ready voter list, for the day when only paper works.

The file's digest is compared with that of the file that was approved; its pages and rows are counted with
``pdftotext`` (poppler-utils), whose text ends every page with a form feed. Rows are lines that begin with a
number, one more than on the row before; a list may begin again at 1 on a new page (one list a polling place).
Contents are counted in memory and go no further.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial

from collectors._backup import answer
from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Missing, Platform, Type, key
from collectors.host.protocol import Host, LookError, NotThere
from hustings.declared import Declared, PrintedList
from hustings.facts import Reason
from hustings.times import utc_text

_FILE_LIMIT = 256 << 20
_TEXT_LIMIT = 192 << 20
_ROW = re.compile(r"^\s*(\d{1,9})[.)]?\s+\S.*[^\W\d_]", re.MULTILINE)


def collect(host: Host, declared: Declared) -> Collected:
    """Each declared list on its own."""
    collected: Collected = {}
    for one in declared.printed_lists:
        counted = answer(partial(_counted, host, one))
        pages, rows = (counted, counted) if isinstance(counted, Missing) else counted
        facts = {
            "printed.approved": answer(partial(_approved, host, one)),
            "printed.pages": pages,
            "printed.rows": rows if rows is not None else ABSENT,
            "printed.complete": rows if isinstance(rows, Missing) else ABSENT if rows is None
            else rows == one.certified and pages == one.pages,
            "printed.certified": one.certified,
            "printed.exported": answer(partial(_exported, host, one)),
        }
        collected.update({key(fact, one.name): value for fact, value in facts.items()})
    return collected


def _approved(host: Host, one: PrintedList) -> bool:
    import hashlib

    return hashlib.sha256(host.read_bytes(one.file, limit=_FILE_LIMIT)).hexdigest() == one.sha256


def _exported(host: Host, one: PrintedList) -> str:
    return utc_text(host.stat(host.resolve(one.file)).mtime)


def _counted(host: Host, one: PrintedList) -> tuple[int, int | None]:
    path = host.resolve(one.file)
    host.stat(path)
    try:
        text = host.run("pdftotext", "-layout", "-enc", "UTF-8", path, "-", timeout=100.0, limit=_TEXT_LIMIT).stdout
    except NotThere as error:
        raise LookError(Reason.UNSUPPORTED, "pdftotext (poppler-utils) is not installed here") from error
    return count(text)


def count(text: str) -> tuple[int, int | None]:
    """(pages, rows) of what ``pdftotext -layout`` wrote; rows are None where none is numbered."""
    pages = text.split("\f")
    rows, expected = 0, 1
    for page in pages:
        first = True
        for found in _ROW.finditer(page):
            number = int(found[1])
            if number == expected or (first and number == 1):
                rows, expected, first = rows + 1, number + 1, False
    return len(pages) - 1, rows or None


_fact = partial(Fact, disclosure=Disclosure.SHARED, each="printed_list")

COLLECTOR = Collector(
    name="printed_list",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        _fact("printed.approved", Type.BOOL, "Whether the file is the one that was approved, by its SHA-256"),
        _fact("printed.pages", Type.INT, "How many pages the file has"),
        _fact("printed.rows", Type.INT, "How many numbered rows the file has; absent where its rows are not numbered"),
        _fact("printed.complete", Type.BOOL, "Whether rows and pages are those of the certified list; absent "
              "where rows are not numbered"),
        _fact("printed.certified", Type.INT, "How many voters the certified list holds, as declared"),
        _fact("printed.exported", Type.TIME, "When the file was last written"),
    ),
    collect=collect,
    runs=("pdftotext *",),
    timeout=120.0,
    every=timedelta(hours=24),
    each="printed_list",
    needs="read the print-ready file",
)
