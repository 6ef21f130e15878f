"""Rights written as they are made: JSON (``hustings.access/1``) and CSV, never held all at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import BinaryIO, TypeVar

import msgspec

from policies.access.rows import Anomaly, Assumable, Row, Unread

SCHEMA = "hustings.access/1"
BATCH = 2_000
"""Rows encoded at once: enough to be quick, few enough to be small."""
COLUMNS = ("record", "catalogue", "account", "role", "object", "kind", "column", "right", "state", "via", "last_used",
           "actual")
"""Of the CSV. ``record`` says which part a line is of: row, assumable, anomaly or unknown."""

One = TypeVar("One")


def write_json(out: BinaryIO, engine: str, rows: Iterable[Row], assumable: Iterable[Assumable] = (),
               anomalies: Iterable[Anomaly] = (), unread: Iterable[Unread] = ()) -> None:
    """Write the document. The parts are asked for one after the other, each to its end."""
    encoder = msgspec.json.Encoder()
    out.write(b'{"schema": "%s", "engine": %s' % (SCHEMA.encode(), encoder.encode(engine)))
    for name, part in (("rows", rows), ("assumable", assumable), ("anomalies", anomalies), ("unknown", unread)):
        out.write(b',\n"%s": [' % name.encode())
        between = b"\n"
        for batch in batches(part):
            # A line feed within text is escaped: every one that is left ends an item.
            out.write(between + encoder.encode_lines(batch)[:-1].replace(b"\n", b",\n"))
            between = b",\n"
        out.write(b"]")
    out.write(b"}\n")
    out.flush()


def write_csv(out: BinaryIO, rows: Iterable[Row], assumable: Iterable[Assumable] = (),
              anomalies: Iterable[Anomaly] = (), unread: Iterable[Unread] = ()) -> None:
    """Write all parts as one table (RFC 4180, UTF-8) under ``COLUMNS``.

    A cell that a spreadsheet would run as a formula is written with an apostrophe before it.
    """
    for batch in batches(_lines(rows, assumable, anomalies, unread)):
        text = io.StringIO()
        csv.writer(text).writerows([_cell(one) for one in line] for line in batch)
        out.write(text.getvalue().encode())
    out.flush()


def batches(items: Iterable[One]) -> Iterator[list[One]]:
    """The items, some at a time."""
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _lines(rows: Iterable[Row], assumable: Iterable[Assumable], anomalies: Iterable[Anomaly],
           unread: Iterable[Unread]) -> Iterator[tuple[str, ...]]:
    yield COLUMNS
    for row in rows:
        yield ("row", "", row.account, "", row.object, row.kind, row.column or "", row.right, row.state,
               " > ".join(row.via), row.last_used or "", "")
    for one in assumable:
        yield ("assumable", "", one.account, one.role, one.object, "", "", one.right, "", "", "", "")
    for fault in anomalies:
        yield ("anomaly", fault.catalogue, fault.account or "", "", fault.object or "", "", "", "", "", "", "",
               fault.actual)
    for reason in unread:
        yield ("unknown", reason.catalogue, "", "", "", "", "", "", "", "", "", reason.reason)


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
