"""A large office with a long past, written straight into the store.

Every machine's last report is genuine: signed, whole, with a result of every check of the shipped pack. The older
ones keep what the server reads of them (their rows and verdict vectors); their envelopes are small ones.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hustings import envelope, keys, report
from hustings.report import Hardware, Inventory, Os, Product, Report, Spool, Times
from hustings.verdicts import Result, Verdict
from policies.examples import run
from policies.model import Pack
from server.store import agents, frames, inventory, rebuild, tenants
from server.store.database import WHOLE_SERVER, Database
from server.store.reports import LETTERS
from server.store.schema import check_lists, heads, reports, sections

ROLES = (("office-workstation",),) * 17 + (("pollbook",), ("registration-db",), ("backup-server",))
SITES = ("Town hall", "Annex", "Warehouse", "North branch", "South branch", "East branch", "West branch", "Harbour")
SILENT = 10
"""Assets that no machine speaks for."""
CHANGES = 2
"""Verdicts of one machine that change from one day to the next."""
_BATCH = 20_000


@dataclass(frozen=True)
class Machine:
    """One machine of the office and the key it signs with."""

    id: str
    host: str
    roles: tuple[str, ...]
    key: Ed25519PrivateKey
    results: tuple[Result, ...]


@dataclass(frozen=True)
class Large:
    """The office, and what it takes to make one of its machines report again."""

    tenant: str
    now: datetime
    pack: Pack
    machines: tuple[Machine, ...]


def write(database: Database, pack: Pack, count: int, days: int, now: datetime) -> Large:
    """``count`` machines with a report for each of ``days`` days up to ``now``."""
    rng = random.Random(6)
    known = {verdict: {one.id: _result(one, verdict) for one in pack.checks if one.scope == "machine"}
             for verdict in Verdict}
    with database.write(WHOLE_SERVER) as connection:
        tenant = tenants.create(connection, "Large county", now - timedelta(days=days)).id
        machines = tuple(_enrol(connection, tenant, number, now - timedelta(days=days + 1), rng, pack, known, now)
                         for number in range(count))
        lines = [inventory.Asset(one.host, one.roles, SITES[place % len(SITES)],
                                 "us" if place % 25 else ("vendor", "state", "county")[place % 3], place + 2)
                 for place, one in enumerate(machines)]
        lines += [inventory.Asset(f"silent-{number}", ("office-workstation",), SITES[0], "us", count + number + 2)
                  for number in range(SILENT)]
        inventory.add(connection, tenant, lines, file="inventory.csv", digest="sha256:bench",
                      now=now - timedelta(days=days), by="bench")
        names = [one.check for one in machines[0].results]
        listed = envelope.digest(msgspec.json.encode(tuple(names)))
        connection.execute(sa.insert(check_lists).values(tenant=tenant, digest=listed, checks=names))
        large = Large(tenant, now, pack, machines)
        rows: list[dict[str, Any]] = []
        small = {one.id: sealed(large, replace(one, results=()), 1, now) for one in machines}
        vectors = {one.id: [LETTERS[each.verdict] for each in one.results] for one in machines}
        past: dict[str, list[str]] = {}
        for one in machines:
            vector = vectors[one.id]
            told = ["".join(vector)]
            for _ in range(days - 1):
                for _ in range(CHANGES):
                    place = rng.randrange(len(vector))
                    if vector[place] != "n":
                        vector[place] = rng.choice("ppppppfu")
                told.append("".join(vector))
            past[one.id] = told[::-1]
        for day in range(days):
            for place, one in enumerate(machines):
                at = now - timedelta(days=days - 1 - day, seconds=40 * (count - place))
                last = day == days - 1
                rows.append(_row(large, one, day + 1, at, listed, past[one.id][day],
                                 sealed(large, one, day + 1, at) if last else small[one.id]))
            if len(rows) >= _BATCH:
                connection.execute(sa.insert(reports).inline(), rows)
                rows.clear()
        if rows:
            connection.execute(sa.insert(reports).inline(), rows)
        for place, one in enumerate(machines):
            at = now - timedelta(seconds=40 * (count - place))
            connection.execute(sa.update(heads).where(heads.c.agent == one.id).values(
                epoch="e", sequence=days, digest=f"sha256:{days:064d}", report=days, report_epoch="e", received=at,
                made=at, host=one.host, os="Debian GNU/Linux 12", roles=list(one.roles), pack=pack.digest,
                inventory=report.section_digest(PRODUCTS),
                **{name: past[one.id][-1].count(letter) for name, letter in
                   (("passed", "p"), ("failed", "f"), ("unknown", "u"), ("not_applicable", "n"))}))
            connection.execute(sa.insert(sections).values(
                tenant=tenant, agent=one.id, digest=report.section_digest(PRODUCTS),
                body=frames.pack(msgspec.json.encode(PRODUCTS))))
    return large


def carry(database: Database) -> int:
    """What the heads carry, made from the stored reports; how much was missing."""
    with database.write(WHOLE_SERVER) as connection:
        return len(rebuild.rebuild(connection, write=True))


def sealed(large: Large, one: Machine, sequence: int, at: datetime) -> bytes:
    """A genuine report of a machine, in the frame that the store keeps."""
    return frames.pack(signed(large, one, sequence, at, None))


def signed(large: Large, one: Machine, sequence: int, at: datetime, previous: str | None) -> bytes:
    document = Report(
        schema=report.SCHEMA, tenant=large.tenant, agent=one.id, epoch="e", sequence=sequence, previous=previous,
        times=Times(at, 1.0, "boot"), agent_version="0", pack=large.pack.digest, host=one.host, roles=one.roles,
        inventory=report.Same(report.section_digest(PRODUCTS)), facts={}, results=one.results, spool=Spool(0, 0),
        privileges=())
    return envelope.sign(report.encode(document), envelope.REPORT, one.key)


def _enrol(connection: Any, tenant: str, number: int, at: datetime, rng: random.Random, pack: Pack,
           known: dict[Verdict, dict[str, Result]], now: datetime) -> Machine:
    key = Ed25519PrivateKey.generate()
    public = keys.public_bytes(key)
    roles = ROLES[number % len(ROLES)]
    said = []
    for check in pack.checks:
        if check.scope != "machine":
            continue
        verdict = Verdict.NOT_APPLICABLE if check.roles and not set(check.roles) & set(roles) else rng.choices(
            list(Verdict), (80, 6, 8, 6))[0]
        result = known[verdict][check.id]
        if verdict in (Verdict.PASS, Verdict.FAIL):
            result = msgspec.structs.replace(result, valid_until=now + timedelta(hours=26, seconds=number))
        said.append(result)
    made = Machine(f"agent-{number:05d}", f"machine-{number:05d}", roles, key, tuple(said))
    agents.add(connection, agents.Agent(
        id=made.id, tenant=tenant, public_key=public, key_id=keys.key_id(public), state=agents.State.APPROVED,
        host=made.host, roles=roles, site=SITES[number % len(SITES)], enrolled=at, revoked=None))
    return made


def _result(check: Any, verdict: Verdict) -> Result:
    example = next((one for one in check.examples if one.verdict is verdict), check.examples[0])
    return msgspec.structs.replace(run(check, example), verdict=verdict)


def _row(large: Large, one: Machine, sequence: int, at: datetime, listed: str, vector: str,
         frame: bytes) -> dict[str, Any]:
    return {"tenant": large.tenant, "agent": one.id, "epoch": "e", "first": sequence, "sequence": sequence,
            "kind": "report", "digest": f"sha256:{sequence:064d}", "envelope": frame, "receipt": b"{}", "received": at,
            "made": at, "clock_off": False, "inventory": report.section_digest(PRODUCTS),
            "pack": large.pack.digest, "roles": list(one.roles),
            "checks": listed, "vector": vector, "overridden": [], "host": one.host}


PRODUCTS = Inventory(
    os=Os(family="linux", id="debian", version="12", name="Debian GNU/Linux 12 (bookworm)"),
    hardware=Hardware(vendor="Example", model="T-1000"),
    products=tuple(Product(f"product-{number}", f"1.{number}.0-2+deb12u1", "dpkg") for number in range(900)),
    complete=True)
BEGAN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
