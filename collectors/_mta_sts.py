"""The policy by which a domain tells mail servers to come by TLS or not at all (MTA-STS, RFC 8461). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from collectors._http_probe import Page

PATH = "/.well-known/mta-sts.txt"
SIZE = 64 << 10
MODES = ("enforce", "testing", "none")
LONGEST = 31557600
"""Seconds that ``max_age`` may be at most (3.2)."""


@dataclass(frozen=True)
class Policy:
    """What was published. With any of ``faults`` no mail server heeds it."""

    mode: str = ""
    max_age: int | None = None
    patterns: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def parse(page: Page) -> Policy:
    """A policy from the answer of its host. Redirects are not followed (3.3), and only 200 counts."""
    if page.redirects:
        return Policy(faults=(f"its host redirects ({page.status}), which mail servers do not follow",))
    if page.status != 200:
        return Policy(faults=(f"its host answers {page.status}",))
    faults: list[str] = []
    if page.header("Content-Type").partition(";")[0].strip().lower() != "text/plain":
        faults.append("it is not served as text/plain")
    fields: dict[str, list[str]] = {}
    for line in page.body.decode("utf-8", "replace").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip(), []).append(value.strip())
    version, mode, age = (fields.get(one, [""])[0] for one in ("version", "mode", "max_age"))
    if version != "STSv1":
        faults.append("it does not say version: STSv1")
    if mode not in MODES:
        faults.append("it names no mode: enforce, testing or none")
    seconds = int(age) if age.isascii() and age.isdigit() and len(age) <= 10 else None
    if seconds is None or seconds > LONGEST:
        faults.append("max_age is missing or no number of seconds up to a year")
    patterns = tuple(one.rstrip(".").lower() for one in fields.get("mx", []))
    if not patterns and mode != "none":
        faults.append("it names no mail hosts (mx)")
    return Policy(mode if mode in MODES else "", seconds, patterns, tuple(faults))


def covers(pattern: str, host: str) -> bool:
    """Whether a pattern is good for a mail host: the name, or ``*`` in place of its first label (4.1)."""
    host = host.rstrip(".").lower()
    return host == pattern or (pattern.startswith("*.") and host.partition(".")[2] == pattern[2:])
