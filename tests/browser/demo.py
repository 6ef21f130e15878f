"""A real server process with a small office in it: everything arrives the way it always does."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec

from hustings.facts import Facts, Listing, Missing, Observation, Reason
from hustings.report import Inventory, Os, Product, Times
from hustings.verdicts import Result, Verdict
from policies.examples import run
from policies.pack import shipped
from server import access_difference
from tests.flow.served import HUSTINGS, Served, served
from tests.sender import INVENTORY, Sender
from tests.server import access_facts

LIST = """asset,role,site,responsible
registry,registration-db,Town hall,us
front-desk,office-workstation,Town hall,us
annex-desk,office-workstation,Annex,us
tabulators,ems,Warehouse,vendor
"""
OLD = Inventory(
    os=Os(family="linux", id="debian", version="10", name="Debian GNU/Linux 10 (buster)"), hardware=INVENTORY.hardware,
    products=(Product("postgresql-11", "11.22-0+deb10u2", "dpkg", "postgresql-11"),
              Product("nodejs", "16.20.2-1nodesource1", "dpkg")), complete=True)


@dataclass(frozen=True)
class Demo:
    """Where the office is served, and how to get in."""

    url: str
    server: Served
    machines: tuple[str, ...]
    """Ids of the agents: the registry, the front desk."""

    def link(self) -> str:
        """A link that signs the administrator in, once."""
        port = self.url.rpartition(":")[2]
        return str(json.loads(self.server.run("login-link", "--port", port, "--format", "json").stdout)["url"])


def results(roles: tuple[str, ...], wanted: tuple[Verdict, ...], now: datetime) -> tuple[Result, ...]:
    """A genuine result of every check of the shipped pack, from its own examples, by turns of ``wanted``."""
    found = []
    for number, check in enumerate(one for one in shipped().checks if one.scope == "machine"):
        verdict = wanted[number % len(wanted)]
        if check.roles and not set(check.roles) & set(roles):
            verdict = Verdict.NOT_APPLICABLE
        examples = [one for one in check.examples if one.verdict is verdict] or list(check.examples)
        result = run(check, examples[0])
        if verdict is Verdict.NOT_APPLICABLE and result.verdict is not verdict:
            result = msgspec.structs.replace(result, verdict=verdict, reason="not a check for this machine's roles")
        if result.verdict in (Verdict.PASS, Verdict.FAIL):
            result = msgspec.structs.replace(result, valid_until=now + timedelta(days=1))
        found.append(result)
    return tuple(found)


@contextmanager
def demo(data: Path) -> Iterator[Demo]:
    """Two machines that report, one that is silent, one that a vendor answers for, and a voting day."""
    with served(data) as server, _running(server, data.parent / "server.log") as url:
        listed = data.parent / "inventory.csv"
        listed.write_text(LIST, encoding="utf-8")
        server.run("inventory", "import", str(listed))
        now = datetime.now(UTC)
        server.run("elections", "set", f"{now + timedelta(days=200):%Y-%m-%d}")
        turns = (Verdict.PASS, Verdict.FAIL, Verdict.PASS, Verdict.UNKNOWN, Verdict.PASS)
        registry = _report(server, url, "registry", ("registration-db",), turns, OLD, _rights(now))
        desk = _report(server, url, "front-desk", ("office-workstation",), (Verdict.PASS, *turns), INVENTORY)
        yield Demo(url, server, (registry, desk))


def _report(server: Served, url: str, host: str, roles: tuple[str, ...], wanted: tuple[Verdict, ...],
            inventory: Inventory, facts: Facts | None = None) -> str:
    machine = Sender()
    answer = httpx.post(f"{url}/v1/enrollments", content=machine.enrollment(server.token(), host=host, roles=roles))
    assert answer.status_code == 201, answer.text
    machine.enrolled(answer.content)
    now = datetime.now(UTC)
    body = machine.report(host=host, roles=roles, results=results(roles, wanted, now), inventory=inventory,
                          times=Times(now, 1.0, "boot-1"), pack=shipped().digest, facts=facts or {})
    answer = httpx.post(f"{url}/v1/reports", content=body)
    assert answer.status_code == 201, answer.text
    return machine.agent


def _rights(now: datetime) -> Facts:
    """Databases: with faults, as declared, without a model, one whose names stay home, one with many roles."""
    at = now.replace(microsecond=0)
    return {
        **access_facts.facts(at, access_facts.FOUND), **access_facts.facts(at, access_facts.CLEAN, "mirror"),
        **access_facts.facts(at, {**access_facts.CLEAN, access_difference.SUMMARY: [
            {"role": f"role_{number}", "object": "vr.voters", "class": "restricted", "kind": "table", "declared": "r",
             "excess": "", "missing": "", "accounts": 1} for number in range(20)]}, "wide"),
        "registration.engine@bare": Observation(value="mariadb", as_of=at),
        "registration.difference_hash@bare": Observation(absent=True, as_of=at),
        "registration.leavers@roll": Observation(listing=Listing([
            {"person": "p-k3v9x2m4qa", "account": "p-7hq2ftz4ab", "open": True, "admin": True, "left": "2026-09-30"},
            {"person": "p-w2e4r6t8ya", "account": "p-aaaa2222bb", "open": True, "admin": False}]), as_of=at),
        "directory.kind@office": Observation(value="entra", as_of=at),
        "directory.people@office": Observation(value=42, as_of=at),
        "directory.unread@office": Observation(listing=Listing([
            {"section": "registrations", "reason": "denied", "grant": "AuditLog.Read.All",
             "licence": "Microsoft Entra ID P1"}]), as_of=at),
        "directory.leavers@office": Observation(listing=Listing([
            {"person": "p-k3v9x2m4qa", "account": "p-zz22yy44xx", "admin": False, "left": "2026-09-30"}]), as_of=at),
        "accounts.leavers": Observation(listing=Listing([
            {"person": "p-w2e4r6t8ya", "account": "p-bbbb3333cc", "open": {"reason": "unsupported"}}]), as_of=at),
        "registration.leavers@mirror": Observation(missing=Missing(Reason.TIMEOUT)),
        **access_facts.facts(at, {}, "counted", **{
            name.partition(".")[2]: access_facts.counted(at, 7) for name in access_facts.FOUND}),
    }


@contextmanager
def _running(server: Served, log: Path) -> Iterator[str]:
    """The server as a process that writes its log to a file, so that it never waits for a reader."""
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen([*HUSTINGS, "server", "serve", "--data", str(server.data), "--host", "127.0.0.1",
                                    "--port", "0"], stderr=out, stdout=subprocess.DEVNULL)
    try:
        yield _listening(process, log)
    finally:
        process.terminate()
        process.wait(30)


def _listening(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        for line in log.read_text("utf-8").splitlines():
            if line.startswith("{") and '"listening"' in line and line.endswith("}"):
                return str(json.loads(line)["url"])
        time.sleep(0.05)
    raise AssertionError(f"the server did not start: {log.read_text('utf-8')}")
