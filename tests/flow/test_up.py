"""One command shows this machine's own scorecard, leaves nothing running and keeps its history."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

UP = [sys.executable, "-m", "hustings", "up"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def once(home: Path, port: int, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*UP, "--data", str(home), "--port", str(port), "--once", *options], capture_output=True,
                          text=True, check=False, stdin=subprocess.DEVNULL, timeout=120)


def ours(home: Path) -> list[psutil.Process]:
    """Processes that were started with this data directory."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any(str(home) in word for word in process.info["cmdline"] or ()):
            found.append(process)
    return found


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path, list[str]]]:
    """``hustings up`` as a person runs it, once it has printed its address."""
    home = tmp_path / "home"
    process = subprocess.Popen([*UP, "--data", str(home), "--port", str(free_port())], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, start_new_session=True)
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if "Ctrl-C" in line:
            break
    yield process, home, lines
    if process.poll() is None:
        process.kill()
    process.communicate()


def test_the_terminal_and_the_pages_agree_and_ctrl_c_leaves_nothing(
        running: tuple[subprocess.Popen[str], Path, list[str]]) -> None:
    process, home, lines = running
    said = "\n".join(lines)
    link = re.search(r"http://127\.0\.0\.1:\d+/\S+", said)
    assert link is not None, said + (process.communicate()[1] if process.poll() is not None else "")
    browser = requests.Session()
    page = browser.get(link[0], timeout=10)
    assert page.status_code == 200
    shown = re.search(r"(\d+) checks: (\d+) pass, (\d+) fail, (\d+) unknown", said)
    assert shown is not None, said
    base = link[0].split("/", 3)
    machines = browser.get("/".join(base[:3]) + "/en/machines", timeout=10).text
    machine = re.search(r'href="(/en/machines/[^"]+)"', machines)
    assert machine is not None
    results = browser.get("/".join(base[:3]) + machine[1], timeout=10).text
    assert socket.gethostname() in results
    text = " ".join(re.sub(r"<[^>]+>", " ", results).split())
    assert f"Fail {shown[3]} Unknown {shown[4]} Pass {shown[2]}" in text
    grade = re.search(r"^  ([A-F]|–)  ", said, re.MULTILINE)
    assert grade is not None, said
    assert f"Grade {grade[1]}:" in text
    card = " ".join(re.sub(r"<[^>]+>", " ", page.text).split())
    assert f"Grade {grade[1]}:" in card
    plan = subprocess.run([*UP[:-1], "plan", "--data", str(home / "server"), "--format", "json"],
                          capture_output=True, text=True, check=True)
    plan_page = browser.get("/".join(base[:3]) + "/en/plan", timeout=10).text
    for line in json.loads(plan.stdout)["lines"]:
        assert line["what"] in plan_page
    again = requests.get(link[0], timeout=10, allow_redirects=False)
    assert again.status_code in (401, 403, 404, 410), "the link works once"
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    deadline = time.monotonic() + 5
    while ours(home) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert ours(home) == []


def test_a_second_run_keeps_the_history(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    first, second = once(home, port), once(home, free_port())
    assert first.returncode == 0, first.stderr
    assert second.returncode == 0, second.stderr
    assert "enrolling" in first.stderr
    assert "enrolling" not in second.stderr
    assert ours(home) == []


def test_a_port_in_use_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = once(tmp_path / "home", taken.getsockname()[1])
    assert done.returncode == 2
    assert "in use" in done.stderr
    assert "--port" in done.stderr


def test_a_data_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = once(tmp_path / "file", free_port())
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "--data" in done.stderr


def test_a_faulty_declaration_is_refused_before_anything_starts(tmp_path: Path) -> None:
    machine = tmp_path / "machine.yaml"
    machine.write_text("roles: [registration-database]\n", encoding="utf-8")
    done = once(tmp_path / "home", free_port(), "--config", str(machine))
    assert done.returncode == 2
    assert f"{machine}:1" in done.stderr
    assert not (tmp_path / "home").exists()
