"""A difference for other programs: ``hustings.access/1`` as JSON, and its rights as CSV.

A machine reports what is in excess and what is missing, and of declared rights only how many letters each role has
on each object: they are in ``summary``. What did not arrive whole is in ``unknown``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from hustings.times import utc_text
from server.access_difference import Part, Picture, Right

SCHEMA = "hustings.access/1"
HEAD = {
    "en": ("state", "account", "object", "kind", "column", "right", "via", "last_used"),
    "fr": ("etat", "compte", "objet", "genre", "colonne", "droit", "par", "dernier_usage"),
}
STATES = {"en": {"excess": "excess", "missing": "missing"}, "fr": {"excess": "en trop", "missing": "manquant"}}


def as_data(picture: Picture) -> dict[str, Any]:
    """The ``hustings.access/1`` document, with where and when it is from."""
    return {
        "schema": SCHEMA, "engine": picture.engine, "database": picture.database, "machine": picture.machine.name,
        "as_of": utc_text(picture.as_of) if picture.as_of else None, "stale": picture.stale,
        "difference": picture.difference or None,
        "rows": [_row(one) for one in rights(picture)],
        "assumable": [{"account": one.account, "role": one.role, "object": one.object, "right": one.right}
                      for one in picture.assumable.items],
        "anomalies": [{"catalogue": one.catalogue, "object": one.object or None, "account": one.account or None,
                       "actual": one.actual} for one in picture.anomalies.items],
        "unknown": [*({"catalogue": one.catalogue, "reason": one.reason} for one in picture.unread.items),
                    *gaps(picture)],
        "summary": [{"role": one.role or None, "object": one.object, "class": one.sensitivity, "kind": one.kind,
                     "accounts": one.accounts, "declared": one.declared, "excess": one.excess, "missing": one.missing}
                    for one in picture.cells.items],
    }


def rights(picture: Picture, state: str = "") -> tuple[Right, ...]:
    """Excess rights, then missing ones; only those of ``state`` where one is named."""
    return tuple(one for one in (*picture.excess.items, *picture.missing.items) if state in ("", one.state))


def gaps(picture: Picture) -> Iterator[dict[str, str]]:
    """What of the difference did not arrive whole, in the shape of ``unknown``. Reasons are in English."""
    parts: tuple[tuple[str, str, Part[Any]], ...] = (
        ("LPR-01", "excess rights", picture.excess), ("LPR-01", "missing rights", picture.missing),
        ("LPR-01", "rights within reach", picture.assumable), ("LPR-01", "anomalies", picture.anomalies),
        ("LPR-01", "what could not be read", picture.unread))
    for row, name, part in parts:
        if not part.known:
            yield {"catalogue": row, "reason": f"{name}: {part.missing or 'absent'}"}
        elif part.counted:
            yield {"catalogue": row, "reason": f"{name}: {part.count} stay on the machine"}
        elif not part.complete:
            yield {"catalogue": row, "reason": f"{name}: only the first {len(part.items)} were sent"}


def as_csv(picture: Picture, language: str = "en") -> str:
    """Excess and missing rights as CSV (RFC 4180); a line for each thing that is not known.

    A cell that a spreadsheet would run as a formula is written with an apostrophe before it.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEAD[language])
    for one in rights(picture):
        writer.writerow([_cell(text) for text in (STATES[language][one.state], one.account, one.object, one.kind,
                                                  one.column, one.right, one.via, one.last_used)])
    for gap in gaps(picture):
        writer.writerow(["unknown" if language == "en" else "inconnu", "", "", "", "", "", _cell(gap["reason"]), ""])
    return out.getvalue()


def _row(one: Right) -> dict[str, Any]:
    return {"account": one.account, "object": one.object, "kind": one.kind, "column": one.column or None,
            "right": one.right, "state": one.state, "via": one.via.split(" > ") if one.via else [],
            "last_used": one.last_used or None}


def _cell(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
