"""A real server, real sockets, a real death: every report arrives exactly once."""

from __future__ import annotations

import json
import secrets
import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa

from server import tls
from server.config import load
from server.store import reports, schema
from server.store.database import WHOLE_SERVER, Database
from tests.flow.served import Served, served
from tests.postgres import PostgresServer
from tests.sender import Sender, squeezed

ZSTD = {"Content-Encoding": "zstd", "Content-Type": "application/vnd.hustings.report.v1+json"}


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    url = ""
    if request.param == "postgresql":
        postgres = request.getfixturevalue("postgres_server")
        url = postgres.dsn(postgres.create_database())
    with served(tmp_path / "server", database=url) as found:
        found.start()
        yield found


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for tests that neither stop it nor leave anything in it."""
    with served(tmp_path_factory.mktemp("standing") / "server") as found:
        found.start()
        yield found


def machine(server: Served) -> Sender:
    sender = Sender()
    answer = requests.post(f"{server.url}/v1/enrollments", sender.enrollment(server.token()), timeout=10)
    assert answer.status_code == 201
    return sender.enrolled(answer.content)


def database(server: Served) -> Database:
    return Database(server.database or f"sqlite:///{server.data / 'hustings.db'}")


def deliver(server: Served, body: bytes, receipts: list[bytes], stop: threading.Event) -> None:
    """Send until it is receipted, whatever happens to the server meanwhile, as an agent does."""
    while not stop.is_set():
        try:
            answer = requests.post(f"{server.url}/v1/reports", body, headers=ZSTD, timeout=5)
        except requests.RequestException:
            time.sleep(0.02)
            continue
        if answer.status_code in (200, 201):
            receipts.append(answer.content)
            return
        assert answer.status_code == 503, answer.text


def test_killed_again_and_again_the_server_has_every_report_exactly_once(server: Served) -> None:
    senders = [machine(server) for _ in range(6)]
    each = 40
    receipts: list[list[bytes]] = [[] for _ in senders]
    stop = threading.Event()

    def drain(index: int) -> None:
        for _ in range(each):
            deliver(server, squeezed(senders[index].report()), receipts[index], stop)

    threads = [threading.Thread(target=drain, args=(index,)) for index in range(len(senders))]
    for thread in threads:
        thread.start()
    try:
        for wanted in (30, 90, 150):
            while sum(map(len, receipts)) < wanted and any(thread.is_alive() for thread in threads):
                time.sleep(0.001)
            server.stop(signal.SIGKILL)
            server.start()
        for thread in threads:
            thread.join(60)
    finally:
        stop.set()
    opened = database(server)
    with opened.read(WHOLE_SERVER) as connection:
        for sender, kept in zip(senders, receipts, strict=True):
            lines = reports.history(connection, sender.tenant, sender.agent, limit=1000)
            assert [line.sequence for line in lines] == list(range(each, 0, -1))
            assert [json.loads(receipt)["sequence"] for receipt in kept] == list(range(1, each + 1))
            stored = connection.scalars(
                sa.select(schema.reports.c.receipt).where(schema.reports.c.agent == sender.agent)
                .order_by(schema.reports.c.sequence)).all()
            assert [bytes(one) for one in stored] == kept
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema.forks)) == 0
    opened.close()


def test_what_was_receipted_before_the_power_went_is_there_after(server: Served) -> None:
    sender = machine(server)
    body = squeezed(sender.report())
    first = requests.post(f"{server.url}/v1/reports", body, headers=ZSTD, timeout=10)
    server.stop(signal.SIGKILL)
    server.start()
    again = requests.post(f"{server.url}/v1/reports", body, headers=ZSTD, timeout=10)
    assert (first.status_code, again.status_code, again.content) == (201, 200, first.content)


def test_told_to_stop_the_server_stops_cleanly(server: Served) -> None:
    assert requests.get(f"{server.url}/healthz", timeout=10).json()["status"] == "ok"
    assert server.stop(signal.SIGTERM) == 0
    assert [line["event"] for line in server.log][-1] == "stopped"


def test_the_log_is_json_and_holds_no_secret(server: Served) -> None:
    token = server.token()
    sender = Sender()
    requests.post(f"{server.url}/v1/enrollments", sender.enrollment(token), timeout=10)
    link = server.run("login-link").stdout.strip().rpartition("/")[2]
    opened = requests.get(f"{server.url}/sign-in/link/{link}", timeout=10, allow_redirects=False)
    cookie = opened.cookies["hustings"]
    requests.get(f"{server.url}/x", cookies={"hustings": cookie}, timeout=10)
    server.stop()
    log = json.dumps(server.log)
    for secret in (token, link, cookie):
        assert secret not in log
    assert {line["event"] for line in server.log} >= {"listening", "request", "stopping", "stopped"}


def test_with_the_disk_full_nothing_is_receipted_that_is_not_kept(tmp_path: Path) -> None:
    with served(tmp_path / "server") as server:
        server.start(file_limit=2 << 20)
        sender = machine(server)
        accepted: list[bytes] = []
        refused: list[requests.Response] = []
        while not refused and len(accepted) < 200:
            noise = secrets.token_hex(20_000)
            place = (sender.sequence, sender.previous)
            body = squeezed(sender.report(privileges=(noise,)))
            answer = requests.post(f"{server.url}/v1/reports", body, headers=ZSTD, timeout=30)
            if answer.status_code == 201:
                accepted.append(body)
            else:
                refused.append(answer)
                sender.sequence, sender.previous = place
        assert accepted
        assert (refused[0].status_code, refused[0].json()["type"]) == (503, "busy")
        assert int(refused[0].headers["retry-after"]) > 0
        server.stop(signal.SIGKILL)
        server.start()
        assert requests.post(f"{server.url}/v1/reports", body, headers=ZSTD, timeout=30).status_code == 201
        again = [requests.post(f"{server.url}/v1/reports", one, headers=ZSTD, timeout=30) for one in accepted]
        assert {one.status_code for one in again} == {200}


def test_while_the_database_is_away_reports_wait_and_once_it_is_back_they_arrive(
        tmp_path: Path, postgres_server: PostgresServer) -> None:
    name = postgres_server.create_database()
    with served(tmp_path / "server", database=postgres_server.dsn(name)) as server:
        server.start()
        sender = machine(server)
        first, second = squeezed(sender.report()), squeezed(sender.report())
        assert requests.post(f"{server.url}/v1/reports", first, headers=ZSTD, timeout=30).status_code == 201
        postgres_server.execute(f"alter database {name} with allow_connections false")
        postgres_server.execute(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'")
        for answer in (requests.post(f"{server.url}/v1/reports", second, headers=ZSTD, timeout=30),
                       requests.get(f"{server.url}/healthz", timeout=30),
                       requests.get(f"{server.url}/x", cookies={"hustings": "x"}, timeout=30)):
            assert (answer.status_code, answer.json()["type"]) == (503, "busy")
            assert int(answer.headers["retry-after"]) > 0
        postgres_server.execute(f"alter database {name} with allow_connections true")
        assert requests.post(f"{server.url}/v1/reports", second, headers=ZSTD, timeout=30).status_code == 201
        assert requests.post(f"{server.url}/v1/reports", first, headers=ZSTD, timeout=30).status_code == 200


def raw(server: Served, request: bytes) -> bytes:
    """The first part of the answer to bytes that no client library would send."""
    port = int(server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        connection.settimeout(10)
        return connection.recv(65536)


@pytest.mark.parametrize("request_line", [
    b"GET /static/../../../../etc/passwd HTTP/1.1", b"GET /static/%2e%2e/%2e%2e/app.py HTTP/1.1",
    b"GET /static/..%2f..%2fapp.py HTTP/1.1", b"GET //etc/passwd HTTP/1.1", b"GET /static/%00 HTTP/1.1",
    b"GET http://evil.example/static/../app.py HTTP/1.1", b"GET /static//app.py HTTP/1.1",
    b"GET /static/%5c..%5capp.py HTTP/1.1"])
def test_no_path_leads_out_of_the_static_files(standing: Served, request_line: bytes) -> None:
    answer = raw(standing, request_line + b"\r\nHost: 127.0.0.1\r\nAccept: text/html\r\nConnection: close\r\n\r\n")
    status = int(answer.split()[1])
    assert status in (302, 400, 401, 404), answer
    assert b"root:" not in answer
    assert b"import" not in answer


@pytest.mark.parametrize("host", [b"evil.example", b"127.0.0.1.evil.example", b"", b"127.0.0.1, evil"])
def test_a_page_asked_for_by_another_name_is_refused_and_the_name_is_not_echoed(standing: Served, host: bytes) -> None:
    answer = raw(standing, b"GET /sign-in HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
    assert int(answer.split()[1]) in (400, 421)
    assert b"evil" not in answer


@pytest.mark.parametrize("request_bytes", [
    b"POST /v1/reports HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    b"POST /v1/reports HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/reports HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
    b"POST /v1/reports HTTP/1.1\r\nHost: x\r\nContent-Encoding: zstd\r\nContent-Encoding: gzip\r\n"
    b"Content-Length: 2\r\n\r\n{}",
    b"POST /v1/reports HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00",
    b"NONSENSE\r\n\r\n"])
def test_broken_requests_are_refused_and_the_server_lives(standing: Served, request_bytes: bytes) -> None:
    answer = raw(standing, request_bytes)
    assert answer == b"" or 400 <= int(answer.split()[1]) < 500, answer
    assert requests.get(f"{standing.url}/healthz", timeout=10).status_code == 200


def test_under_tls_the_pin_holds_and_the_authority_verifies_the_server(tmp_path: Path) -> None:
    with served(tmp_path / "server", tls=True) as server:
        line = server.run("token").stdout.strip()
        config = load(server.data)
        assert line.endswith(f"--ca-pin {tls.pin(config)}")
        server.start()
        port = server.url.rpartition(":")[2]
        untrusting = ssl.create_default_context()
        untrusting.check_hostname = False
        untrusting.verify_mode = ssl.CERT_NONE
        with (socket.create_connection(("127.0.0.1", int(port)), timeout=10) as plain,
              untrusting.wrap_socket(plain) as channel):
            assert channel.version() in ("TLSv1.2", "TLSv1.3")
        answer = requests.get(f"https://localhost:{port}/v1/enrollments/ca", verify=str(config.ca_certificate),
                              timeout=10)
        assert answer.content == config.ca_certificate.read_bytes()
        assert answer.headers["strict-transport-security"]
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"https://localhost:{port}/healthz", timeout=10)


def test_without_tls_the_server_stays_on_this_machine(standing: Served) -> None:
    for host in ("0.0.0.0", "192.0.2.1", "::"):
        done = standing.run("serve", "--host", host, ok=False)
        assert done.returncode == 2
        assert "fix:" in done.stderr


def test_a_port_in_use_is_said_without_a_traceback(standing: Served) -> None:
    done = standing.run("serve", "--port", standing.url.rpartition(":")[2], ok=False)
    assert done.returncode == 3
    assert "cannot listen" in done.stderr
    assert "Traceback" not in done.stderr


def test_told_to_stop_at_once_the_server_still_stops(server: Served) -> None:
    for _ in range(3):
        server.stop()
        server.start()
    assert server.stop(signal.SIGINT) == 0


def test_a_database_of_a_newer_version_is_not_served(server: Served) -> None:
    server.stop()
    opened = database(server)
    with opened.owner() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    opened.close()
    for command in (("serve",), ("token",)):
        done = server.run(*command, ok=False)
        assert done.returncode == 2
        assert "9999" in done.stderr
        assert "Traceback" not in done.stderr
