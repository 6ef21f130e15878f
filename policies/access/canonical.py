"""The difference as it is reviewed and signed: the same bytes for the same findings, whatever the day.

JSON, one value a line: first what is compared, then each right in excess or missing, then each anomaly, then each
row of the catalogue that could not be decided. What changes by itself (last uses, wording, times) is left out.
The hash of these bytes is what an access review signs (row LPR-23 of the catalogue).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from hustings.access.model import AccessModel
from hustings.access.state import State
from policies.access.rows import EXCESS, MISSING, Anomaly, Row, Unread

SCHEMA = "hustings.access-difference/1"


def lines(model: AccessModel, state: State, rows: Iterable[Row], anomalies: Iterable[Anomaly],
          unread: Iterable[Unread]) -> Iterator[bytes]:
    """The lines, each with its end. ``rows`` as ``policies.access.difference`` gives them; others are passed over."""
    yield _line({"schema": SCHEMA, "engine": state.engine, "database": state.database, "model": model.digest})
    for one in rows:
        if one.state in (EXCESS, MISSING):
            yield _line([one.state, one.account, one.object, one.kind, one.column, one.right])
    for fault in sorted({(one.catalogue, one.object or "", one.account or "") for one in anomalies}):
        yield _line(["anomaly", *fault])
    for row in sorted({one.catalogue for one in unread}):
        yield _line(["unread", row])


class Hashing:
    """The hash of lines that are taken one by one."""

    def __init__(self) -> None:
        self._sum = hashlib.sha256()

    def add(self, line: bytes) -> None:
        self._sum.update(line)

    @property
    def hex(self) -> str:
        return self._sum.hexdigest()


def _line(value: Any) -> bytes:
    return msgspec.json.encode(value) + b"\n"
