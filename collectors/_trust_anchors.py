"""Keys that DNSSEC may start from: the root's, and those the office declares for zones of its own."""

from __future__ import annotations

import re
from typing import Any

from collectors.host.protocol import LookError
from hustings.facts import Reason

ROOT_KEYS = (
    ". 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    ". 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
)
"""The root's keys of 2017 and 2024, as IANA publishes them (data.iana.org/root-anchors)."""
_FORM = re.compile(r"(\S+?)\.?\s+(?:(?:\d+\s+)?(?:IN\s+)?DS\s+)?(\d{1,5})\s+(\d{1,3})\s+([124])\s+([0-9A-Fa-f\s]+)")
_DIGITS = {"1": 40, "2": 64, "4": 96}
"""Of each kind of digest: SHA-1, SHA-256, SHA-384."""


def parse(text: str) -> tuple[str, str]:
    """The zone and the DS record of one declared key; raises ``LookError``."""
    found = _FORM.fullmatch(text.strip())
    digest = re.sub(r"\s", "", found[5]) if found else ""
    if found is None or len(digest) != _DIGITS[found[4]] or int(found[2]) > 65535 or int(found[3]) > 255:
        raise LookError(Reason.ERROR, f"trust_anchors: {text[:60]!r} is no DS record: write zone, key tag, algorithm, "
                                      "digest type and digest")
    zone = found[1].lower() if text.strip()[0] != "." else "."
    return zone, f"{found[2]} {found[3]} {found[4]} {digest}"


def anchors(declared: tuple[str, ...]) -> dict[str, list[Any]]:
    """DS records by zone, of the root and of the declared zones; raises ``LookError`` for text that is none. A
    declared key of the root counts beside IANA's."""
    import dns.rdata

    found: dict[str, list[Any]] = {}
    for text in (*ROOT_KEYS, *declared):
        zone, record = parse(text)
        found.setdefault(zone, []).append(dns.rdata.from_text("IN", "DS", record))
    return found
