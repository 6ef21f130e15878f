"""What the pages of a large office cost: 500 machines with 24 months of daily reports, through the real application.

Times are processor time of this process for one request, the median of several. The bare query reads the same rows
with nothing but the database's own driver: the heads of all machines for the scorecard, the closed days of a year
for the trend.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import anyio.from_thread
import httpx

from benchmarks import scorecard_office
from benchmarks.process import cpu_of
from benchmarks.scorecard_office import BEGAN, Large
from benchmarks.table import Row
from hustings import envelope
from policies.pack import shipped
from server import history
from server.access import cookies
from server.app import Application
from server.config import Config, Settings
from server.store import people, sessions
from server.store.database import WHOLE_SERVER, Database
from server.store.migrate import migrate
from server.store.people import Role

MACHINES, DAYS = 500, 730


def measure(runs: int) -> list[Row]:
    """Rows for the scorecard, the trend, closing a day and rebuilding."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch, "hustings.db")
        database = Database(f"sqlite:///{file}")
        try:
            revision = migrate(database)
            pack = shipped()
            large = scorecard_office.write(database, pack, MACHINES, DAYS, BEGAN)
            rebuilding = cpu_of(lambda: scorecard_office.carry(database))
            closing = cpu_of(lambda: history.close(database, large.tenant, pack, BEGAN)) / DAYS
            return [*_pages(database, large, file, Path(scratch), revision, max(3, runs)),
                    Row(f"closing one day of {MACHINES} machines", f"{1000 * closing:.0f} ms", "", "", ""),
                    Row(f"rebuild from {MACHINES * DAYS:,} reports", f"{rebuilding:.0f} s",
                        f"reading them {_reading(file):.1f} s", f"{rebuilding / _reading(file):.0f} ×", "")]
        finally:
            database.close()


def _pages(database: Database, large: Large, file: Path, scratch: Path, revision: str, runs: int) -> list[Row]:
    now = [BEGAN + timedelta(seconds=30)]

    def clock() -> datetime:
        return now[0]

    with database.write(WHOLE_SERVER) as connection:
        person = people.add(connection, large.tenant, "bench", Role.ADMINISTRATOR, None, clock())
        secret = sessions.start(connection, person, "password", clock())
    application = Application(Config(scratch, Settings(("localhost",), 8443, tls=False)), database, schema=revision,
                              tls=False, clock=clock)
    held = {cookies.name(tls=False): secret}
    with anyio.from_thread.start_blocking_portal() as portal:

        async def ask(method: str, path: str, content: bytes | None) -> httpx.Response:
            transport = httpx.ASGITransport(application, client=("127.0.0.1", 40000))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost", cookies=held) as client:
                return await client.request(method, path, content=content)

        def get(path: str) -> None:
            answer = portal.call(ask, "GET", path, None)
            if answer.status_code != 200:
                raise RuntimeError(f"{path}: {answer.status_code}")

        sent: dict[str, int] = {}

        def report(number: int) -> None:
            one = large.machines[number]
            sequence = sent.get(one.id, DAYS) + 1
            previous = f"sha256:{DAYS:064d}" if sequence == DAYS + 1 else previous_of[one.id]
            body = scorecard_office.signed(large, one, sequence, clock(), previous)
            answer = portal.call(ask, "POST", "/v1/reports", body)
            if answer.status_code != 201:
                raise RuntimeError(answer.text)
            sent[one.id] = sequence
            previous_of[one.id] = envelope.digest(envelope.parse(body).content())

        previous_of: dict[str, str] = {}
        cold = cpu_of(lambda: get("/en"))
        warm = statistics.median(cpu_of(lambda: get("/en")) for _ in range(runs))
        after = []
        for number in range(runs):
            now[0] += timedelta(seconds=1)
            report(number)
            after.append(cpu_of(lambda: get("/en")))
        get("/en/trend")
        trend = statistics.median(cpu_of(lambda: get("/en/trend")) for _ in range(runs))
        machine = statistics.median(cpu_of(lambda: get("/en/trend/machines/agent-00001")) for _ in range(runs))
    bare, year = _bare(file, large.tenant, runs), _year(file, large.tenant, runs)
    said = f"{MACHINES} machines × {DAYS // 30} months"
    return [
        Row(f"scorecard page, {said}", _ms(warm), f"bare query {_ms(bare)}", f"{warm / bare:.0f} ×", "150 ms"),
        Row("scorecard page, right after one report", _ms(statistics.median(after)), f"bare query {_ms(bare)}",
            f"{statistics.median(after) / bare:.0f} ×", "150 ms"),
        Row("scorecard page, the first since the start", _ms(cold), "", "", ""),
        Row(f"trend page, {said}", _ms(trend), f"bare query {_ms(year)}", f"{trend / year:.0f} ×", "300 ms"),
        Row("trend of one machine", _ms(machine), f"bare query {_ms(year)}", f"{machine / year:.0f} ×", "300 ms")]


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"


def _timed(file: Path, query: str, values: tuple[object, ...], runs: int) -> float:
    connection = sqlite3.connect(file)
    found = []
    for _ in range(runs):
        began = time.process_time()
        connection.execute(query, values).fetchall()
        found.append(time.process_time() - began)
    connection.close()
    return statistics.median(found)


def _bare(file: Path, tenant: str, runs: int) -> float:
    return _timed(file, "SELECT * FROM heads JOIN agents ON agents.id = heads.agent WHERE heads.tenant = ?", (tenant,),
                  runs)


def _year(file: Path, tenant: str, runs: int) -> float:
    return _timed(file, "SELECT * FROM days WHERE tenant = ? ORDER BY day DESC LIMIT 365", (tenant,), runs)


def _reading(file: Path) -> float:
    return _timed(file, "SELECT id, received, made, checks, vector, envelope FROM reports", (), 1)
