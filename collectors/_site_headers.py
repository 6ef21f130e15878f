"""What the headers of a site promise to browsers. Pure: values in, fields of a record out."""

from __future__ import annotations

from typing import Any

from collectors._http_probe import Page


def record(page: Page) -> dict[str, Any]:
    """``HEADERS`` of an answer."""
    seconds, directives = hsts(page.header("Strict-Transport-Security"))
    policy = page.every("Content-Security-Policy")
    return {
        "hsts": seconds, "hsts_subdomains": "includesubdomains" in directives, "hsts_preload": "preload" in directives,
        "content_policy": any(_directives(one) for one in policy.split(",")),
        "framing": _framed(policy, page.header("X-Frame-Options")),
        "no_sniffing": page.header("X-Content-Type-Options").split(",")[0].strip().lower() == "nosniff",
        "referrer": _referrer(page.every("Referrer-Policy")),
    }


def hsts(value: str) -> tuple[int, set[str]]:
    """Seconds and directives of a Strict-Transport-Security header; (0, none) for one that browsers ignore: without
    ``max-age``, or with a directive twice (RFC 6797, 6.1)."""
    seen: dict[str, str] = {}
    for part in value.split(";"):
        name, _, given = part.partition("=")
        name = name.strip().lower()
        if not name:
            continue
        if name in seen:
            return 0, set()
        seen[name] = given.strip().strip('"')
    age = seen.get("max-age", "")
    if not (age.isascii() and age.isdigit()):
        return 0, set()
    return min(int(age[:12]), 100 * 366 * 86400), set(seen) - {"max-age"}


def _directives(policy: str) -> dict[str, list[str]]:
    parts = (part.split() for part in policy.split(";"))
    return {words[0].lower(): [one.lower() for one in words[1:]] for words in parts if words}


def _framed(policy: str, old: str) -> bool:
    """``frame-ancestors`` overrides X-Frame-Options (CSP level 3, 6.4.2), unless it lets everybody in."""
    asked = [found["frame-ancestors"] for one in policy.split(",") if "frame-ancestors" in (found := _directives(one))]
    if asked:
        return any("*" not in one and not {"http:", "https:"} & set(one) for one in asked)
    return old.split(",")[0].strip().upper() in ("DENY", "SAMEORIGIN")


_REFERRER = {"no-referrer", "same-origin", "origin", "strict-origin", "origin-when-cross-origin",
             "strict-origin-when-cross-origin"}


def _referrer(value: str) -> bool:
    """The last word that browsers know counts (Referrer Policy, 8.1)."""
    known = [word.strip().lower() for word in value.split(",")
             if word.strip().lower() in _REFERRER | {"unsafe-url", "no-referrer-when-downgrade"}]
    return bool(known) and known[-1] in _REFERRER
