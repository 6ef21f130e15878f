"""Debian's security tracker, as its one JSON document: source package, vulnerability, release.

Format: ``{"openssl": {"CVE-…": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "…",
"urgency": "…", "nodsa_reason": "…"}}}}}`` (security-tracker, ``tracker_service.py``). A fixed version of
``0`` means that the release never was affected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from policies.feeds.advice import Advice
from policies.feeds.json_members import NotMembers, members

_STATES = frozenset({"open", "resolved", "undetermined"})


class _Release(msgspec.Struct):
    status: str
    fixed_version: str = ""
    urgency: str = ""
    nodsa: str | None = None
    nodsa_reason: str | None = None


class _Issue(msgspec.Struct):
    releases: dict[str, _Release]


_DECODER = msgspec.json.Decoder(dict[str, _Issue])


def advices(read: Callable[[int], bytes]) -> Iterator[Advice]:
    """Every line of the tracker. Raises ``NotMembers`` for another document or one that ends early."""
    for package, value in members(read):
        try:
            issues = _DECODER.decode(value)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise NotMembers(f"{package}: {error}") from error
        for cve, issue in issues.items():
            for release, said in issue.releases.items():
                if said.status not in _STATES:
                    raise NotMembers(f"{package} {cve} {release}: no status {said.status!r} is known")
                if said.status != "resolved" or said.fixed_version != "0":
                    yield _advice(f"debian/{release}", package, cve, said)


def _advice(space: str, package: str, cve: str, said: _Release) -> Advice:
    urgency = said.urgency.rstrip("*").lower()
    if said.status == "resolved" and said.fixed_version:
        return Advice(space, package, cve, said.fixed_version, urgency=urgency)
    state = "undetermined" if said.status != "open" else said.nodsa_reason or ("no-dsa" if said.nodsa else "")
    return Advice(space, package, cve, "", urgency=urgency, state=state)
