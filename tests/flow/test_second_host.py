"""A second machine: its own network and file system, the built wheel, one printed line, and no trace after.

Two network namespaces joined by a virtual cable; the agent's side also has a private copy of /etc and an
empty /var/lib/hustings, so that installing and uninstalling touch nothing of this machine.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docs.documents import ROOT

OFFICE, CLERK = "10.77.0.1", "10.77.0.2"
PORT = 8443
AS_THE_UNIT_SAYS = ("setpriv --reuid=hustings --regid=hustings --init-groups --no-new-privs --reset-env"
                    " --inh-caps=-all,+dac_read_search --ambient-caps=-all,+dac_read_search"
                    " --bounding-set=-all,+dac_read_search env HOME=/var/lib/hustings"
                    " XDG_CACHE_HOME=/var/lib/hustings/cache")
"""The account and the one capability of the service unit, without systemd to apply them."""


def impossible() -> str:
    if os.name != "posix" or os.geteuid() != 0:
        return "needs root, to make network namespaces"
    if shutil.which("ip", path="/usr/sbin:/sbin:/usr/bin:/bin") is None:
        return "needs ip (apt-get install iproute2)"
    name = f"hustings-try-{os.getpid()}"  # others may be trying at the same moment
    tried = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)
    return "" if tried.returncode == 0 else f"network namespaces are not allowed here: {tried.stderr.strip()}"


pytestmark = [
    pytest.mark.skipif(bool(impossible()), reason=impossible() or "possible"),
]


def run(*command: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                          **options)  # type: ignore[call-overload,no-any-return]


def must(*command: str) -> str:
    done = run(*command)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return str(done.stdout)


@dataclass
class Second:
    """The clerk's machine."""

    namespace: str
    hustings: Path
    scratch: Path

    def shell(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script there. Its /etc and /var/lib/hustings are kept from one call to the next."""
        prepare = f"""
        set -eu
        mount --bind {self.scratch}/etc /etc
        mkdir -p /var/lib/hustings.test
        rmdir /var/lib/hustings.test
        mount -t overlay overlay -o lowerdir=/var/lib,upperdir={self.scratch}/upper,workdir={self.scratch}/work /var/lib
        set +e
        """
        return run("ip", "netns", "exec", self.namespace, "unshare", "--mount", "--propagation", "private", "sh", "-c",
                   prepare + script)


@pytest.fixture(scope="module")
def network() -> Iterator[tuple[str, str]]:
    """Two namespaces that reach each other and nothing else."""
    names = f"hustings-office-{os.getpid()}", f"hustings-clerk-{os.getpid()}"
    for name in names:
        must("ip", "netns", "add", name)
    try:
        must("ip", "link", "add", "office0", "netns", names[0], "type", "veth", "peer", "name", "clerk0", "netns",
             names[1])
        for name, device, address in ((names[0], "office0", OFFICE), (names[1], "clerk0", CLERK)):
            for words in (("addr", "add", f"{address}/24", "dev", device), ("link", "set", device, "up"),
                          ("link", "set", "lo", "up")):
                must("ip", "-n", name, *words)
        yield names
    finally:
        for name in names:
            run("ip", "netns", "delete", name)


@pytest.fixture(scope="module")
def second(network: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Second:
    """The clerk's machine, with the wheel in an environment of its own."""
    scratch = tmp_path_factory.mktemp("second")
    must(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps", "--wheel-dir",
         str(scratch / "wheel"), str(ROOT))
    wheel = next((scratch / "wheel").glob("hustings-*.whl"))
    must(sys.executable, "-m", "venv", str(scratch / "venv"))
    locked = [line.split(" ")[0] for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
              if line[:1].isalnum() and "==" in line]
    (scratch / "constraints.txt").write_text("\n".join(locked) + "\n", encoding="utf-8")
    must(str(scratch / "venv/bin/pip"), "install", "--quiet", "--constraint", str(scratch / "constraints.txt"),
         str(wheel))
    for name in ("upper", "work"):
        (scratch / name).mkdir()
    shutil.copytree("/etc", scratch / "etc", symlinks=True)
    return Second(network[1], scratch / "venv/bin/hustings", scratch)


@pytest.fixture(scope="module")
def office(network: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A server over TLS in the other namespace; its data directory."""
    data = tmp_path_factory.mktemp("office") / "server"
    hustings = [sys.executable, "-m", "hustings"]
    inside = ["ip", "netns", "exec", network[0]]
    must(*inside, *hustings, "server", "init", "--data", str(data), "--address", OFFICE, "--port", str(PORT),
         "--no-password")
    process = subprocess.Popen([*inside, *hustings, "server", "serve", "--data", str(data)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        for _ in range(100):
            listening = run("ip", "netns", "exec", network[0], "ss", "-ltn")
            if f":{PORT}" in listening.stdout:
                break
            assert process.poll() is None, process.communicate()[1].decode()
            time.sleep(0.1)
        yield data
    finally:
        process.terminate()
        process.communicate(timeout=20)


def enrol_line(data: Path) -> list[str]:
    printed = must(sys.executable, "-m", "hustings", "server", "token", "--data", str(data), "--format", "json")
    return shlex.split(json.loads(printed)["enroll"])


def reports(data: Path) -> list[dict[str, object]]:
    printed = must(sys.executable, "-m", "hustings", "server", "agents", "list", "--data", str(data),
                   "--format", "json")
    return list(json.loads(printed))


def test_a_wrong_pin_is_refused_and_nothing_is_sent(office: Path, second: Second) -> None:
    line = enrol_line(office)
    assert line[0] == "hustings"
    wrong = [f"sha256:{'0' * 64}" if word.startswith("sha256:") else word for word in line[1:]]
    done = second.shell(f"{second.hustings} {shlex.join(wrong)}")
    assert done.returncode not in (0, 126, 127)
    assert "Traceback" not in done.stderr
    assert "pin" in done.stderr
    assert reports(office) == []


def test_it_enrols_with_the_printed_line_reports_by_its_timer_and_leaves_no_trace(office: Path,
                                                                                  second: Second) -> None:
    before = _files(second)
    enrolled = second.shell(f"{second.hustings} {shlex.join(enrol_line(office)[1:])}")
    assert enrolled.returncode == 0, enrolled.stdout + enrolled.stderr
    installed = second.shell(f"{second.hustings} agent install; echo; cat /etc/systemd/system/hustings-agent.service")
    assert "hustings-agent.timer" in installed.stdout + installed.stderr
    command = next(line.partition("=")[2] for line in installed.stdout.splitlines() if line.startswith("ExecStart="))
    assert {"User=hustings", "AmbientCapabilities=CAP_DAC_READ_SEARCH"} <= set(installed.stdout.splitlines())
    timed = second.shell(f"{AS_THE_UNIT_SAYS} {command}")
    assert timed.returncode == 0, timed.stdout + timed.stderr
    seen = reports(office)
    assert len(seen) == 1
    assert seen[0]["received"] is not None
    gone = second.shell(f"{second.hustings} agent uninstall --yes")
    assert gone.returncode in (0, 3), gone.stdout + gone.stderr
    assert _files(second) == before


def _files(second: Second) -> set[str]:
    """Everything below its /etc and /var/lib, and every account."""
    listed = second.shell("find /etc /var/lib -xdev | sort; cut -d: -f1 /etc/passwd /etc/group")
    return set(listed.stdout.splitlines())
