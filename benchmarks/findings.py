"""The pages of findings on a server with many offices, on PostgreSQL: whole requests, as a browser makes them.

300 offices of 50 machines, each machine with 25 unresolved and 10 resolved findings, one in ten with acts: the
findings of machines that have run for a while, written straight into the store. Each office is asked once for each
page, so that nothing is kept from the request before but what every office shares.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.table import Row
from policies.model import Pack
from server.elections.model import Election, Window, WindowKind
from server.store import agents, elections, inventory, tenants
from server.store.agents import Agent, State
from server.store.database import WHOLE_SERVER, Database
from server.store.schema.findings import finding_acts, finding_numbers, finding_states, findings
from server.triage.reading import pack
from tests.server import setups
from tests.server.setups import Office

OFFICES = 300
MACHINES = 50
UNRESOLVED, RESOLVED = 25, 10
ASKED = 25
"""Offices that are asked."""
LIMIT_MS = 200.0
PLACES = {
    "findings: the list": "/en/findings", "findings: filters": "/en/findings?severity=critical&area=PAT&overdue=1",
    "findings: owner and site": "/en/findings?owner=me&site=Annex", "findings: search": "/en/findings?q=backup",
    "findings: search in French": "/fr/findings?q=sauvegarde+chiffree",
    "findings: resolved too": "/en/findings?state=all&page=20", "findings: by weakness": "/en/findings?by=check",
    "findings: one": "/en/findings/7"}


def measure(runs: int) -> list[Row]:
    """A row for each page: the median of the offices that were asked, in milliseconds, against the limit."""
    from tests.postgres import running

    with tempfile.TemporaryDirectory() as scratch, running(fsync="on") as server, setups.office(
            Database(server.dsn(server.create_database())), Path(scratch, "data")) as office:
        asked = list(_filled(office, pack()))
        with office.database.owner() as connection:
            connection.execute(sa.text("ANALYZE"))
        return [_row(office, asked, name, place) for name, place in PLACES.items()]


def _row(office: Office, asked: list[dict[str, str]], name: str, place: str) -> Row:
    office.page("GET", place, asked[0])
    took = []
    worked = time.process_time()
    for session in asked[1:]:
        began = time.perf_counter()
        answer = office.page("GET", place, session)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.status_code
    processor = (time.process_time() - worked) * 1000 / len(took)
    middle, worst = statistics.median(took), max(took)
    return Row(f"{name} ({OFFICES} offices of {MACHINES} machines, PostgreSQL)",
               f"median {middle:.0f} ms, worst of {len(took)} {worst:.0f} ms; {processor:.0f} ms of processor",
               f"{LIMIT_MS:.0f} ms", f"{middle / LIMIT_MS:.2f}", "1")


def _filled(office: Office, known: Pack) -> Iterator[dict[str, str]]:
    chance = random.Random(7)
    checks = [one for one in known.checks if one.scope == "machine"]
    now = office.now()
    for number in range(OFFICES):
        with office.database.write(WHOLE_SERVER) as connection:
            tenant = tenants.create(connection, f"Office {number}", now).id
            hosts = [f"desk-{number}-{place}" for place in range(MACHINES)]
            inventory.add(connection, tenant, [
                inventory.Asset(host, ("office-workstation",), "Annex" if place % 3 else "Town hall", "us", place + 2)
                for place, host in enumerate(hosts)], file="i.csv", digest="sha256:bench", now=now, by="bench")
            day = (now + timedelta(days=120)).date()
            freeze = Window(WindowKind.FREEZE, day - timedelta(days=30), day)
            elections.write(connection, tenant, Election(id="e", name="General", first=day, last=day,
                                                         windows=(freeze,)), elections.Act.ADD, now=now, by="bench")
        person = office.person("ida", tenant=tenant)
        with office.database.write(WHOLE_SERVER) as connection:
            _findings(connection, tenant, hosts, checks, person.id, now, chance)
        if number % (OFFICES // ASKED) == 0:
            yield office.signed_in(person)


def _findings(connection: sa.Connection, tenant: str, hosts: list[str], checks: list[Any], person: int, now: datetime,
              chance: random.Random) -> None:
    rows: list[dict[str, Any]] = []
    for host in hosts:
        key = f"{tenant}-{host}"
        agents.add(connection, Agent(key, tenant, key.encode(), key, State.APPROVED, host, ("office-workstation",),
                                     "Annex", now - timedelta(days=90), None))
        for place, check in enumerate(chance.sample(checks, UNRESOLVED + RESOLVED)):
            opened = now - timedelta(minutes=chance.randrange(100_000))
            told = opened + timedelta(minutes=1)
            ended = None if place < UNRESOLVED else min(now, opened + timedelta(days=chance.randrange(1, 60)))
            rows.append({
                "tenant": tenant, "number": len(rows) + 1, "agent": key, "check": check.id,
                "catalogue": check.catalogue, "severity": check.severity.value, "first_failed": opened, "episode": 1,
                "opened": opened, "opened_told": told, "opened_epoch": "e", "opened_sequence": 1, "resolved": ended,
                "resolved_told": ended, "resolved_epoch": "e" if ended else None,
                "resolved_sequence": 2 if ended else None, "unseen": None})
    connection.execute(sa.text("UPDATE heads SET received = :now WHERE tenant = :tenant"),
                       {"now": now - timedelta(hours=2), "tenant": tenant})
    connection.execute(sa.insert(findings), rows)
    connection.execute(sa.insert(finding_numbers).values(tenant=tenant, last=len(rows)))
    acted = rows[::10]
    connection.execute(sa.insert(finding_acts), [
        {"tenant": tenant, "finding": one["number"], "episode": 1, "at": now, "by": "person:ida", "person": person,
         "kind": "assign", "text": "", "data": {"person": person, "name": "ida"}} for one in acted])
    connection.execute(sa.insert(finding_states), [
        {"tenant": tenant, "finding": one["number"], "owner": person, "owner_name": "ida", "acknowledged": 0,
         "due": None, "due_episode": 0, "due_reason": "", "false_alarm": "", "false_alarm_episode": 0, "comments": 0,
         "acted": now} for one in acted])
