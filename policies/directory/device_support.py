"""Until when the systems of managed devices are supported, by the same table as those of machines with an agent.

A directory names no edition. Where editions end on different days, the device is supported until the first of them
and out of support after the last; in between nobody can say. That no end was announced is believed for a year after
the table was made.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from hustings.facts import Listing, Missing, Reason
from policies.lifecycle import FREE, End, Match, Period, Table, Why, latest

PRODUCTS = {"windows": "windows", "macos": "macos", "ios": "ios", "ipados": "ipados", "android": "android"}
"""Operating systems as directories name them, and the table's ids."""


OPEN_FOR = timedelta(days=365)


def with_support(devices: Any, table: Table | Missing, today: date) -> Any:
    """The answer for ``directory.devices`` with ``support`` and ``support_ends`` of each, unless the directory itself
    tells them; anything else as it is."""
    if not isinstance(devices, Listing):
        return devices
    items = [one if "support" in one else {**one, **_support(one, table, today)} for one in devices.items]
    return Listing(items, devices.complete, devices.why)


def _support(device: Mapping[str, Any], table: Table | Missing, today: date) -> dict[str, Any]:
    if isinstance(table, Missing):
        return _unknown(table)
    for part in ("os", "version"):
        said = device.get(part)
        if isinstance(said, Missing):
            return _unknown(said)
        if not said:
            return _unknown(Missing(Reason.ERROR, f"the directory does not say the device's {part}"))
    system, version = str(device["os"]).casefold(), str(device["version"])
    if system not in PRODUCTS:
        return _unknown(Missing(Reason.UNSUPPORTED, f"the table of support dates has no {system}"))
    found = table.cycle(PRODUCTS[system], version)
    if isinstance(found, Match):
        return _known(latest(found.cycle.periods, FREE), current=today - table.looked_up <= OPEN_FOR)
    if found.why is Why.EDITION:
        ends = _editions(table, PRODUCTS[system], version)
        if ends and today <= min(ends):
            return {"support": str(End.DATED), "support_ends": min(ends).isoformat()}
        if ends and today > max(ends):
            return {"support": str(End.DATED), "support_ends": max(ends).isoformat()}
    return _unknown(Missing(Reason.ERROR, found.detail))


def _known(period: Period | None, *, current: bool) -> dict[str, Any]:
    if period is None:
        return {"support": str(End.OVER)}
    if period.end is End.OPEN and not current:
        return _unknown(Missing(Reason.STALE, "no end was announced when the table of support dates was made"))
    if period.end is End.DATED and period.ends is not None:
        return {"support": str(End.DATED), "support_ends": period.ends.isoformat()}
    return {"support": str(period.end)}


def _editions(table: Table, product: str, version: str) -> list[date]:
    """When free support ends for each edition of a build; empty where one of them has no dated end."""
    known = table.product(product)
    builds = [one for one in known.cycles if one.build and (version + ".").startswith(one.build + ".")] if known else []
    periods = [latest(one.periods, FREE) for one in builds]
    ends = [one.ends for one in periods if one is not None and one.end is End.DATED and one.ends is not None]
    return ends if len(ends) == len(periods) else []


def _unknown(why: Missing) -> dict[str, Any]:
    return {"support": why, "support_ends": why}
