"""CISA's catalogue of known exploited vulnerabilities, as JSON.

Format: ``{"catalogVersion", "dateReleased", "count", "vulnerabilities": [{"cveID", "dueDate",
"knownRansomwareCampaignUse", …}]}``. ``count`` guards against a part taken for the whole.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from policies.feeds.advice import Exploited
from policies.feeds.json_members import NotMembers


class _Entry(msgspec.Struct):
    cveID: str  # noqa: N815 - the catalogue's own name
    dueDate: str  # noqa: N815 - the catalogue's own name
    knownRansomwareCampaignUse: str = "Unknown"  # noqa: N815 - the catalogue's own name


class _Catalogue(msgspec.Struct):
    dateReleased: datetime  # noqa: N815 - the catalogue's own name
    count: int
    vulnerabilities: list[_Entry]


def exploited(data: bytes) -> tuple[datetime, list[Exploited]]:
    """When the catalogue was released, and its entries. Raises ``NotMembers``."""
    try:
        catalogue = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_Catalogue)
        entries = [Exploited(one.cveID, _day(one), one.knownRansomwareCampaignUse == "Known")
                   for one in catalogue.vulnerabilities]
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise NotMembers(str(error)) from error
    if catalogue.count != len(entries):
        raise NotMembers(f"it says that it has {catalogue.count} entries, and has {len(entries)}")
    released = catalogue.dateReleased
    return released.replace(tzinfo=UTC) if released.tzinfo is None else released.astimezone(UTC), entries


def _day(entry: _Entry) -> str:
    return datetime.strptime(entry.dueDate, "%Y-%m-%d").replace(tzinfo=UTC).date().isoformat()
