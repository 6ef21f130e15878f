"""apt's ``InRelease`` files: which archive this is, when it was made, and until when it speaks.

Format: https://wiki.debian.org/DebianRepository/Format, "Release" files. apt has verified the signature.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from collectors.host.protocol import Stat, Unreadable

_CREDIBLE = timedelta(days=7)
_SKEW = timedelta(hours=1)
_DATE = re.compile(r"\w{3}, +(\d{1,2}) (\w{3}) (\d{4}) +(\d{1,2}):(\d{2}):(\d{2}) (?:UTC|GMT|Z|\+0000)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FIELD = re.compile(r"^([A-Za-z-]+): (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Release:
    """The head of a release file."""

    label: str
    suite: str
    codename: str
    date: datetime
    valid_until: datetime | None
    sizes: dict[str, int]
    """The size of each uncompressed package index it lists, by name such as ``main/binary-amd64/Packages``."""


def parse(text: str) -> Release:
    """Raises ``Unreadable`` if it has no date."""
    fields = dict(_FIELD.findall(text[:20_000]))
    if "Date" not in fields:
        raise Unreadable("a release file without a date")
    sizes = {name: int(size) for size, name in re.findall(r"^ [0-9a-f]{64} +(\d+) (\S*Packages)$", text, re.MULTILINE)}
    until = fields.get("Valid-Until")
    return Release(fields.get("Label", ""), fields.get("Suite", ""), fields.get("Codename", ""),
                   _time(fields["Date"]), _time(until) if until else None, sizes)


def speaks_for(release: Release, file: Stat, partial: Stat | None) -> datetime:
    """The time an index on disk speaks for: when apt last heard from the archive that this is its state.

    The signed ``Date`` cannot be set by touching files, but a quiet archive keeps an old one. apt moves
    the file aside in ``lists/partial`` and back at each successful update, even if nothing changed, which
    sets the file's ``ctime`` but not its ``mtime``; a failed update sets neither. So:

    * a file whose ``mtime`` is before its own date was tampered with: the older is believed;
    * the update time is the older of that ``ctime`` and the ``mtime`` of ``lists/partial`` (a copied or
      unpacked tree has new ``ctime`` everywhere, but old ``mtime``);
    * it is believed for as long after the date as the archive itself says (``Valid-Until``), or seven
      days; past that, and wherever it is not known, the date alone stands.
    """
    if file.mtime < release.date - _SKEW:
        return file.mtime
    if file.changed is None or partial is None:
        return release.date
    updated = min(file.changed, partial.mtime)
    credible = release.valid_until - release.date if release.valid_until else _CREDIBLE
    return updated if timedelta(0) <= updated - release.date <= credible else release.date


def _time(text: str) -> datetime:
    """The repository format's own date: ``Fri, 20 Nov 2026 00:12:41 UTC``, always in UTC."""
    match = _DATE.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError(text)
        day, month, year, hour, minute, second = match.groups()
        return datetime(int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError as error:
        raise Unreadable(f"not a date of a release file: {text!r}") from error
