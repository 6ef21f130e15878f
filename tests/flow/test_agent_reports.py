"""From the agent to a real server: enrolment, pins, silence, and kill -9 at every step of a report's way."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.store import agents, reports
from server.store.database import WHOLE_SERVER, Database
from tests.flow.served import Served

HUSTINGS = [sys.executable, "-m", "hustings"]
REPORTER = [sys.executable, "-m", "tests.flow.reporter"]
TRACED = "fsync,rename,unlink,sendto,recvfrom"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Served]:
    """A server over TLS."""
    served = Served(tmp_path / "server")
    served.run("init", "--address", "127.0.0.1", "--no-password")
    served.start()
    try:
        yield served
    finally:
        served.stop()


def agent(*args: str, ok: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*HUSTINGS, "agent", *args], capture_output=True, text=True, check=False, timeout=120)
    assert not ok or done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def line(office: Served) -> tuple[str, str]:
    """A token, and the pin."""
    said = json.loads(office.run("token", "--format", "json").stdout)
    pin = re.search(r"sha256:[0-9a-f]{64}", said["enroll"])
    assert pin is not None
    return said["token"], pin[0]


@pytest.fixture
def state(office: Served, tmp_path: Path) -> Path:
    """An enrolled agent's state directory."""
    token, pin = line(office)
    agent("enroll", office.url, "--token", token, "--ca-pin", pin, "--state", str(tmp_path / "agent"))
    return tmp_path / "agent"


def arrived(office: Served) -> tuple[list[str], list[tuple[int, str]], int]:
    """The reports' notes in order, (sequence, epoch) of every accepted payload, and the number of forks."""
    opened = Database(f"sqlite:///{office.data / 'hustings.db'}")
    try:
        with opened.read(WHOLE_SERVER) as connection:
            tenant = connection.exec_driver_sql("SELECT id FROM tenants").scalar_one()
            (known,) = agents.every(connection, tenant)
            lines = list(reversed(reports.history(connection, tenant, known.id, limit=10_000)))
            notes = []
            for one in lines:
                stored = reports.get(connection, tenant, one.id)
                notes.append(stored.report.host if stored else f"lost {one.first}-{one.sequence}")
            forks = len(reports.forked(connection, tenant, known.id))
            return notes, [(one.sequence, one.epoch) for one in lines], forks
    finally:
        opened.close()


def spooled(state: Path, kind: str) -> list[str]:
    return sorted(one.name.removesuffix(kind) for one in state.glob(f"spool/*/*{kind}"))


def report(state: Path, note: str, *before: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*before, *REPORTER, str(state), note], capture_output=True, text=True, check=False,
                          timeout=120, cwd=Path(__file__).parents[2])


def test_a_real_report_arrives_and_status_says_so(office: Served, state: Path) -> None:
    said = agent("once", "--state", str(state)).stdout
    assert "1 sent, nothing waits" in said
    plain = agent("status", "--state", str(state)).stdout
    assert office.url in plain
    assert "Nothing waits to be sent." in plain
    assert "Nothing is wrong." in plain
    found = json.loads(agent("status", "--state", str(state), "--format", "json").stdout)
    assert (found["last_sequence"], found["waiting"]["reports"], found["pinned"]) == (1, 0, True)
    assert abs(found["skew"]) < 5
    again = agent("once", "--if-due", "--state", str(state)).stdout
    assert "nothing waits" in again
    assert len(arrived(office)[0]) == 1


def test_a_wrong_pin_is_refused_before_the_token_is_sent(office: Served, tmp_path: Path) -> None:
    token, pin = line(office)
    wrong = pin[:-1] + ("0" if pin[-1] != "0" else "1")
    done = agent("enroll", office.url, "--token", token, "--ca-pin", wrong, "--state", str(tmp_path / "a"), ok=False)
    assert done.returncode == 1
    assert "nothing was sent" in done.stderr
    assert not (tmp_path / "a/agent.json").exists()
    agent("enroll", office.url, "--token", token, "--ca-pin", pin, "--state", str(tmp_path / "a"))


def test_without_a_pin_an_unknown_authority_is_refused(office: Served, tmp_path: Path) -> None:
    token, _ = line(office)
    done = agent("enroll", office.url, "--token", token, "--state", str(tmp_path / "a"), ok=False)
    assert done.returncode == 1
    assert "--ca-pin" in done.stderr


def test_a_token_is_good_once_and_an_enrolment_is_not_overwritten(office: Served, state: Path,
                                                                  tmp_path: Path) -> None:
    token, pin = line(office)
    done = agent("enroll", office.url, "--token", token, "--ca-pin", pin, "--state", str(state), ok=False)
    assert done.returncode == 2
    assert "--force" in done.stderr
    agent("enroll", office.url, "--token", token, "--ca-pin", pin, "--state", str(state), "--force")
    assert len(list(state.glob("agent-*.key"))) == 1
    done = agent("enroll", office.url, "--token", token, "--ca-pin", pin, "--state", str(tmp_path / "b"), ok=False)
    assert done.returncode == 1
    assert "server token" in done.stderr


