"""A file that leaves through a sharing profile: CSV or JSON, with its marking in it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from server.planning.csv_text import cell
from server.reviewers.profiles import Profile

SCHEMA = "hustings.shared/1"
FORMATS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


def as_json(profile: Profile, rows: Sequence[dict[str, Any]], office: str, now: datetime) -> bytes:
    """The findings with the marking, the recipient and the basis before them."""
    stored = profile.stored
    return json.dumps({
        "schema": SCHEMA, "marking": stored.marking, "recipient": stored.recipient, "basis": stored.basis,
        "until": stored.until.isoformat(), "office": office, "made": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "fields": dict(stored.fields), "findings": list(rows)}, ensure_ascii=False, indent=1).encode() + b"\n"


def as_csv(profile: Profile, rows: Sequence[dict[str, Any]]) -> bytes:
    """RFC 4180, the marking in the first column of every line; nothing in it is run by a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    columns = [one.name for one in profile.fields]
    writer.writerow(["marking", "recipient", *columns, "statements"])
    for row in rows:
        said = " | ".join(f"{one['name']} ({one['organisation'] or one['party']}): {one['text']}"
                          for one in row["statements"])
        writer.writerow([cell(text) for text in (
            profile.marking, profile.stored.recipient, *(_text(row[one]) for one in columns), said)])
    return out.getvalue().encode()


def name(profile: Profile, format: str, now: datetime) -> str:
    """What the file is called: its marking is in the name too."""
    label = profile.marking.lower().replace(":", "-").replace("+", "-")
    return f"hustings-{profile.stored.id}-{now:%Y-%m-%d}-{label}.{format}"


def _text(value: Any) -> str:
    return "" if value is None else ("yes" if value else "no") if isinstance(value, bool) else str(value)
