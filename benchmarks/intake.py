"""Processor time of intake per report, against the sum of its parts measured one by one.

The reports are this machine's own, whole inventory included, from several agents. The parts: verify the
signature, hash the payload, inflate the frame, decode envelope and report, and one durable commit of a
frame and a row for a group of fifty.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import sqlalchemy as sa
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from agent import audit as audits
from benchmarks.process import cpu_of
from benchmarks.table import Row
from hustings import envelope, keys, report
from hustings.declared import Declared
from hustings.facts import disclose
from policies import pack as packs
from server.intake import Body, Intake
from server.store import agents, migrate, tenants
from server.store.database import WHOLE_SERVER, Database

AGENTS = 10
EACH = 40
GROUP = 50


def measure(runs: int) -> list[Row]:
    """Rows for intake on SQLite and PostgreSQL."""
    from tests.postgres import running

    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        rows.append(_row("SQLite", lambda number: f"sqlite:///{Path(scratch, f'{number}.db')}", runs))
    with running(fsync="on") as server:
        rows.append(_row("PostgreSQL", lambda number: server.dsn(server.create_database()), runs))
    return rows


def _row(name: str, url: Callable[[int], str], runs: int) -> Row:
    wholes, sums, said = [], [], ""
    for number in range(max(1, runs // 2)):
        database = Database(url(number))
        try:
            migrate.migrate(database)
            whole, parts = _once(database)
        finally:
            database.close()
        wholes.append(whole)
        sums.append(sum(parts.values()))
        said = ", ".join(f"{part} {1000 * seconds:.2f}" for part, seconds in parts.items())
    whole, floor = sorted(wholes)[len(wholes) // 2], sorted(sums)[len(sums) // 2]
    return Row(f"intake of a report, {name}", f"{1000 * whole:.2f} ms", f"sum of parts {1000 * floor:.2f} ms ({said})",
               f"{100 * floor / whole:.0f} % of the parts' speed", "50 %")


def _once(database: Database) -> tuple[float, dict[str, float]]:
    """Seconds per report of the whole, and of each part."""
    private = [Ed25519PrivateKey.generate() for _ in range(AGENTS)]
    now = datetime.now(UTC)
    with database.write(WHOLE_SERVER) as connection:
        tenant = tenants.create(connection, "bench", now).id
        for number, key in enumerate(private):
            public = keys.public_bytes(key)
            agents.add(connection, agents.Agent(
                id=f"agent{number}", tenant=tenant, public_key=public, key_id=keys.key_id(public),
                state=agents.State.APPROVED, host=f"host{number}", roles=(), site="", enrolled=now, revoked=None))
    frames = _frames(tenant, private, now)
    intake = Intake(database, lambda: datetime.now(UTC))

    async def take() -> None:
        await asyncio.gather(*(intake.accept(Body(frame, True)) for frame in frames))

    try:
        whole = cpu_of(lambda: asyncio.run(take())) / len(frames)
    finally:
        intake.close()
    return whole, _parts(database, frames, private)


def _frames(tenant: str, private: list[Ed25519PrivateKey], now: datetime) -> list[bytes]:
    """Signed, compressed reports: each agent's in sequence, all agents interleaved."""
    found = audits.audit(audits.open_host(), Declared(), packs.shipped())
    inventory, facts = audits.inventory(found.facts), disclose(found.facts, audits.registry())
    frames, previous = [], [None] * AGENTS
    epochs = [secrets.token_hex(8) for _ in private]
    pack_frame = zstandard.ZstdCompressor(level=3).compress
    for sequence in range(1, EACH + 1):
        for number, key in enumerate(private):
            payload = report.encode(report.Report(
                schema=report.SCHEMA, tenant=tenant, agent=f"agent{number}", epoch=epochs[number], sequence=sequence,
                previous=previous[number], times=report.Times(now, 1.0, "boot"), agent_version="0",
                pack=found.pack.digest, host=f"host{number}", roles=(), inventory=inventory, facts=facts,
                results=tuple(found.results), spool=report.Spool(0, 0), privileges=()))
            previous[number] = envelope.digest(payload)  # type: ignore[call-overload]
            frames.append(pack_frame(envelope.sign(payload, envelope.REPORT, key)))
    return frames


def _parts(database: Database, frames: list[bytes], private: list[Ed25519PrivateKey]) -> dict[str, float]:
    inflate = zstandard.ZstdDecompressor().decompress
    texts = [inflate(frame) for frame in frames]
    sealed = [msgspec.json.decode(text, type=envelope.Envelope) for text in texts]
    payloads = [base64.b64decode(one.payload) for one in sealed]
    signatures = [base64.b64decode(one.signatures[0].sig) for one in sealed]
    publics = [Ed25519PublicKey.from_public_bytes(keys.public_bytes(key)) for key in private]
    covered = [envelope.pae(envelope.REPORT, payload) for payload in payloads]
    decoder = msgspec.json.Decoder(report.Report)
    count = len(frames)
    return {
        "verify": cpu_of(lambda: [publics[i % AGENTS].verify(signatures[i], covered[i]) for i in range(count)]) / count,
        "hash": cpu_of(lambda: [hashlib.sha256(payload).digest() for payload in payloads]) / count,
        "inflate": cpu_of(lambda: [inflate(frame) for frame in frames]) / count,
        "decode": cpu_of(lambda: [
            (base64.b64decode(msgspec.json.decode(text, type=envelope.Envelope).payload), decoder.decode(payload))
            for text, payload in zip(texts, payloads, strict=True)]) / count,
        "commit": cpu_of(lambda: _commit(database, frames)) / count,
    }


def _commit(database: Database, frames: list[bytes]) -> None:
    """Groups of fifty: each frame with a small row, one transaction a group."""
    metadata = sa.MetaData()
    table = sa.Table(f"floor_{os.getpid()}", metadata, sa.Column("id", sa.Integer, primary_key=True),
                     sa.Column("frame", sa.LargeBinary), sa.Column("digest", sa.Text), sa.Column("row", sa.LargeBinary))
    with database.write(WHOLE_SERVER) as connection:
        metadata.create_all(connection)
    for start in range(0, len(frames), GROUP):
        rows = [{"frame": frame, "digest": "sha256:" + 64 * "0", "row": frame[:200]}
                for frame in frames[start:start + GROUP]]
        with database.write(WHOLE_SERVER) as connection:
            connection.execute(sa.insert(table), rows)
