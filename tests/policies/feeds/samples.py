"""Feeds in small: true entries of the public feeds (ids, versions, dates), texts left out."""

from __future__ import annotations

import json
from typing import Any

NOT_YET = "not yet assigned"


def resolved(fixed: str, urgency: str = NOT_YET) -> dict[str, Any]:
    return {"status": "resolved", "repositories": {}, "fixed_version": fixed, "urgency": urgency}


def still_open(urgency: str = NOT_YET, **more: str) -> dict[str, Any]:
    return {"status": "open", "repositories": {}, "urgency": urgency, **more}


def issue(**releases: Any) -> dict[str, Any]:
    return {"description": "a { brace and a \\ \"quote\"", "scope": "local", "releases": releases}


TRACKER: dict[str, dict[str, Any]] = {
    "glibc": {
        "CVE-2023-4911": issue(bookworm=resolved("2.36-9+deb12u3"), bullseye=resolved("2.31-13+deb11u7"),
                               sid=resolved("2.37-12")),
        "CVE-2019-1010022": issue(bookworm=still_open("unimportant"), bullseye=still_open("unimportant")),
    },
    "linux": {
        "CVE-2024-1086": issue(bookworm=resolved("6.1.76-1"), bullseye=resolved("5.10.216-1")),
        "CVE-2013-7445": issue(bookworm=still_open()),
    },
    "nghttp2": {"CVE-2023-44487": issue(bookworm=resolved("1.52.0-1+deb12u1"), bullseye=resolved("1.43.0-1+deb11u1"))},
    "sudo": {"CVE-2021-3156": issue(bookworm=resolved("1.9.5p2-3"), bullseye=resolved("1.9.5p2-3"))},
    "systemd": {"CVE-2013-4392": issue(bookworm=still_open("unimportant"))},
    "varnish": {"CVE-2023-44487": issue(bookworm=still_open(nodsa="", nodsa_reason="postponed"))},
    "xz-utils": {"CVE-2024-3094": issue(bookworm=resolved("0", "high"), sid=resolved("5.6.1+really5.4.5-1", "high"))},
    "zlib": {"CVE-2023-45853": issue(bookworm=still_open(nodsa="minizip is not built", nodsa_reason="ignored"))},
    "php8.2": {"CVE-2026-99999": issue(bookworm={"status": "undetermined", "urgency": NOT_YET})},
}
"""Debian's tracker: source package, vulnerability, release."""


def entry(cve: str, due: str, ransomware: str = "Unknown") -> dict[str, Any]:
    return {"cveID": cve, "vendorProject": "v", "product": "p", "vulnerabilityName": "n", "dateAdded": "2021-11-03",
            "shortDescription": "", "requiredAction": "", "dueDate": due, "knownRansomwareCampaignUse": ransomware,
            "notes": "", "cwes": []}


KEV_ENTRIES = [entry("CVE-2021-3156", "2022-04-27"), entry("CVE-2023-44487", "2023-10-31"),
               entry("CVE-2023-4911", "2023-12-12"), entry("CVE-2024-1086", "2024-06-20", "Known")]
KEV: dict[str, Any] = {"title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": "2026.11.20",
                       "dateReleased": "2026-11-20T17:55:04.5466Z", "count": len(KEV_ENTRIES),
                       "vulnerabilities": KEV_ENTRIES}


def affected(ecosystem: str, name: str, *events: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"package": {"ecosystem": ecosystem, "name": name, "purl": "pkg:deb/debian/x?arch=source"},
            "ranges": [{"type": "ECOSYSTEM", "events": list(events)}], "versions": ["1"], **more}


def fixed(version: str, introduced: str = "0") -> tuple[dict[str, str], dict[str, str]]:
    return {"introduced": introduced}, {"fixed": version}


def osv(name: str, *packages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": name, "modified": "2026-11-20T10:00:00Z", "published": "2023-10-03T18:15:10Z",
            "schema_version": "1.7.3", "affected": list(packages), **more}


OSV: list[dict[str, Any]] = [
    osv("DEBIAN-CVE-2023-4911", affected("Debian:12", "glibc", *fixed("2.36-9+deb12u3"),
                                         ecosystem_specific={"urgency": NOT_YET}), upstream=["CVE-2023-4911"]),
    osv("UBUNTU-CVE-2023-4911", affected("Ubuntu:22.04:LTS", "glibc", *fixed("2.35-0ubuntu3.4")),
        upstream=["CVE-2023-4911"], severity=[{"type": "Ubuntu", "score": "high"}]),
    osv("RLSA-2023:5453", affected("Rocky Linux:9", "glibc", *fixed("0:2.34-60.el9_2.7")),
        upstream=["CVE-2023-4527", "CVE-2023-4806", "CVE-2023-4911"]),
    osv("ALPINE-CVE-2023-5363", affected("Alpine:v3.18", "openssl", *fixed("3.1.4-r0")), upstream=["CVE-2023-5363"]),
    osv("PYSEC-2023-1", affected("PyPI", "requests", *fixed("2.31.0")), aliases=["CVE-2023-32681"]),
]


def text(document: Any) -> bytes:
    return json.dumps(document).encode()
