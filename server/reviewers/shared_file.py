"""A file that leaves through a sharing profile: CSV, JSON or SARIF, with its marking in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from policies.model import Pack
from server.exports.writing import as_csv, as_json, as_sarif
from server.reviewers.profiles import Profile

FORMATS = {"csv": "text/csv; charset=utf-8", "json": "application/json", "sarif": "application/sarif+json"}


def write(profile: Profile, format: str, rows: Sequence[dict[str, Any]], pack: Pack, office: str,
          now: datetime) -> bytes:
    """The file of one of ``FORMATS``. ``rows`` went through the profile already."""
    if format == "csv":
        return as_csv(rows, profile.columns, profile.marking)
    if format == "json":
        return as_json(rows, "findings", office, pack.digest, now, profile.marking)
    return as_sarif(rows, pack, office, now, profile.marking)


def name(profile: Profile, format: str, now: datetime) -> str:
    """What the file is called: its marking is in the name too."""
    label = profile.marking.lower().replace(":", "-").replace("+", "-")
    return f"hustings-{profile.stored.id}-{now:%Y-%m-%d}-{label}.{format}"
