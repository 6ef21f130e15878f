"""Entering and withdrawing attestations, in the transaction that also writes the audit trail."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.engine import Connection

from policies.attestations import Form, Kind, Question
from server.attestations import typed
from server.pages.language import N_
from server.records import Asset
from server.spoken import Spoken
from server.store import attestations, audit
from server.store.attestations import Attestation
from server.store.people import Role

MAY_ATTEST = frozenset({Role.ADMINISTRATOR, Role.STAFF, Role.OFFICIAL})
"""Who may enter any attestation at all; each form says who may enter it."""
OLDEST = timedelta(days=1100)
"""How long ago a fact may be to be attested."""
ASSETS = 5_000
_HASH = re.compile(r"(sha256:)?([0-9a-fA-F]{64})\Z")


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file behind an attestation: its name and digest, and its size where the server read it itself."""

    name: str = ""
    sha256: str = ""
    size: int | None = None


def read(form: Form, data: Mapping[str, object], sent: Artefact | None, assets: Sequence[Asset],
         voting_days: tuple[date, ...], *, by: str, now: datetime) -> Attestation:
    """The attestation that was typed. ``sent`` is the file that came with it. Raises ``Spoken``."""
    today = now.astimezone(UTC).date()
    person = typed.line(data, "person")
    function = typed.line(data, "function")
    day = typed.day(data, "day", first=today - OLDEST, last=today)
    answers = {one.name: _answer(one, data, assets) for one in form.fields}
    artefact = _artefact(form, data, sent)
    note = typed.text(data, "note", required=False)
    return Attestation(0, form.id, now, by, person, function, day, form.life.until(day, voting_days), artefact.name,
                       artefact.size, artefact.sha256, answers, note)


def enter(connection: Connection, tenant: str, one: Attestation) -> int:
    """Write it down. Returns its number."""
    number = attestations.add(connection, tenant, one)
    audit.record(connection, tenant, one.at, one.by, "attestation.enter", one.form, {
        "number": number, "person": one.person, "until": one.until.isoformat(), "sha256": one.sha256})
    return number


def withdraw(connection: Connection, tenant: str, form: str, number: int, reason: str, *, by: str,
             now: datetime) -> None:
    """Withdraw the attestation in force. Raises ``Spoken`` where there is none of that number, or no reason."""
    reason = typed.text({"reason": reason}, "reason", most=1000)
    found = attestations.every(connection, tenant, form)
    if not found or found[-1].number != number or found[-1].ended is not None:
        raise Spoken(N_("That attestation is not the one in force."), N_("Read the page again."), field="reason")
    attestations.end(connection, tenant, number, at=now, by=by, reason=reason)
    audit.record(connection, tenant, now, by, "attestation.withdraw", form, {"number": number, "reason": reason})


def _answer(question: Question, data: Mapping[str, object], assets: Sequence[Asset]) -> object:
    field = f"answer-{question.name}"
    if question.kind is Kind.YES:
        return typed.one_of(data, field, ("yes", "no")) == "yes"
    if question.kind is Kind.COUNT:
        return typed.count(data, field, question.most)
    if question.kind is Kind.DAY:
        return typed.day(data, field).isoformat()
    if question.kind is Kind.CHOICE:
        return typed.one_of(data, field, tuple(one.value for one in question.options))
    if question.kind is Kind.WORDS:
        return typed.line(data, field, most=400)
    known = {one.name for one in concerned(question, assets)}
    chosen = typed.several(data, field)[:ASSETS]
    if not known.issuperset(chosen):
        raise Spoken(N_("The inventory holds no such system."), N_("Read the page again, and choose anew."),
                     field=field)
    return sorted(set(chosen))


def concerned(question: Question, assets: Sequence[Asset]) -> list[Asset]:
    """The assets of the inventory that a question is about."""
    return [one for one in assets if not set(question.roles).isdisjoint(one.roles)]


def _artefact(form: Form, data: Mapping[str, object], sent: Artefact | None) -> Artefact:
    given = typed.line(data, "sha256", most=80, required=False)
    name = typed.line(data, "file_name", most=200, required=False)
    if sent is not None:
        if given and _digest(given) != sent.sha256:
            raise Spoken(N_("The file that was sent has another SHA-256 than the one that was typed."),
                         N_("Send the file alone, or type the SHA-256 alone."), field="file")
        return sent
    if given:
        return Artefact(name or "?", _digest(given))
    if form.artefact == "required":
        raise Spoken(N_("This attestation needs a file behind it."),
                     N_("Choose the file, or type its name and SHA-256."), field="file")
    return Artefact()


def _digest(text: str) -> str:
    found = _HASH.match(text)
    if found is None:
        raise Spoken(N_("That is no SHA-256."), N_("It has 64 digits from 0 to 9 and a to f."), field="sha256")
    return found.group(2).lower()
