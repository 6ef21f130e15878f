"""Recordings as evidence: what a person recorded on a machine that runs no agent, entered by a person at the console.

The server signs such a report with a key of its own (``application/vnd.hustings.attested-report.v1+json``), so that
it cannot be altered unseen once it is entered; that it is true rests on the two people it names. It joins a chain
like an agent's, under an entry of its own that no agent's key and no request can speak for.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy.engine import Connection

from hustings import envelope, keys, report
from hustings.errors import BadDocument, CannotFinish, UsageError
from hustings.report import Inventory, Report
from server import screen
from server.ledger import CLOCK_TOLERANCE, Ledger, Lists, Opened
from server.problems import Refused
from server.store import agents, audit, frames, reports
from server.store.agents import Agent, State
from server.trust import Claim

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

EPOCH = "recordings"
AGAIN = "record the machine again, and import that"


@dataclass(frozen=True, slots=True)
class Attestation:
    """Who brings a recording in, for which office and when, and what the office says of the machine."""

    tenant: str
    by: str
    at: datetime
    name: str = ""
    """What the machine is called; "" for the name it was recorded under."""
    roles: tuple[str, ...] = ()
    site: str = ""


def enter(connection: Connection, judged: bytes, attestation: Attestation, key_file: Path) -> tuple[Agent, Report]:
    """Enter the report that ``hustings check --recorded … --format report`` wrote; the machine's entry and the report.

    Raises ``BadDocument``, ``UsageError`` for one that is no news or from a future, ``CannotFinish``.
    """
    found = report.decode_report(judged)
    if found.recording is None or not isinstance(found.inventory, Inventory):
        raise BadDocument("not the report of a recording", remedy="import what `hustings record` recorded")
    private = signing_key(key_file)
    machine = _machine(connection, found, attestation, keys.public_bytes(private))
    document = _placed(connection, found, machine, attestation)
    screen.report(document)
    payload = report.encode(document)
    signed = envelope.sign(payload, envelope.ATTESTED, private)
    claim = Claim(machine.tenant, machine.id, document.epoch, document.sequence, document.sequence, document.previous,
                  envelope.digest(payload))
    names: Lists = {}
    ledger = Ledger(connection, attestation.at, names, {machine.id})
    answer = ledger.enter(Opened(machine, document, claim, report.section_digest(found.inventory), frames.pack(signed)))
    if isinstance(answer, Refused):
        raise UsageError(f"it was refused: {answer.kind} {answer.detail}".rstrip(), remedy=AGAIN)
    ledger.settle(machine.tenant)
    assert document.recording is not None
    audit.record(connection, machine.tenant, attestation.at, attestation.by, "recording.import", machine.id, {
        "host": document.host, "recording": document.recording.digest, "report": claim.digest,
        "recorded_by": document.recording.recorded_by})
    return machine, document


def _machine(connection: Connection, found: Report, attestation: Attestation, public: bytes) -> Agent:
    """The entry of the recorded machine, made the first time."""
    name = attestation.name or found.host
    for one in agents.every(connection, attestation.tenant):
        if one.recorded and one.host.casefold() == name.casefold():
            if one.state is not State.APPROVED:
                raise UsageError(f"{name} was revoked: nothing more is taken of it", where=one.id,
                                 remedy="give the machine another --name if it is another one")
            if one.public_key != public:
                raise CannotFinish("the server's key for recordings is not the one that signed before", where=name,
                                   remedy="restore recordings.key from a backup, or import under another --name")
            return one
    number = secrets.token_hex(12)
    made = Agent(id=number, tenant=attestation.tenant, public_key=public, key_id=f"{agents.RECORDED}{number}",
                 state=State.APPROVED, host=name, roles=attestation.roles or found.roles, site=attestation.site,
                 enrolled=attestation.at, revoked=None)
    agents.add(connection, made)
    return made


def _placed(connection: Connection, found: Report, machine: Agent, attestation: Attestation) -> Report:
    recording = found.recording
    assert recording is not None
    if recording.recorded_at - attestation.at > CLOCK_TOLERANCE:
        raise UsageError(f"it says it was recorded later than now, {recording.recorded_at:%Y-%m-%dT%H:%M:%SZ}",
                         remedy="set that machine's clock and record it again")
    last = reports.latest(connection, machine.tenant, machine.id)
    before = last.report.recording if last else None
    if before is not None and before.digest == recording.digest:
        raise UsageError("this recording was imported before", where=machine.host, remedy=AGAIN)
    if before is not None and before.recorded_at >= recording.recorded_at:
        raise UsageError(f"a newer recording of it is here already, of {before.recorded_at:%Y-%m-%dT%H:%M:%SZ}",
                         where=machine.host, remedy=AGAIN)
    return msgspec.structs.replace(
        found, tenant=machine.tenant, agent=machine.id, epoch=EPOCH, host=machine.host,
        sequence=last.report.sequence + 1 if last else 1, previous=last.digest if last else None,
        recording=msgspec.structs.replace(recording, attested_by=attestation.by, attested_at=attestation.at))


def signing_key(file: Path) -> Ed25519PrivateKey:
    """The server's key for people's word, made on first use. Raises ``ConfigError``, ``CannotFinish``."""
    try:
        return keys.load(file) if file.exists() else keys.create(file)
    except OSError as error:
        raise CannotFinish(f"the key for recordings cannot be used: {error.strerror}", where=str(file),
                           remedy="run as the user who owns the data directory") from error
