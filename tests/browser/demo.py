"""A real server process with a small office in it: everything arrives the way it always does."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import anyio.from_thread
import httpx
import msgspec

from hustings.facts import Facts, Listing, Missing, Observation, Reason
from hustings.report import Inventory, Os, Product, Times
from hustings.verdicts import Result, Verdict
from policies.examples import run
from policies.pack import shipped
from server import access_difference, inventory_csv
from server.app import Application
from server.config import database_url, load
from server.store import inventory as inventory_store
from server.store import people, tenants, tokens
from server.store.database import WHOLE_SERVER, Database
from server.store.migrate import migrate
from tests.browser.scenes import scenes
from tests.flow.served import HUSTINGS, Served, served
from tests.sender import INVENTORY, Sender
from tests.server import access_facts

PASSWORD = "a long enough phrase"
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


OURS = "Election office"
HIDDEN = "Never-Shown"
"""In every name of another office on the same server: no page of ours may hold it."""
PAST_DAYS = 30
"""Days of daily reports before today."""
EQUIPMENT = """asset,kind,make,model,version,quantity,purchased,site,unit_cost,lead_months,group,hours
CLERK-PCS,pc,Dell,Windows 10 Pro,22H2,12,2021-06-14,Town hall,1150,3,,12
SCANNERS,tabulator,ES&S,DS200,,4,2017-05-20,Warehouse,5750,6,voting,20
POLLBOOKS,pollbook,KNOWiNK,Poll Pad,,10,2019-09-01,Warehouse,1400,4,,10
BADGES,badge reader,Ubunto,22.04,,1,,Annex,300,1,,1
"""


@dataclass(frozen=True)
class Demo:
    """Where the office is served, and how to get in."""

    url: str
    server: Served
    machines: tuple[str, ...]
    """Ids of the agents: the registry, the front desk."""
    elections: tuple[str, ...] = ()
    """Ids: the one that is over, the next one."""
    today: date = date.min

    def run(self, *args: str) -> str:
        """``hustings server …`` for the office that is shown."""
        return self.server.run(*args, "--tenant", OURS).stdout

    def link(self, name: str = "") -> str:
        """A link that signs the administrator in, or somebody else, once."""
        port = self.url.rpartition(":")[2]
        who = ("--person", name) if name else ()
        return str(json.loads(self.run("login-link", *who, "--port", port, "--format", "json"))["url"])


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
    """Two machines that report since a month, one that is silent, one that a vendor answers for; an election that is
    over and one ahead; equipment, a budget and a plan; an accepted failure; a public version that waits for two
    approvals; and another office, of which nothing may be seen."""
    with served(data) as server:
        now = datetime.now(UTC)
        over, ahead = (now + timedelta(days=days) for days in (-60, 200))
        for name, day in (("By-election", over), ("Municipal election", ahead)):
            server.run("elections", "add", name, f"{day:%Y-%m-%d}", "--template", "us-municipal")
        told = json.loads(server.run("elections", "show", "--format", "json").stdout)
        known = tuple(one["id"] for one in sorted(told, key=lambda one: str(one["first"])))
        machines = _history(data, now)
        with _running(server, data.parent / "server.log") as url:
            turns = (Verdict.PASS, Verdict.FAIL, Verdict.PASS, Verdict.UNKNOWN, Verdict.PASS)
            _report(url, machines[0], "registry", ("registration-db",), turns, OLD, _rights(now))
            _report(url, machines[1], "front-desk", ("office-workstation",), (Verdict.PASS, *turns), INVENTORY)
            made = Demo(url, server, tuple(one.agent for one in machines), known, now.date())
            _accept(made, now)
            _plan(made)
            made.run("publish", "prepare")
            for scene in scenes():
                if hasattr(scene, "prepare"):
                    scene.prepare(made, data, now)
            yield made


def _history(data: Path, now: datetime) -> tuple[Sender, Sender]:
    """The machines enrol a month ago and report every day, through the real intake with a clock of its own. Beside
    them another office has a machine too."""
    at = now - timedelta(days=PAST_DAYS)
    database = Database(database_url(data))
    application = Application(load(data), database, schema=migrate(database), tls=False, clock=lambda: at)
    with anyio.from_thread.start_blocking_portal() as portal:

        async def post(path: str, body: bytes) -> bytes:
            transport = httpx.ASGITransport(application, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                answer = await client.post(path, content=body)
                assert answer.status_code == 201, answer.text
                return answer.content

        def enrol(tenant: str, host: str, roles: tuple[str, ...]) -> Sender:
            with database.write(WHOLE_SERVER) as connection:
                token = tokens.create(connection, tenant, roles=(), site="", life=timedelta(hours=24), now=at,
                                      by="demo")
            sender = Sender()
            asked = sender.enrollment(token, host=host, roles=roles)
            return sender.enrolled(portal.call(post, "/v1/enrollments", asked))

        with database.write(WHOLE_SERVER) as connection:
            ours = tenants.only(connection).id
            inventory_store.add(connection, ours, inventory_csv.parse(LIST.encode(), "inventory.csv"),
                                file="inventory.csv", digest="sha256:x", now=at, by="demo")
            other = tenants.create(connection, f"{HIDDEN} county", at).id
            people.add(connection, other, HIDDEN.lower(), people.Role.ADMINISTRATOR, None, at)
            inventory_store.add(connection, other, [inventory_store.Asset(
                f"{HIDDEN}-desk", ("office-workstation",), f"{HIDDEN} hall", "us", 2)], file=f"{HIDDEN}.csv",
                digest="sha256:x", now=at, by="demo")
        registry = enrol(ours, "registry", ("registration-db",))
        desk = enrol(ours, "front-desk", ("office-workstation",))
        stranger = enrol(other, f"{HIDDEN}-desk", ("office-workstation",))
        bad, good = (Verdict.FAIL, Verdict.FAIL, Verdict.PASS), (Verdict.PASS, Verdict.FAIL, Verdict.PASS)
        for day in range(PAST_DAYS):
            at = now - timedelta(days=PAST_DAYS - day)
            for sender, host, roles in ((registry, "registry", ("registration-db",)),
                                        (desk, "front-desk", ("office-workstation",)),
                                        *(((stranger, f"{HIDDEN}-desk", ("office-workstation",)),) if not day else ())):
                said = _cached(roles, bad if day < PAST_DAYS // 2 else good, at)
                portal.call(post, "/v1/reports", sender.report(
                    host=host, roles=roles, results=said, times=Times(at, 1.0, "boot-1"), pack=shipped().digest))
    application.close()
    return registry, desk


def _cached(roles: tuple[str, ...], wanted: tuple[Verdict, ...], at: datetime) -> tuple[Result, ...]:
    """``results`` of another day: worked out once, valid for a day from ``at``."""
    until = at + timedelta(days=1)
    return tuple(msgspec.structs.replace(one, valid_until=until) if one.verdict in (Verdict.PASS, Verdict.FAIL) else one
                 for one in _once(roles, wanted))


@cache
def _once(roles: tuple[str, ...], wanted: tuple[Verdict, ...]) -> tuple[Result, ...]:
    return results(roles, wanted, datetime.now(UTC))


def _accept(made: Demo, now: datetime) -> None:
    """Two officials, and a failure that they accept."""
    for name in ("ann", "bob"):
        made.run("user", "add", name, "--role", "official", "--password-file", password_file(made))
    check = next(one for one in _once(("office-workstation",), (Verdict.FAIL,)) if one.verdict is Verdict.FAIL)
    made.run("exception", "add", check.check, "--asset", "front-desk", "--reason", "A replacement is on its way.",
               "--control", "It stands in a locked room.", "--owner", "The clerk", "--approved-by", "ann",
               "--until", f"{now + timedelta(days=60):%Y-%m-%d}")


def password_file(made: Demo) -> str:
    """A file that holds ``PASSWORD``."""
    file = made.server.data.parent / "password"
    file.write_text(PASSWORD + "\n", encoding="utf-8")
    return str(file)


def _plan(made: Demo) -> None:
    """Equipment and a budget, through the forms of the pages; the plan is made of them."""
    with httpx.Client(base_url=made.url, headers={"accept": "text/html"}, timeout=60) as client:
        client.get(made.link())

        def post(path: str, data: dict[str, str] | None = None, **options: Any) -> httpx.Response:
            page = client.get("/en/publish").text
            token = re.search(r'name="_csrf_token" value="([^"]+)"', page)
            assert token, page
            answer = client.post(path, data={"_csrf_token": token[1], **(data or {})}, **options)
            assert answer.status_code == 303, answer.text
            return answer

        looked = post("/en/plan/equipment", files={"file": ("equipment.csv", EQUIPMENT.encode(), "text/csv")})
        post(looked.headers["location"], {"do": "import"})
        year = made.today.year
        budget = f"fund,year,amount,kinds\nGeneral,{year},4000,\nGeneral,{year + 1},60000,\nGeneral,{year + 2},30000,\n"
        post("/en/plan/budget/file", files={"file": ("budget.csv", budget.encode(), "text/csv")})
        post("/en/plan/make")


def _report(url: str, machine: Sender, host: str, roles: tuple[str, ...], wanted: tuple[Verdict, ...],
            inventory: Inventory, facts: Facts | None = None) -> None:
    now = datetime.now(UTC)
    body = machine.report(host=host, roles=roles, results=results(roles, wanted, now), inventory=inventory,
                          times=Times(now, 1.0, "boot-1"), pack=shipped().digest, facts=facts or {})
    answer = httpx.post(f"{url}/v1/reports", content=body)
    assert answer.status_code == 201, answer.text


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