def test_another_server_at_the_same_address_is_refused_later_too(office: Served, state: Path, tmp_path: Path) -> None:
    report(state, "one")
    office.stop()
    impostor = Served(tmp_path / "impostor")
    impostor.run("init", "--address", "127.0.0.1", "--no-password")
    impostor.start("--port", office.url.rpartition(":")[2])
    try:
        done = report(state, "two")
    finally:
        impostor.stop()
    assert done.returncode == 3
    assert "pinned" in done.stdout


def test_reports_made_offline_arrive_in_order_once_the_server_is_back(office: Served, state: Path) -> None:
    port = office.url.rpartition(":")[2]
    report(state, "one")
    office.stop()
    for note in ("two", "three", "four"):
        done = report(state, note)
        assert done.returncode == 3
        assert "refused the connection" in done.stdout
    said = agent("status", "--state", str(state), ok=False)
    assert said.returncode == 1
    assert "Waiting to be sent: 3" in said.stdout
    office.start("--port", port)
    assert report(state, "five").returncode == 0
    assert arrived(office)[0] == ["one", "two", "three", "four", "five"]


def test_a_state_directory_set_back_from_a_backup_goes_on_in_a_new_epoch(office: Served, state: Path,
                                                                          tmp_path: Path) -> None:
    report(state, "one")
    shutil.copytree(state, tmp_path / "backup")
    report(state, "two")
    shutil.rmtree(state)
    shutil.move(tmp_path / "backup", state)
    done = report(state, "restored")
    assert "set back" in done.stdout
    assert report(state, "after").returncode == 0
    notes, places, forks = arrived(office)
    assert notes == ["one", "two", "restored", "after"]
    assert [sequence for sequence, _ in places] == [1, 2, 1, 2]
    assert forks == 1


def test_killed_at_random_times_every_report_arrives_exactly_once(office: Served, state: Path) -> None:
    chance = random.Random(7)
    began = time.monotonic()
    assert report(state, "begin").returncode == 0
    usual = time.monotonic() - began
    for number in range(25):
        with subprocess.Popen([*REPORTER, str(state), f"kill {number}"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[2]) as process:
            time.sleep(usual * chance.uniform(0.5, 1.0))
            process.send_signal(signal.SIGKILL)
    _all_arrived_once(office, state)


def _count(state: Path, log: Path) -> int:
    report(state, "counted", "strace", "-f", "-qq", "-o", str(log), "-e", f"trace={TRACED}")
    return sum(bool(re.match(rf"\d+ +({TRACED.replace(',', '|')})\(", one)) for one in log.read_text().splitlines())


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace (apt-get install strace)")
def test_killed_at_every_system_call_that_counts_every_report_arrives_exactly_once(
        office: Served, state: Path, tmp_path: Path) -> None:
    count = _count(state, tmp_path / "strace")
    assert count > 15, "strace saw too little: may it trace here?"
    for number in range(1, count + 1):
        report(state, f"{number % 2} {number}", "strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={TRACED}",
               "-e", f"inject={TRACED}:signal=SIGKILL:when={number}")
    _all_arrived_once(office, state)


def _all_arrived_once(office: Served, state: Path) -> None:
    """Every envelope that was ever written is at the server, once, in one unbroken chain."""
    assert report(state, "last").returncode == 0
    notes, places, forks = arrived(office)
    assert forks == 0
    assert [sequence for sequence, _ in places] == list(range(1, len(places) + 1))
    assert len({epoch for _, epoch in places}) == 1
    assert len(set(notes)) == len(notes)
    assert not [note for note in notes if note.startswith("lost")]
    assert spooled(state, ".envelope") == spooled(state, ".receipt")
    assert len(spooled(state, ".envelope")) == len(notes)
    assert spooled(state, ".tried") == []
    assert not list(state.glob("**/.*.tmp"))


def test_the_server_killed_again_and_again_gets_every_report_exactly_once(office: Served, state: Path) -> None:
    chance = random.Random(11)
    port = office.url.rpartition(":")[2]
    for number in range(6):
        with subprocess.Popen([*REPORTER, str(state), f"{number}"], stdout=subprocess.DEVNULL,
                              cwd=Path(__file__).parents[2]) as process:
            time.sleep(chance.uniform(0.2, 0.5))
            office.stop(signal.SIGKILL)
            process.wait(60)
        office.start("--port", port)
    _all_arrived_once(office, state)


def test_two_runs_at_once_do_not_disturb_each_other(office: Served, state: Path) -> None:
    both = [subprocess.Popen([*REPORTER, str(state), f"{number}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             cwd=Path(__file__).parents[2]) for number in range(4)]
    said = [process.communicate(timeout=60) for process in both]
    assert any(process.returncode == 0 for process in both), said
    _all_arrived_once(office, state)


def test_a_revoked_agent_is_told_and_keeps_its_reports(office: Served, state: Path) -> None:
    report(state, "one")
    known = json.loads((state / "agent.json").read_text())["agent"]
    office.run("agents", "revoke", known)
    done = report(state, "two")
    assert done.returncode == 3
    assert "does not take this machine's reports" in done.stdout
    said = agent("status", "--state", str(state), ok=False)
    assert "Waiting to be sent: 1" in said.stdout


