"""hardware: maker, model and firmware, from SMBIOS through ``/sys/class/dmi`` or from the device tree.

The firmware's date is written ``MM/DD/YYYY`` (SMBIOS 3.7, 7.1.1). A machine without either has no such
thing to tell, which is absent.
"""

from __future__ import annotations

import re
from datetime import date
from functools import partial
from typing import Any

from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Platform, Type, gather
from collectors.host.protocol import Host, NotThere, Unreadable
from hustings.declared import Declared

_DMI = "/sys/class/dmi/id"
_MODEL = "/sys/firmware/devicetree/base/model"
_NOTHING = frozenset({
    "", "to be filled by o.e.m.", "default string", "not specified", "system manufacturer",
    "system product name", "none", "unknown",
})
_FILES = {
    "hardware.vendor": "sys_vendor", "hardware.model": "product_name",
    "hardware.firmware_vendor": "bios_vendor", "hardware.firmware_version": "bios_version",
}


def parse_date(text: str) -> str:
    """``2024-05-31`` from ``05/31/2024``. Raises ``Unreadable`` for anything else."""
    match = re.fullmatch(r"(\d{2})/(\d{2})/(\d{4})", text.strip())
    try:
        if match is None:
            raise ValueError(text)
        return date(int(match[3]), int(match[1]), int(match[2])).isoformat()
    except ValueError as error:
        raise Unreadable(f"the firmware's date is written {text.strip()!r}") from error


def collect(host: Host, declared: Declared) -> Collected:
    """Each of the five on its own: some are only for root, some are not filled in."""
    host.list("/sys/class")
    return gather({
        (fact,): lambda fact=fact, name=name: {fact: _text(host, fact, name)} for fact, name in _FILES.items()
    } | {("hardware.firmware_date",): lambda: {"hardware.firmware_date": _date(host)}})


def _text(host: Host, fact: str, name: str) -> Any:
    try:
        text = host.read(f"{_DMI}/{name}").strip()
    except NotThere:
        if fact != "hardware.model":
            return ABSENT
        try:
            text = host.read(_MODEL).strip("\0\n ")
        except NotThere:
            return ABSENT
    return ABSENT if text.lower() in _NOTHING else text


def _date(host: Host) -> Any:
    try:
        text = host.read(f"{_DMI}/bios_date")
    except NotThere:
        return ABSENT
    return parse_date(text) if text.strip() else ABSENT


_fact = partial(Fact, disclosure=Disclosure.SHARED)

COLLECTOR = Collector(
    name="hardware",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        _fact("hardware.vendor", Type.TEXT, "Who made the machine; absent where it does not say"),
        _fact("hardware.model", Type.TEXT, "Its model; absent where it does not say"),
        _fact("hardware.firmware_vendor", Type.TEXT, "Who made its firmware; absent where it does not say"),
        _fact("hardware.firmware_version", Type.TEXT, "The firmware's version; absent where it does not say"),
        _fact("hardware.firmware_date", Type.TIME, "The day the firmware was released; absent where it does not say"),
    ),
    collect=collect,
    reads=("/sys/class/", "/sys/devices/virtual/dmi/id/", _MODEL),
)
