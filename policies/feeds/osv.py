"""OSV records (https://ossf.github.io/osv-schema/): one JSON document for each advisory.

Only packages of Linux distributions are taken. An advisory's vulnerabilities are the CVE ids among its own
id, its aliases and what it says it derives from; an advisory without one keeps its own id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from policies.feeds.advice import Advice, scheme_of
from policies.feeds.json_members import NotMembers

_CVE = re.compile(r"(?:^|-)(CVE-[0-9]{4}-[0-9]{4,})\Z")


class _Event(msgspec.Struct):
    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None


class _Range(msgspec.Struct):
    type: str
    events: list[_Event]


class _Package(msgspec.Struct):
    ecosystem: str
    name: str


class _Severity(msgspec.Struct):
    type: str
    score: str


class _Affected(msgspec.Struct):
    package: _Package | None = None
    ranges: list[_Range] = []
    versions: list[str] = []
    ecosystem_specific: dict[str, Any] | None = None
    severity: list[_Severity] | None = None


class Record(msgspec.Struct):
    """The parts of an OSV record that matter here. ``id`` and ``modified`` are what every record has."""

    id: str
    modified: datetime
    withdrawn: datetime | None = None
    aliases: list[str] | None = None
    upstream: list[str] | None = None
    related: list[str] | None = None
    affected: list[_Affected] | None = None
    severity: list[_Severity] | None = None
    database_specific: dict[str, Any] | None = None


_DECODER = msgspec.json.Decoder(Record)


def record(data: bytes) -> Record:
    """Raises ``NotMembers`` if it is no OSV record."""
    try:
        return _DECODER.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotMembers(str(error)) from error


def advices(said: Record) -> Iterator[Advice]:
    """The lines of one record about packages of distributions."""
    if said.withdrawn is not None:
        return
    cves = _cves(said)
    for affected in said.affected or ():
        if affected.package is None or scheme_of(affected.package.ecosystem) is None:
            continue
        urgency = _urgency(said, affected)
        for introduced, fixed, state in _spans(affected):
            for cve in cves:
                yield Advice(affected.package.ecosystem, affected.package.name, cve, fixed, introduced, urgency, state)


def _cves(said: Record) -> list[str]:
    own = _CVE.search(said.id)
    if own is not None:
        return [own[1]]
    named = [*(said.aliases or ()), *(said.upstream or ()), *(said.related or ())]
    found = [match[1] for match in map(_CVE.search, named) if match is not None]
    return list(dict.fromkeys(found)) or [said.id]


def _spans(affected: _Affected) -> list[tuple[str, str, str]]:
    """(introduced, fixed, state) of each stretch of affected versions. A last affected version is no fixed one,
    and a list of versions says nothing of those it does not name: both are for a person to review."""
    spans: list[tuple[str, str, str]] = []
    for one in affected.ranges:
        if one.type != "ECOSYSTEM":
            continue
        introduced: str | None = None
        for event in one.events:
            if event.introduced is not None:
                introduced = event.introduced
            elif introduced is not None and (event.fixed is not None or event.last_affected is not None):
                spans.append((_start(introduced), event.fixed or "", "" if event.fixed else "undetermined"))
                introduced = None
        if introduced is not None:
            spans.append((_start(introduced), "", ""))
    return spans or ([("", "", "undetermined")] if affected.versions else [])


def _start(introduced: str) -> str:
    return "" if introduced == "0" else introduced


def _urgency(said: Record, affected: _Affected) -> str:
    specific = _text(affected.ecosystem_specific, "urgency")
    if specific:
        return specific
    rated: list[_Severity] = [*(affected.severity or ()), *(said.severity or ())]
    for one in rated:
        if one.type == "Ubuntu":
            return one.score.lower()
    return _text(said.database_specific, "severity")


def _text(values: dict[str, Any] | None, name: str) -> str:
    value = (values or {}).get(name)
    return value.lower() if isinstance(value, str) else ""
