"""shadow: every line of /etc/shadow, those of no account included.

A line whose account is gone from passwd opens nothing today, and everything once somebody makes an account of
that name again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from collectors import _passwd
from collectors.base import (
    ABSENT,
    Collected,
    Collector,
    Disclosure,
    Fact,
    Field,
    Listing,
    Missing,
    Platform,
    Reason,
    Type,
)
from collectors.host.protocol import Host, LookError, read_optional
from hustings.declared import Declared
from hustings.times import utc_text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def collect(host: Host, declared: Declared) -> Collected:
    text = read_optional(host, "/etc/shadow")
    if text is None:
        return {"shadow.entries": ABSENT}
    entries, faults = _passwd.shadow(text)
    why = Missing(Reason.ERROR, faults[0]) if faults else None
    accounts = _names(host)
    return {"shadow.entries": Listing([record(one, accounts) for one in entries], why is None, why)}


def _names(host: Host) -> set[str] | Missing:
    try:
        return {one.name for one in _passwd.passwd(host.read("/etc/passwd"))[0]}
    except LookError as error:
        return error.missing


def record(entry: _passwd.Shadow, accounts: set[str] | Missing) -> dict[str, Any]:
    """One line as a record. Pure."""
    kind = _passwd.hash_kind(entry.password)
    found: dict[str, Any] = {
        "name": entry.name, "password": kind, "usable": _passwd.usable(kind),
        "has_account": accounts if isinstance(accounts, Missing) else entry.name in accounts,
    }
    if entry.changed:
        try:
            found["changed"] = utc_text(_EPOCH + timedelta(days=entry.changed))
        except OverflowError:
            found["changed"] = Missing(Reason.ERROR, "shadow holds a day beyond the calendar")
    return found


FACTS = (
    Fact("shadow.entries", Type.RECORDS, "Every line of /etc/shadow; absent: there is no such file", Disclosure.COUNTED,
         fields=(
             Field("name", Type.TEXT, "The name in the line"),
             Field("has_account", Type.BOOL, "Whether passwd has an account of that name"),
             Field("password", Type.TEXT, "empty, locked, none, unrecognised or the hash method"),
             Field("usable", Type.BOOL, "Whether a password can match it, an empty one included"),
             Field("changed", Type.TIME, "When the password was last set; absent when not recorded"),
         )),
)

COLLECTOR = Collector(
    name="shadow",
    platforms=frozenset({Platform.LINUX}),
    facts=FACTS,
    collect=collect,
    reads=("/etc/shadow", "/etc/passwd"),
    needs="reading /etc/shadow needs root or the group shadow",
)
