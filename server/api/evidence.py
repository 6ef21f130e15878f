"""What people vouch for, and what the office asked vendors and governments to prove.

Contacts are people's own data and leave the server by no interface.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from hustings.times import Moment
from server.access import rules
from server.api.call import Call
from server.api.endpoint import read
from server.api.paging import Page, Paged, cut
from server.store import attestations as attestations_store
from server.store import evidence_requests as requests_store

_READ = rules.api("evidence:read")


class Attested(msgspec.Struct, frozen=True):
    """What a named person attests. It lifts nothing that a measurement holds down."""

    number: int
    row: str
    """The row of the catalogue."""
    at: Moment
    by: str
    person: str
    function: str
    day: date
    """The day of the fact."""
    until: date
    """The last day on which it holds."""
    file: str
    """The name of the artefact; empty for none."""
    sha256: str
    answers: dict[str, Any]
    note: str
    ended: Moment | None
    """When it was withdrawn."""


class Upload(msgspec.Struct, frozen=True):
    """A file that came in answer."""

    number: int
    at: Moment
    sender: str
    file: str
    size: int
    sha256: str
    decided: Moment | None
    accepted: bool | None
    """Null while nobody decided."""
    note: str


class Requested(msgspec.Struct, frozen=True):
    """A request for evidence. Silence is dated, and is no answer."""

    number: int
    party: str
    """vendor, state or county."""
    recipient: str
    asked: tuple[str, ...]
    assets: tuple[str, ...]
    day: date
    due: date
    closed: Moment | None
    outcome: str
    uploads: list[Upload]


@read("/v1/attestations", _READ)
def attestations(call: Call, asked: Paged) -> Page[Attested]:
    """Every attestation, the oldest first, withdrawn ones too."""
    with call.database.read(call.tenant) as connection:
        found = attestations_store.every(connection, call.tenant)
    return cut(found, asked, lambda one: f"{one.number:020}", lambda one: Attested(
        one.number, one.form, one.at, one.by, one.person, one.function, one.day, one.until, one.file, one.sha256,
        one.answers, one.note, one.ended))


@read("/v1/evidence-requests", _READ)
def requests(call: Call, asked: Paged) -> Page[Requested]:
    """Every request for evidence, the oldest first."""
    with call.database.read(call.tenant) as connection:
        found = requests_store.every(connection, call.tenant)
    return cut(found, asked, lambda one: f"{one.number:020}", _requested)


def _requested(one: requests_store.Request) -> Requested:
    return Requested(one.number, one.party, one.recipient, one.asked, one.assets, one.day, one.due, one.closed,
                     one.outcome, [Upload(each.number, each.at, each.sender, each.file, each.size, each.sha256,
                                          each.decided, each.accepted if each.decided else None, each.note)
                                   for each in one.uploads])


ROUTES = [attestations, requests]
